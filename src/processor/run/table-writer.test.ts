import { describe, expect, it } from 'vitest';
import { ContradictionError, RowsRefusedError } from '../../base/errors.ts';
import type { Runtime } from '../../base/runtime.ts';
import { PartitionFold } from '../../payments/fold.ts';
import { RowObjects } from '../../payments/row-batch.ts';
import { emptyOutput, event, PLACE, record, settings } from '../../payments/testing/fold-fixture.ts';
import type { ExceptionRow } from '../../payments/types.ts';
import { silentObserver } from '../events.ts';
import type { PartitionWriter, ReachedTable } from '../ports.ts';
import { reachedWith } from '../testing/reached-tables.ts';
import { TableWriter } from './table-writer.ts';

const still: Runtime = {
  nowMs: () => 0,
  monotonicMs: () => 0,
  sleep: async () => {},
  random: () => 0,
  uuid: () => 'id',
};
const MANY_BYTES = 6 * 1024 * 1024;

function row(kafkaOffset: number, over: Partial<ExceptionRow> = {}): ExceptionRow {
  return {
    kafkaOffset,
    disposition: 'rejected',
    reason: 'no_value',
    transactionId: null,
    eventTimeMs: null,
    recordTimeMs: 1,
    firstKafkaOffset: null,
    conflict: false,
    payload: null,
    payloadHash: null,
    ...over,
  };
}

function writerWith(
  alreadyThere: readonly ExceptionRow[] | ReachedTable<'payment_exceptions'>,
  over: { refuse?: Error; maxAppendRows?: number } = {},
) {
  const sent: number[][] = [];
  const settled: unknown[] = [];
  const handedOver: number[] = [];
  const sink: Pick<PartitionWriter, 'append'> = {
    append: (_, { rows, from, to }, toOffset) => {
      sent.push([...rows].slice(from, to).map((r) => r.kafkaOffset));
      handedOver.push(toOffset);
      return { byteLength: 0, landed: over.refuse === undefined ? Promise.resolve() : Promise.reject(over.refuse) };
    },
  };
  const writer = new TableWriter({
    table: 'payment_exceptions',
    partition: 0,
    writer: sink,
    runtime: still,
    observer: silentObserver,
    appendLimits: { maxAppendRows: over.maxAppendRows ?? 100, maxAppendBytes: MANY_BYTES },
    there: 'ask' in alreadyThere ? alreadyThere : reachedWith('payment_exceptions', alreadyThere),
    onSettled: (error) => settled.push(error),
  });
  return { writer, sent, settled, handedOver };
}

function take(writer: ReturnType<typeof writerWith>['writer'], rows: readonly ExceptionRow[]): void {
  writer.take(new RowObjects(rows));
  writer.send(rows.at(-1)!.kafkaOffset + 1);
}

describe('table writer', () => {
  it('does not write what was there before the takeover, and writes what follows', async () => {
    const { writer, sent } = writerWith([row(5), row(6)]);
    take(writer, [row(5)]);
    take(writer, [row(6), row(7)]);
    take(writer, [row(8)]);
    await writer.durable();
    expect(sent).toEqual([[7], [8]]);
    expect(writer).toMatchObject({ rowsPassed: 2, rowsSent: 2 });
    expect(writer.rowsLeft(9)).toBe(0);
  });

  it('stops when a row that was there is not what the log yields', () => {
    const { writer, sent } = writerWith([row(5, { reason: 'not_an_object' })]);
    expect(() => take(writer, [row(5)])).toThrow(ContradictionError);
    expect(sent).toEqual([]);
  });

  it('stops when a row that was there belongs to another record', () => {
    const { writer } = writerWith([row(6)]);
    expect(() => take(writer, [row(5)])).toThrow(/offset 5 that differs from the one in the table \(offset 6\)/);
  });

  it('passes over what is below a position, where that is all that the sink knows of its rows', async () => {
    const next = 7;
    const there: ReachedTable<'payment_exceptions'> = {
      next,
      rows: 0,
      ask: ({ kafkaOffset }) => (kafkaOffset < next ? 'present' : 'missing'),
      left: (nextOffset) => Math.max(0, next - nextOffset),
    };
    const { writer, sent } = writerWith(there);
    expect(writer.rowsLeft(5)).toBe(2);
    take(writer, [row(5), row(6), row(7)]);
    await writer.durable();
    expect([sent, writer.rowsPassed, writer.rowsLeft(8)]).toEqual([[[7]], 2, 0]);
  });

  it('keeps each request within its limits of rows and of bytes', async () => {
    const { writer, sent, handedOver } = writerWith([], { maxAppendRows: 2 });
    take(writer, [row(1), row(2), row(3)]);
    take(writer, [row(4, { payload: 'x'.repeat(4_000_000) }), row(5)]);
    await writer.durable();
    expect(sent).toEqual([[1, 2], [3], [4], [5]]);
    expect(handedOver).toEqual([3, 4, 5, 6]);
  });

  it('says that a record is handed over only with the last of its rows', async () => {
    const { writer, sent, handedOver } = writerWith([], { maxAppendRows: 2 });
    writer.take(new RowObjects([row(1), row(2), row(2)]));
    writer.take(new RowObjects([row(2), row(3)]));
    writer.send(7);
    await writer.durable();
    expect(sent).toEqual([[1, 2], [2], [2, 3]]);
    expect(handedOver).toEqual([2, 2, 7]);
  });

  it('keeps payments within the limit of bytes too: their texts count', async () => {
    const sent: number[] = [];
    const writer = new TableWriter({
      table: 'payment_transactions',
      partition: 0,
      writer: {
        append: (_, { from, to }) => {
          sent.push(to - from);
          return { byteLength: 0, landed: Promise.resolve() };
        },
      },
      runtime: still,
      observer: silentObserver,
      appendLimits: { maxAppendRows: 4_000, maxAppendBytes: 5_000 },
      there: reachedWith('payment_transactions', []),
      onSettled: () => {},
    });
    const out = emptyOutput();
    const fold = PartitionFold.fresh({ ...PLACE, startOffset: 0 });
    const texts = { device_id: '€'.repeat(256), region: '€'.repeat(256) };
    for (const offset of [0, 1, 2])
      fold.fold(record(offset, event({ ...texts, transaction_id: `t${offset}` })), settings(), out);
    writer.take(out.accepted);
    writer.send(3);
    await writer.durable();
    expect(sent).toEqual([2, 1]);
  });

  it('names the record that the sink refuses', async () => {
    const { writer, settled } = writerWith([], { refuse: new RowsRefusedError('bad value', 1) });
    take(writer, [row(7), row(8)]);
    await expect(writer.durable()).rejects.toMatchObject({
      code: 'rows_refused',
      message: expect.stringMatching(/offset 8: .*provenonce skip --partition \d+ --from 8 --to 9 --reason WHY\./),
    });
    expect(settled).toHaveLength(1);
  });
});
