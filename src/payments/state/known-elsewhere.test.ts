/** Payments that another pipeline wrote: known without fields, until the watermark passes them, by every way to a state. */
import { expect, test } from 'vitest';
import { PartitionFold } from '../fold.ts';
import { emptyOutput, event, PLACE, record, rowsOf, START_MS, settings } from '../testing/fold-fixture.ts';
import type { KnownPayment } from '../types.ts';
import { KnownSum } from './known-elsewhere.ts';

const MINUTE_MS = 60_000;
const SETTINGS = settings({ watermarkDelayMs: 10 * MINUTE_MS });
const known = (transactionId: string, atMs: number): KnownPayment => ({ transactionId, eventTimeMs: START_MS + atMs });
const KNOWN = [known('k-old', -MINUTE_MS), known('k-1', 0), known('k-1-too', 0), known('k-2', 5 * MINUTE_MS)];
const FLOOR_MS = START_MS;
const options = { ...PLACE, floorMs: FLOOR_MS };

function started(): PartitionFold {
  const fold = PartitionFold.fresh({ ...options, startOffset: 7 });
  fold.carryKnown(KNOWN);
  return fold;
}

const LOG = [
  record(7, event({ transaction_id: 'k-1', amount: '99' })),
  record(8, event({ transaction_id: 'new' }, 2 * MINUTE_MS)),
  record(9, event({ transaction_id: 'k-old' }, -MINUTE_MS)),
  // The watermark passes k-1 and comes to k-2.
  record(10, event({ transaction_id: 'ahead' }, 15 * MINUTE_MS)),
  record(11, event({ transaction_id: 'k-1' })),
  record(12, event({ transaction_id: 'k-2' }, 5 * MINUTE_MS)),
  // Another payment under an id that is forgotten.
  record(13, event({ transaction_id: 'k-1-too' }, 20 * MINUTE_MS)),
];

test('a copy is a duplicate without a first offset and without a conflict; what the floor passed is late', () => {
  const out = emptyOutput();
  const fold = started();
  for (const each of LOG) fold.fold(each, SETTINGS, out);
  const { accepted, exceptions } = rowsOf(out);
  expect(accepted.map(({ kafkaOffset }) => kafkaOffset)).toEqual([8, 10, 13]);
  expect(exceptions.map((row) => [row.kafkaOffset, row.disposition, row.firstKafkaOffset, row.conflict])).toEqual([
    [7, 'duplicate', null, false],
    [9, 'late', null, false],
    [11, 'late', null, false],
    [12, 'duplicate', null, false],
  ]);
  // Nobody's activity, and in no window.
  expect(accepted[0]?.fraud.txnCount5Min).toBe(1);
});

test.each(LOG.map((_, at) => at))(
  'after %d records: folded, stored and rebuilt states are one, and continue alike',
  (at) => {
    const out = emptyOutput();
    const fold = started();
    for (const each of LOG.slice(0, at)) fold.fold(each, SETTINGS, out);
    const head = fold.head();
    expect(fold.recomputeHead()).toEqual(head);
    const restored = PartitionFold.fromStored({ ...options, stored: fold.export() });
    const rebuild = PartitionFold.rebuild({ ...options, ...head });
    rebuild.add(rowsOf(out).accepted);
    const rebuilt = rebuild.finish();
    rebuilt.carryKnown(KNOWN);
    for (const other of [restored, rebuilt]) {
      expect(other.head()).toEqual(head);
      const [rest, expected] = [emptyOutput(), emptyOutput()];
      const going = PartitionFold.fromStored({ ...options, stored: other.export() });
      for (const each of LOG.slice(at)) going.fold(each, SETTINGS, rest);
      const again = started();
      for (const each of LOG) again.fold(each, SETTINGS, expected);
      expect(going.head().digest).toBe(again.head().digest);
    }
  },
);

test('the digest of a list depends on its payments alone, not on their order', () => {
  const sumOf = (payments: readonly KnownPayment[]): KnownSum => {
    const sum = new KnownSum();
    for (const payment of payments) sum.add(payment);
    return sum;
  };
  const all = sumOf(KNOWN);
  expect([all.count, all.toMs]).toEqual([4, START_MS + 5 * MINUTE_MS]);
  expect(sumOf(KNOWN.toReversed()).digest).toBe(all.digest);
  expect(sumOf(KNOWN.slice(1)).digest).not.toBe(all.digest);
  expect(sumOf([...KNOWN.slice(0, 3), known('k-2', 5 * MINUTE_MS + 1)]).digest).not.toBe(all.digest);
});
