import { describe, expect, it } from 'vitest';
import { ContradictionError, RowsRefusedError } from '../../base/errors.ts';
import type { Runtime } from '../../base/runtime.ts';
import { PartitionFold } from '../../payments/fold.ts';
import { RowObjects } from '../../payments/row-batch.ts';
import { emptyOutput, event, PLACE, record, settings } from '../../payments/testing/fold-fixture.ts';
import type { ExceptionRow } from '../../payments/types.ts';
import { silentObserver } from '../events.ts';
import { DEFAULT_LIMITS } from '../limits.ts';
import type { EncodedRows, RowEncoder } from '../ports.ts';
import { TableWriter } from './table-writer.ts';

const still: Runtime = {
  nowMs: () => 0,
  monotonicMs: () => 0,
  sleep: async () => {},
  random: () => 0,
  uuid: () => 'id',
};
const plain: RowEncoder = {
  encode: (_table, rows, _stamp, from = 0, to = rows.length) => ({
    rowCount: to - from,
    byteLength: 0,
    payload: [...rows].slice(from, to),
  }),
};

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

function writerWith(alreadyThere: readonly ExceptionRow[], over: { refuse?: Error; maxAppendRows?: number } = {}) {
  const sent: number[][] = [];
  const settled: unknown[] = [];
  const appender = {
    append: async (rows: EncodedRows) => {
      sent.push((rows.payload as ExceptionRow[]).map((r) => r.kafkaOffset));
      if (over.refuse !== undefined) throw over.refuse;
    },
    close: () => {},
  };
  const writer = new TableWriter({
    table: 'payment_exceptions',
    partition: 0,
    writerEpoch: 2,
    appender,
    encoder: plain,
    runtime: still,
    observer: silentObserver,
    limits: { ...DEFAULT_LIMITS, maxAppendRows: over.maxAppendRows ?? 100 },
    alreadyThere: alreadyThere.map((r) => ({ row: r, writerEpoch: 1 })),
    onSettled: (error) => settled.push(error),
  });
  return { writer, sent, settled };
}

function take(writer: ReturnType<typeof writerWith>['writer'], rows: readonly ExceptionRow[]): void {
  writer.take(new RowObjects(rows));
  writer.send();
}

describe('table writer', () => {
  it('does not write what was there before the takeover, and writes what follows', async () => {
    const { writer, sent } = writerWith([row(5), row(6)]);
    take(writer, [row(5)]);
    take(writer, [row(6), row(7)]);
    take(writer, [row(8)]);
    await writer.durable();
    expect(sent).toEqual([[7], [8]]);
    expect(writer).toMatchObject({ rowsCompared: 2, rowsLeftToCompare: 0, streamOffset: 2 });
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

  it('keeps each request within its limits of rows and of bytes', async () => {
    const { writer, sent } = writerWith([], { maxAppendRows: 2 });
    take(writer, [row(1), row(2), row(3)]);
    take(writer, [row(4, { payload: 'x'.repeat(4_000_000) }), row(5)]);
    await writer.durable();
    expect(sent).toEqual([[1, 2], [3], [4], [5]]);
  });

  it('keeps payments within the limit of bytes too: their texts count', async () => {
    const sent: number[] = [];
    const writer = new TableWriter({
      table: 'payment_transactions',
      partition: 0,
      writerEpoch: 2,
      appender: { append: async (rows: EncodedRows) => void sent.push(rows.rowCount), close: () => {} },
      encoder: plain,
      runtime: still,
      observer: silentObserver,
      limits: { ...DEFAULT_LIMITS, maxAppendBytes: 5_000 },
      alreadyThere: [],
      onSettled: () => {},
    });
    const out = emptyOutput();
    const fold = PartitionFold.fresh({ ...PLACE, startOffset: 0 });
    const texts = { device_id: '€'.repeat(256), region: '€'.repeat(256) };
    for (const offset of [0, 1, 2])
      fold.fold(record(offset, event({ ...texts, transaction_id: `t${offset}` })), settings(), out);
    writer.take(out.accepted);
    writer.send();
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
