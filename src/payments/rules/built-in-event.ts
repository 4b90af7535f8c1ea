/** The built-in event as rules: every member under the name of its role, the key is the sender. Pure. */
import { type EventRules, TEXT_ROLES } from './rules.ts';

export const BUILT_IN_EVENT: EventRules = {
  format: 'json',
  select: [],
  key: 'sender',
  rejectSchemaIds: [],
  keepRejectedPayload: false,
  texts: Object.fromEntries(TEXT_ROLES.map((role) => [role, { path: `/${role}` }])),
  amount: { path: '/amount' },
  timestamp: { path: '/timestamp' },
};
