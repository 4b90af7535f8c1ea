/** Where the walk over a partition starts, and whether its log is the one that the tables were written from. */

import { pastGivenUp, unreadableLogOf } from '../inputs/readable-log.ts';
import { emptyColumns, walkable } from '../inputs/row-census.ts';
import type {
  CheckpointCells,
  OwnershipFacts,
  PartitionBounds,
  TablesSnapshot,
  TopicRecord,
  VerifyInputs,
} from '../inputs/verify-inputs.ts';
import { recordFingerprint } from '../oracle/hashes.ts';

const PAYMENTS_COMPARED = 3;

export interface StartingPoint {
  /** The checkpoint to start from where the log does not reach back to the start offset. */
  readonly trusted: CheckpointCells | undefined;
  /** The first offset to read. */
  readonly fromOffset: number;
}

/** What the checkpoints of a partition come to. */
export interface CheckpointSurvey {
  readonly newest: CheckpointCells | undefined;
  /** Where to start; `none` where the log has too little. */
  readonly start: StartingPoint | 'none';
  /** The oldest and the newest that name a record which the log should still have. */
  readonly comparable: readonly CheckpointCells[];
}

export async function surveyCheckpoints(
  tables: TablesSnapshot,
  { partition, startOffset, skipped }: OwnershipFacts,
  bounds: PartitionBounds,
): Promise<CheckpointSurvey> {
  const logStart = bounds.startOffset;
  const isWhole = logStart <= pastGivenUp(startOffset, skipped);
  let newest: CheckpointCells | undefined;
  let trusted: CheckpointCells | undefined;
  let first: CheckpointCells | undefined;
  let last: CheckpointCells | undefined;
  for await (const checkpoints of tables.checkpoints(partition))
    for (const checkpoint of checkpoints) {
      if (emptyColumns(checkpoint).length > 0) continue;
      newest = checkpoint;
      if (!isWhole && trusted === undefined && pastGivenUp(checkpoint.next_offset, skipped) >= logStart)
        trusted = checkpoint;
      const at = fingerprintOffset(checkpoint);
      if (at === undefined || at < logStart || at >= bounds.endOffset) continue;
      first ??= checkpoint;
      last = checkpoint;
    }
  const fromOffset = pastGivenUp(trusted?.next_offset ?? startOffset, skipped);
  const start = isWhole || trusted !== undefined ? { trusted, fromOffset } : 'none';
  const comparable = [first, last].filter(
    (checkpoint, index) => checkpoint !== undefined && (index === 0 || last !== first),
  );
  return { newest, start, comparable: comparable as CheckpointCells[] };
}

/** Why a log is another one, and the offset that shows it. */
export interface AnotherLog {
  readonly why: string;
  readonly offset: number;
}

/**
 * Why the log cannot be the one that the tables were written from; undefined where it can. It is another one where it ends
 * below a checkpoint, or contradicts the fingerprints that it can be asked for and the first payments as well: a fingerprint
 * alone may be what was changed.
 */
export async function anotherLog(
  inputs: VerifyInputs,
  tables: TablesSnapshot,
  partition: number,
  { newest, comparable }: CheckpointSurvey,
  bounds: PartitionBounds,
): Promise<AnotherLog | undefined> {
  if (newest !== undefined && newest.next_offset > bounds.endOffset)
    return {
      why: `partition ${partition} ends at offset ${bounds.endOffset}, and its checkpoint says ${newest.next_offset}`,
      offset: newest.next_offset,
    };
  if (comparable.length === 0) return undefined;
  for (const checkpoint of comparable) {
    const found = await recordAt(inputs, partition, fingerprintOffset(checkpoint)!);
    if (found === 'unreadable') return undefined;
    if (found !== undefined && recordFingerprint(found) === checkpoint.record_fingerprint) return undefined;
  }
  if (await holdsFirstPayments(inputs, tables, partition, bounds)) return undefined;
  const at = fingerprintOffset(comparable.at(-1)!)!;
  const why = `partition ${partition} holds another record at offset ${at} than the one that was processed there`;
  return { why, offset: at };
}

/** Whether the log has one of the first payments that the tables have of what it reaches back to. */
async function holdsFirstPayments(
  inputs: VerifyInputs,
  tables: TablesSnapshot,
  partition: number,
  { startOffset, endOffset }: PartitionBounds,
): Promise<boolean> {
  let looked = 0;
  for await (const rows of walkable('payment_transactions', tables.rows('payment_transactions', partition)))
    for (const { kafka_offset, writer_epoch, transaction_id } of rows) {
      if (writer_epoch === 0 || kafka_offset < startOffset) continue;
      if (kafka_offset >= endOffset || ++looked > PAYMENTS_COMPARED) return false;
      const found = await recordAt(inputs, partition, kafka_offset);
      if (found === 'unreadable') return true;
      if (found?.value && Buffer.from(found.value).includes(transaction_id)) return true;
    }
  return false;
}

async function recordAt(
  inputs: VerifyInputs,
  partition: number,
  offset: number,
): Promise<TopicRecord | 'unreadable' | undefined> {
  let found: TopicRecord | undefined;
  const look = async (): Promise<void> => {
    for await (const records of inputs.records(partition, offset, offset + 1))
      found ??= records.find((record) => record.offset === offset);
  };
  return (await unreadableLogOf(look())) === undefined ? found : 'unreadable';
}

function fingerprintOffset({ record_fingerprint }: CheckpointCells): number | undefined {
  const digits = record_fingerprint?.match(/^([0-9]{1,15}):[0-9a-f]{16}$/)?.[1];
  return digits === undefined ? undefined : Number(digits);
}
