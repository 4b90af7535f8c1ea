import { expect, test } from 'vitest';
import { ConfigurationError } from '../base/errors.ts';
import { generatePayments } from './generate.ts';
import { liveDials } from './live.ts';
import { resolvePlan } from './plan.ts';

const NOW_MS = Date.UTC(2026, 0, 15);
const RUN = { count: 3_000, ratePerSecond: 100, seed: 7 };
const planAt = (nowMs: number) => resolvePlan({ ...RUN, ...liveDials(RUN, nowMs) }, nowMs);

test('an event is as old as its record is new: at most the jitter before the time at which it is sent, never after', () => {
  const plan = planAt(NOW_MS);
  const payments = [...generatePayments(plan)].filter(({ kind }) => kind === 'payment');
  expect(payments.length).toBeGreaterThan(2_500);
  const agesMs = payments.map(({ seq, payment }) => NOW_MS + seq * 10 - payment.eventTimeMs);
  expect(Math.min(...agesMs)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...agesMs)).toBeLessThanOrEqual(plan.jitterMs + 1);
});

test('a run that starts again shares no id with the one before', () => {
  const ids = (nowMs: number) => [...generatePayments(planAt(nowMs))].map(({ payment }) => payment.transactionId);
  const first = new Set(ids(NOW_MS));
  expect(ids(NOW_MS + 1).filter((id) => first.has(id))).toEqual([]);
});

test('without a rate there is no time to follow', () => {
  expect(() => liveDials({ ...RUN, ratePerSecond: 0 }, NOW_MS)).toThrow(ConfigurationError);
});
