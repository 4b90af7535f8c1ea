/**
 * Replay skips exactly what is there: for any prefix of its rows in each table, also within the rows of one record,
 * folding again writes the rest and nothing else, for any batches.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Runtime } from '../src/base/runtime.ts';
import { RowObjects } from '../src/payments/row-batch.ts';
import type { PartialRow } from '../src/payments/types.ts';
import { silentObserver } from '../src/processor/events.ts';
import { TableWriter } from '../src/processor/run/table-writer.ts';
import { ReadBackRows } from '../src/sinks/bigquery/takeover/read-back-rows.ts';

const still: Runtime = {
  nowMs: () => 0,
  monotonicMs: () => 0,
  sleep: async () => {},
  random: () => 0,
  uuid: () => 'id',
};

/** One row; several in a row share an offset, as the windows do that one record closes. */
function partial(index: number, kafkaOffset: number): PartialRow {
  const amounts = { totalAmount: BigInt(index), minAmount: 1n, maxAmount: 1n };
  const window = { windowStartMs: index * 60_000, windowEndMs: (index + 1) * 60_000, region: 'r', currency: 'EUR' };
  return { kafkaOffset, ...window, transactionCount: 1, ...amounts };
}

it('replay writes exactly the rows that are not there', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat({ max: 3 }), { minLength: 1, maxLength: 40 }),
      fc.nat({ max: 120 }),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 6 }),
      async (rowsPerRecord, prefix, batches, maxAppendRows) => {
        const offsets = rowsPerRecord.flatMap((count, offset) => Array.from({ length: count }, () => offset));
        const rows = offsets.map((offset, index) => partial(index, offset));
        const there = rows.slice(0, prefix);
        const sent: PartialRow[] = [];
        const handedOver: number[] = [];
        const writer = new TableWriter({
          table: 'payment_metrics_partials',
          partition: 0,
          writer: {
            append: (_, { rows: batch, from, to }, toOffset) => {
              sent.push(...[...(batch as Iterable<PartialRow>)].slice(from, to));
              handedOver.push(toOffset);
              const next = rows[there.length + sent.length];
              // All of the records below it, and never more than was folded.
              expect(next === undefined || next.kafkaOffset >= toOffset).toBe(true);
              expect(toOffset).toBeGreaterThanOrEqual(handedOver.at(-2) ?? 0);
              return { byteLength: 0, landed: Promise.resolve() };
            },
          },
          runtime: still,
          observer: silentObserver,
          appendLimits: { maxAppendRows, maxAppendBytes: 1e9 },
          there: new ReadBackRows(
            'payment_metrics_partials',
            there.map((row) => ({ row: { ...row }, writerEpoch: 1 })),
          ),
          onSettled: () => {},
        });
        for (let from = 0, batch = 0; from < rows.length; batch++) {
          const size = batches[batch % batches.length] as number;
          writer.take(new RowObjects(rows.slice(from, from + size)));
          from += size;
          // A record whose rows are cut over two batches is not folded to its end.
          writer.send(rows[from]?.kafkaOffset ?? rowsPerRecord.length);
        }
        await writer.durable();
        expect(sent).toEqual(rows.slice(there.length));
        expect([writer.rowsPassed, writer.rowsSent]).toEqual([there.length, sent.length]);
        expect(handedOver.at(-1) ?? rowsPerRecord.length).toBe(rowsPerRecord.length);
      },
    ),
    { seed: 4, numRuns: 300 },
  );
});
