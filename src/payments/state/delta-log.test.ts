import { expect, test } from 'vitest';
import { PaymentBytes } from '../event/payment-bytes.ts';
import { START_MS } from '../testing/fold-fixture.ts';
import type { Payment } from '../types.ts';
import { DeltaLog } from './delta-log.ts';

const payment: Payment = {
  transactionId: '',
  senderAccountId: 'a',
  receiverAccountId: 'b',
  amount: 1n,
  currency: 'EUR',
  deviceId: 'd',
  ipAddress: '10.0.0.1',
  eventTimeMs: 0,
  region: 'eu-west',
  paymentMethod: 'card',
};
const bytes = new PaymentBytes();

/** Adds payments at offsets [from, to), a second apart. */
function gather(log: DeltaLog, from: number, to: number): void {
  for (let offset = from; offset < to; offset += 1) {
    const eventTimeMs = START_MS + 1_000 * offset;
    log.add(offset, bytes.set({ ...payment, transactionId: `txn-${offset}`, eventTimeMs }));
  }
}

const offsets = (taken: Iterable<{ readonly offset: number }>) => Array.from(taken, ({ offset }) => offset);
const ids = (taken: Iterable<{ readonly transactionId: string }>) => Array.from(taken, (row) => row.transactionId);

test('what is gathered while the last delta is read does not touch it', () => {
  const log = new DeltaLog();
  gather(log, 0, 3);
  const first = log.take(START_MS);
  gather(log, 3, 8);
  expect(ids(first)).toEqual(['txn-0', 'txn-1', 'txn-2']);
  expect(offsets(log.take(START_MS))).toEqual([3, 4, 5, 6, 7]);
});

test('a delta that was released gives its memory to the one after the next', () => {
  const log = new DeltaLog();
  gather(log, 0, 3);
  const first = log.take(START_MS);
  gather(log, 3, 5);
  log.release(first);
  const second = log.take(START_MS);
  gather(log, 5, 9);
  const third = log.take(START_MS);
  expect(third).toBe(first);
  expect(ids(second)).toEqual(['txn-3', 'txn-4']);
  expect(ids(third)).toEqual(['txn-5', 'txn-6', 'txn-7', 'txn-8']);
});

test('what is dead is not taken along', () => {
  const log = new DeltaLog();
  gather(log, 0, 10);
  expect(offsets(log.take(START_MS + 6_000))).toEqual([6, 7, 8, 9]);
});

test('what is dead is not taken along where it is the first payment alone either', () => {
  const log = new DeltaLog();
  gather(log, 0, 3);
  expect(offsets(log.take(START_MS + 1_000))).toEqual([1, 2]);
});

test('a delta that is gathered already is not started over when it is handed back once more', () => {
  const log = new DeltaLog();
  gather(log, 0, 2);
  const first = log.take(START_MS);
  log.release(first);
  log.take(START_MS);
  gather(log, 2, 4);
  log.release(first);
  gather(log, 4, 5);
  expect(offsets(log.take(START_MS))).toEqual([2, 3, 4]);
});
