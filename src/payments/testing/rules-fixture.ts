/** Rules for tests: by default those of an event whose members have the built-in event's names. Not used outside tests. */
import type { EventRules, FurtherColumn, Rules } from '../rules/rules.ts';
import { DEFAULT_DECISION_SETTINGS } from '../settings.ts';
import type { FraudRules } from '../types.ts';

/** The built-in event as a mapping. */
export const BUILT_IN_EVENT: EventRules = {
  format: 'json',
  select: [],
  key: 'sender',
  rejectSchemaIds: [],
  keepRejectedPayload: false,
  texts: {
    transaction_id: { path: '/transaction_id' },
    sender_account_id: { path: '/sender_account_id' },
    receiver_account_id: { path: '/receiver_account_id' },
    currency: { path: '/currency' },
    device_id: { path: '/device_id' },
    ip_address: { path: '/ip_address' },
    region: { path: '/region' },
    payment_method: { path: '/payment_method' },
  },
  amount: { path: '/amount' },
  timestamp: { path: '/timestamp' },
};

export function rules(
  event: Partial<EventRules> = {},
  columns: readonly FurtherColumn[] = [],
  fraud: FraudRules = DEFAULT_DECISION_SETTINGS.fraud,
): Rules {
  return { revision: 1, event: { ...BUILT_IN_EVENT, ...event }, columns, fraud };
}
