import { expect, test } from 'vitest';
import type { FaultRecord } from '../artifacts.ts';
import { accountOf, faultProblems, ownRecordsOf, type RunHistory } from './fault-account.ts';

const HISTORY: RunHistory = {
  acknowledged: [
    { atMs: 10, total: 100 },
    { atMs: 30, total: 200 },
  ],
  checkpointed: [
    { atMs: 20, total: 100 },
    { atMs: 50, total: 150 },
    { atMs: 60, total: 200 },
  ],
};

test('work in flight is what Kafka has and no checkpoint covers, at its most while the fault lasts', () => {
  expect(accountOf(25, 55, HISTORY)).toEqual({ inFlightRecords: 100, progressDuring: 50, progressAfter: 50 });
});

test('a fault of a moment meets what is in flight at that moment', () => {
  expect(accountOf(15, 15, HISTORY).inFlightRecords).toBe(100);
  expect(accountOf(25, 25, HISTORY)).toEqual({ inFlightRecords: 0, progressDuring: 0, progressAfter: 100 });
  expect(accountOf(5, 5, HISTORY).inFlightRecords).toBe(0);
});

test('the records of a produce request whose answer is lost are in flight, though no acknowledgement counts them', () => {
  expect(ownRecordsOf('kafka_answer', { what: 'kafka_answer', request: 'produce', nth: 13 })).toBe(1);
  expect(accountOf(25, 25, HISTORY, 1).inFlightRecords).toBe(1);
  expect(accountOf(15, 15, HISTORY, 1).inFlightRecords).toBe(100);
  expect(ownRecordsOf('kafka_answer', { what: 'kafka_answer', request: 'fetch' })).toBe(0);
  expect(ownRecordsOf('network_cut', {})).toBe(0);
});

test('after the last checkpoint there is no progress', () => {
  expect(accountOf(55, 70, HISTORY).progressAfter).toBe(0);
  expect(accountOf(55, null, HISTORY).progressAfter).toBe(0);
});

test('a fault that never fired has no account', () => {
  expect(accountOf(null, null, HISTORY)).toEqual({ inFlightRecords: null, progressDuring: 0, progressAfter: 0 });
});

const COUNTED: FaultRecord = {
  id: 'f1',
  fault: 'network_cut',
  plan: {},
  text: 'network_cut',
  processor: null,
  plannedAtMs: 1,
  firedAtMs: 2,
  healedAtMs: 3,
  counts: {},
  inFlightRecords: 5,
  progressDuring: 0,
  progressAfter: 1,
};

test('a fault counts when it fired, met work, was healed, and work was done after it', () => {
  expect(faultProblems(COUNTED, { ending: 'drained' })).toEqual([]);
});

test.each([
  [{ firedAtMs: null }, 'did not fire'],
  [{ inFlightRecords: 0 }, 'met no work in flight'],
  [{ healedAtMs: null }, 'was not healed'],
  [{ progressAfter: 0 }, 'nothing was processed after it'],
])('otherwise it does not, and the reason is given: %o', (change, reason) => {
  expect(faultProblems({ ...COUNTED, ...change }, { ending: 'drained' }).join()).toContain(reason);
});

test('where faults may meet anything, only firing and healing count', () => {
  const idle = { ...COUNTED, inFlightRecords: 0, progressAfter: 0 };
  expect(faultProblems(idle, { faultsMeet: 'anything' })).toEqual([]);
  expect(faultProblems({ ...idle, healedAtMs: null }, { faultsMeet: 'anything' })).toHaveLength(1);
});

test('a pipeline that had to stop need not work afterwards', () => {
  expect(faultProblems({ ...COUNTED, progressAfter: 0 }, { ending: 'stopped' })).toEqual([]);
});
