/** Rules for tests, as the table `rules` would hold them, and settings entries that name them. */
import { createHash } from 'node:crypto';
import type { RulesFrom } from '../inputs/verify-inputs.ts';
import { RULES } from './history.ts';

export interface RulesDocument {
  readonly revision?: number;
  readonly event?: Record<string, unknown>;
  readonly columns?: readonly Record<string, unknown>[];
  readonly activity?: 'on' | 'off';
}

/** The rules of docs/reference/rules-file.md, changed so: members of `event` that are undefined are left out. */
export function rulesText({ revision = 1, event = {}, columns = [], activity = 'on' }: RulesDocument = {}): string {
  const text = { type: 'string', trim: false, uppercase: false };
  const { fraud } = RULES;
  return JSON.stringify({
    revision,
    event: {
      format: 'json',
      select: [],
      key: 'sender',
      reject_schema_ids: [],
      keep_rejected_payload: false,
      transaction_id: { ...text, path: '/data/id' },
      sender_account_id: { ...text, path: '/data/customer' },
      amount: { path: '/data/amount' },
      currency: { ...text, path: '/data/currency' },
      timestamp: { path: '/data/created', type: 'epoch_ms', finer_than_ms: 'reject' },
      ...event,
    },
    columns: columns.map((column) => (column.type === 'timestamp' ? { time_type: 'epoch_ms', ...column } : column)),
    fraud: {
      activity,
      amount_high: fraud.amountHigh,
      amount_medium: fraud.amountMedium,
      amount_low_points: fraud.amountLowPoints,
      count_high: fraud.countHigh,
      count_medium: fraud.countMedium,
      devices: fraud.devices,
      region_points: fraud.regionPoints,
      other_region_points: fraud.otherRegionPoints,
      max_score: fraud.maxScore,
      high_risk: fraud.highRiskOver,
    },
  });
}

/** A settings entry that names them. */
export function ruledEntry(text: string, fromOffset = 0): RulesFrom {
  const { revision, fraud } = JSON.parse(text) as { revision: number; fraud: { activity: string } };
  const sha256 = createHash('sha256').update(text).digest('hex');
  const decision = fraud.activity === 'off' ? { ...RULES, fraud: { ...RULES.fraud, activity: 'off' as const } } : RULES;
  return { fromOffset, foldVersion: 3, revision, decision, rules: { revision, sha256, text } };
}
