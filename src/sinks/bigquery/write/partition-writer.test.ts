/** What a partition's writer sends to which stream, and what its checkpoints say of the streams. */
import { describe, expect, it } from 'vitest';
import { AcceptedBatch } from '../../../payments/accepted-batch.ts';
import { RowObjects } from '../../../payments/row-batch.ts';
import type { AppendTable, ExceptionRow } from '../../../payments/types.ts';
import type { Checkpoint } from '../../../processor/ports.ts';
import type { CheckpointRow, RowEncoder, RowStamp } from '../ports.ts';
import { StreamPartitionWriter } from './partition-writer.ts';

const FOUND = { from: 4, rows: { 1: { payment_exceptions: 2 } } };
const IDLE_MS = 1_000;
const slice = (rows: readonly ExceptionRow[]) => ({ rows: new RowObjects(rows), from: 0, to: rows.length });
const row = (kafkaOffset: number) => ({ kafkaOffset }) as ExceptionRow;

function setUp() {
  const sent: { readonly table: AppendTable; readonly rows: readonly unknown[]; readonly stamp: RowStamp }[] = [];
  const closed: AppendTable[] = [];
  const clock = { nowMs: 10 };
  const encoder: RowEncoder = {
    encode: (table, rows, stamp) => ({
      rowCount: rows.length,
      byteLength: 7,
      payload: { table, rows: [...rows], stamp },
    }),
  };
  const writer = new StreamPartitionWriter({
    partition: 3,
    writerEpoch: 5,
    runtime: {
      nowMs: () => clock.nowMs,
      monotonicMs: () => 0,
      sleep: async () => {},
      random: () => 0,
      uuid: () => 'id',
    },
    encoder,
    streamMaxIdleMs: IDLE_MS,
    found: FOUND,
    open: (table) => ({
      append: async ({ payload }) => {
        sent.push(payload as (typeof sent)[number]);
        if (table === 'payment_transactions_fraud') throw new Error('refused');
      },
      close: () => void closed.push(table),
    }),
  });
  return { writer, sent, closed, clock };
}

describe('the writer of a partition', () => {
  it('sends rows to the stream of their table, with what every row carries', async () => {
    const { writer, sent, clock } = setUp();
    clock.nowMs = 20;
    const { byteLength, landed } = writer.append('payment_exceptions', slice([row(1), row(2)]));
    await landed;
    const stamp = { partition: 3, writerEpoch: 5, processedAtMs: 20 };
    expect(byteLength).toBe(7);
    expect(sent).toEqual([{ table: 'payment_exceptions', rows: [row(1), row(2)], stamp }]);
  });

  it('passes on what a stream refuses', async () => {
    const { writer } = setUp();
    await expect(
      writer.append('payment_transactions_fraud', { rows: new AcceptedBatch(), from: 0, to: 0 }).landed,
    ).rejects.toThrow('refused');
  });

  it('says in a checkpoint how many rows each stream held when it was begun, and what its takeover had found', async () => {
    const { writer, sent } = setUp();
    await writer.append('payment_exceptions', slice([row(1), row(2)])).landed;
    const write = writer.beginCheckpoint();
    await writer.append('payment_exceptions', slice([row(3)])).landed;
    await write({ nextOffset: 3 } as Checkpoint);
    const written = sent.at(-1)!.rows[0] as CheckpointRow;
    expect(written).toMatchObject({ nextOffset: 3, found: FOUND });
    expect(written.streamOffsets).toEqual({
      payment_transactions: 0,
      payment_transactions_fraud: 0,
      payment_metrics_partials: 0,
      payment_exceptions: 2,
    });
  });

  it('has outlived its streams when one of a data table took nothing for too long', async () => {
    const { writer, clock } = setUp();
    clock.nowMs += IDLE_MS - 1;
    expect(writer.outlived()).toBeUndefined();
    await writer.append('payment_exceptions', slice([row(1)])).landed;
    clock.nowMs += 1;
    expect(writer.outlived()).toMatchObject({ name: 'WriterLostError', kind: 'gone' });
  });

  it('closes every stream', () => {
    const { writer, closed } = setUp();
    writer.close();
    expect(closed).toHaveLength(5);
  });
});
