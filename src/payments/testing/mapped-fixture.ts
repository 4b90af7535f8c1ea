/** Judging one record by rules, for tests: every default is the built-in event as a mapping. Not used outside tests. */
import { PaymentReader } from '../event/payment-reader.ts';
import { Rejection } from '../event/validation.ts';
import type { EventRules, FurtherColumn } from '../rules/rules.ts';
import { compileSettings, DEFAULT_DECISION_SETTINGS, RULES_FOLD_VERSION } from '../settings.ts';
import type { DecisionSettings, LogRecord, Payment } from '../types.ts';
import { event, FIXED, record } from './fold-fixture.ts';
import { BUILT_IN_EVENT, rules } from './rules-fixture.ts';

export interface Judged {
  readonly by?: Partial<EventRules>;
  readonly columns?: readonly FurtherColumn[];
  readonly decision?: Partial<DecisionSettings>;
}

const READ_PLACE = { partition: 3, partitionCount: 4, minEventTimeMs: FIXED.minEventTimeMs };

export function judge(one: LogRecord, { by = {}, columns = [], decision = {} }: Judged = {}): Payment | Rejection {
  const settings = compileSettings(
    { ...DEFAULT_DECISION_SETTINGS, ...decision },
    RULES_FOLD_VERSION,
    rules(by, columns),
  );
  const result = new PaymentReader(READ_PLACE).read(one, settings);
  return result instanceof Rejection ? result : result.toPayment();
}

/** The payment of an event with these members, or the reason. */
export function judged(members: Record<string, unknown>, how: Judged = {}): Payment | string {
  const result = judge(record(0, event(members)), how);
  return result instanceof Rejection ? result.reason : result;
}

export const withText = (name: keyof EventRules['texts'], role: object): Judged => ({
  by: { texts: { ...BUILT_IN_EVENT.texts, [name]: { path: `/${name}`, ...role } } },
});
export const withAmount = (role: object): Judged => ({ by: { amount: { path: '/amount', ...role } } });
export const withTime = (role: object): Judged => ({ by: { timestamp: { path: '/timestamp', ...role } } });
export const source = (text: string): LogRecord => ({
  ...record(0, event()),
  value: Buffer.from(JSON.stringify(event({ amount: '<>' })).replace('"<>"', text)),
});
