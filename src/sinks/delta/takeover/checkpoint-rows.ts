/**
 * Rows of checkpoint_log, to and from checkpoints. The column stream_offsets holds what this sink remembers with a checkpoint: how far each data
 * table was, and how many rows of the partition it had.
 */
import { z } from 'zod';
import { ContradictionError } from '../../../base/errors.ts';
import { DATA_TABLES, type DataTable } from '../../../payments/types.ts';
import type { Checkpoint } from '../../../processor/ports.ts';
import type { DecodedRow } from '../files/arrow-decode.ts';
import type { RowObject } from '../files/arrow-objects.ts';

/** Of one partition, by table. */
export interface ReachedRows {
  /** `next` of the table's txn action. */
  readonly next: Readonly<Record<DataTable, number>>;
  /** Rows of records below it, by all owners. */
  readonly rows: Readonly<Record<DataTable, number>>;
}

/** A checkpoint with what the sink remembers with it. */
export interface StoredCheckpoint extends Checkpoint {
  readonly reached: ReachedRows;
}

const counts = z.strictObject(
  Object.fromEntries(DATA_TABLES.map((table) => [table, z.int().min(0)])) as Record<DataTable, z.ZodInt>,
);
const remembered = z.object({ next: counts, rows: counts, of: z.looseObject({}).optional() });

export function checkpointRow(checkpoint: Checkpoint, { next, rows }: ReachedRows, nowMs: number): RowObject {
  const { counters, of } = checkpoint;
  return {
    kafka_partition: checkpoint.partition,
    writer_epoch: checkpoint.writerEpoch,
    processed_at: nowMs,
    topic: checkpoint.topic,
    owner: checkpoint.owner,
    next_offset: checkpoint.nextOffset,
    watermark: checkpoint.watermarkMs,
    consumed: counters.consumed,
    accepted: counters.accepted,
    duplicates: counters.duplicates,
    late: counters.late,
    rejected: counters.rejected,
    stream_offsets: JSON.stringify({ next, rows, ...(of === undefined ? {} : { of }) }),
    state_digest: checkpoint.stateDigest,
    record_fingerprint: checkpoint.recordFingerprint,
    written_at: nowMs,
  };
}

/** Throws ContradictionError for a row that this code does not write. */
export function checkpointOf(cells: DecodedRow): StoredCheckpoint {
  const where = `checkpoint_log, topic ${cells.topic}, partition ${cells.kafka_partition}, next_offset ${cells.next_offset}`;
  const number = (name: string): number => {
    const value = cells[name];
    if (typeof value !== 'number') throw damaged(where, `${name} is ${value}`);
    return value;
  };
  const text = (name: string): string => {
    const value = cells[name];
    if (typeof value !== 'string') throw damaged(where, `${name} is ${value}`);
    return value;
  };
  if (typeof cells.watermark !== 'bigint') throw damaged(where, `watermark is ${cells.watermark}`);
  const { next, rows, of } = rememberedOf(where, text('stream_offsets'));
  return {
    topic: text('topic'),
    partition: number('kafka_partition'),
    owner: text('owner'),
    writerEpoch: number('writer_epoch'),
    nextOffset: number('next_offset'),
    watermarkMs: Number(cells.watermark / 1000n),
    counters: {
      consumed: number('consumed'),
      accepted: number('accepted'),
      duplicates: number('duplicates'),
      late: number('late'),
      rejected: number('rejected'),
    },
    stateDigest: text('state_digest'),
    recordFingerprint: cells.record_fingerprint === null ? null : text('record_fingerprint'),
    ...(of === undefined ? {} : { of: of as unknown as NonNullable<Checkpoint['of']> }),
    reached: { next, rows },
  };
}

function rememberedOf(where: string, json: string): z.infer<typeof remembered> {
  try {
    return remembered.parse(JSON.parse(json));
  } catch (error) {
    throw damaged(where, `stream_offsets is ${json.slice(0, 200)}`, error);
  }
}

function damaged(where: string, what: string, cause?: unknown): ContradictionError {
  return new ContradictionError(
    'rows_differ',
    `${where}: ${what}. Somebody wrote to the table by hand, or a newer release did. Restore the row; nothing was written.`,
    { cause },
  );
}
