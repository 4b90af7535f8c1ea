import { expect, test } from 'vitest';
import { KNOWN_INDEX_KEY } from '../base/memory/slot-hash.ts';
import { PaymentBytes } from '../payments/event/payment-bytes.ts';
import { KnownIds } from '../payments/state/known-ids.ts';
import { PaymentRows } from '../payments/state/payment-rows.ts';
import { RememberedLog } from '../payments/state/remembered-log.ts';
import { StoredActivity, StoredIds } from '../payments/state/stored-entries.ts';
import { EntryBatch, padded } from './entry-batch.ts';
import { familyOf, type SegmentFamily } from './keys.ts';
import { blockOf, putRemembered } from './segments.ts';

const MINUTE_MS = 60_000;

/** Payments of four minutes in turn; at regular intervals one has the given text at the end of all its names. */
function logOf(count: number, odd = ''): RememberedLog {
  const log = new RememberedLog();
  const payment = new PaymentBytes();
  for (let index = 0; index < count; index += 1) {
    const end = `${index}${index % 97 === 5 ? odd : ''}`;
    log.add(
      1_000 + 3 * index,
      payment.set({
        transactionId: `00000000-0000-4000-8000-${end}`,
        senderAccountId: `sender-${end}`,
        receiverAccountId: 'r',
        amount: BigInt(index + 1),
        currency: 'USD',
        deviceId: `d${end}`,
        ipAddress: '127.0.0.1',
        eventTimeMs: 1_790_000_000_000 + (index % 4) * MINUTE_MS + (index % 60_000),
        region: 'EU',
        paymentMethod: 'card',
      }),
    );
  }
  return log;
}

/** Segments of a family in a batch. */
function segmentsOf(batch: EntryBatch, family: SegmentFamily) {
  const { bytes } = batch;
  const memory = { bytes, view: new DataView(bytes.buffer, bytes.byteOffset) };
  return batch.placed
    .filter(({ key }) => familyOf(key) === family)
    .map(({ key, at, byteLength }) => {
      const valueAt = at + 8 + padded(key.length);
      return blockOf(family, key, bytes.subarray(valueAt, at + byteLength), memory);
    });
}

const LOGS: [string, RememberedLog][] = [
  ['plain texts', logOf(3_000)],
  ['more than one segment takes', logOf(20_000)],
  ['one payment', logOf(1)],
  ['nothing', logOf(0)],
  ['texts that are not ASCII', logOf(300, 'ä€𝄞')],
];

test.each(LOGS.filter(([, { length }]) => length < 8_000))(
  'segments from columns are, byte for byte, those from objects: %s',
  (_, log) => {
    const [fromColumns, fromObjects] = [new EntryBatch(7), new EntryBatch(7)];
    for (const _ of putRemembered(log, fromColumns));

    for (const _ of putRemembered([...log], fromObjects));
    expect(fromColumns.bytes.equals(fromObjects.bytes)).toBe(true);
  },
);

test.each(LOGS)('what segments hold is what the log yields: %s', (_, log) => {
  const batch = new EntryBatch(7);
  for (const _ of putRemembered(log, batch));
  const inOffsetOrder = <T extends { offset: number }>(entries: T[]) => entries.sort((a, b) => a.offset - b.offset);
  const ids = inOffsetOrder([...new StoredIds(segmentsOf(batch, 'ids'))]);
  const activity = inOffsetOrder([...new StoredActivity(segmentsOf(batch, 'activity'))]);
  expect(ids.map((id, index) => ({ ...id, ...activity[index] }))).toEqual([...log]);

  const known = new KnownIds(new PaymentRows(), KNOWN_INDEX_KEY);
  for (const _ of known.restoreAll(new StoredIds(segmentsOf(batch, 'ids'))));
  expect(inOffsetOrder([...known.entries()])).toEqual(ids);
});

test('a log that is made like another one holds its own rows alone', () => {
  const log = new RememberedLog(logOf(500));
  expect([...log]).toEqual([]);
  log.add(7, new PaymentBytes().set({ ...PAYMENT, transactionId: 'seven' }));
  expect([...log].map(({ offset, transactionId }) => ({ offset, transactionId }))).toEqual([
    { offset: 7, transactionId: 'seven' },
  ]);
});

const PAYMENT = {
  transactionId: 't',
  senderAccountId: 's',
  receiverAccountId: 'r',
  amount: 1n,
  currency: 'USD',
  deviceId: 'd',
  ipAddress: '127.0.0.1',
  eventTimeMs: 1_790_000_000_000,
  region: 'EU',
  paymentMethod: 'card',
};
