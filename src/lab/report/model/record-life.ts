/**
 * The life of one offset, step by step, as the run's events tell it: appended to Kafka, folded, written, covered by a
 * checkpoint, and met again by later owners. Events speak of batches, so a time is that of the batch that held the record.
 *
 * Which epoch wrote it follows from the takeovers alone: rows below a takeover's resume offset F were there before it, so
 * the writer is the last epoch whose F is at or below the offset.
 */
import {
  type Batch,
  type DataTableName,
  type PartitionHistory,
  streamKey,
  type Takeover,
} from './partition-history.ts';
import type { Place, SentRecord } from './record-table.ts';

export type LifeStepKind = 'kafka' | 'folded' | 'lost' | 'written' | 'covered' | 'compared' | 'missing';

export interface LifeStep {
  readonly kind: LifeStepKind;
  /** Null where nothing says when. */
  readonly atMs: number | null;
  /** Place in the payload's sources; null where no processor did it. */
  readonly source: number | null;
  readonly epoch: number | null;
  readonly title: string;
  readonly detail: string;
}

export interface RecordLife {
  readonly place: Place;
  /** What the lab wrote down when it sent it. */
  readonly record: SentRecord | null;
  /** By time. */
  readonly steps: readonly LifeStep[];
  /** The epoch whose rows are in the tables; null while nothing says so. */
  readonly writtenByEpoch: number | null;
}

/** When Kafka acknowledged the records [from, to) of a partition. */
export interface SentRange {
  readonly atMs: number;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
}

export interface LifeSources {
  readonly histories: ReadonlyMap<number, PartitionHistory>;
  readonly sent: readonly SentRange[];
}

/** Steps that nothing dates come last, in their order. */
const END_OF_TIME = Number.MAX_SAFE_INTEGER;

export function lifeOf(place: Place, record: SentRecord | undefined, { histories, sent }: LifeSources): RecordLife {
  const { partition, offset } = place;
  const appended = sent.find((range) => range.partition === partition && offset >= range.from && offset < range.to);
  const steps: LifeStep[] = [];
  if (record !== undefined || appended !== undefined) steps.push(inKafka(place, appended));
  const history = histories.get(partition);
  const takeovers = history?.takeovers ?? [];
  const writer = takeovers.findLast(({ resumeOffset }) => resumeOffset <= offset);
  let isWritten = false;
  if (history !== undefined) {
    const table: DataTableName =
      record === undefined || record.expected === 'accepted' ? 'payment_transactions' : 'payment_exceptions';
    for (const batch of history.batches) {
      if (offset < batch.from || offset >= batch.to) continue;
      const step = foldStep(batch, writer, takeovers, offset);
      steps.push(step);
      if (step.kind !== 'folded') continue;
      const written = writtenStep(history, batch, table, record === undefined);
      if (written === undefined) continue;
      isWritten = true;
      steps.push(written);
    }
    const checkpoint = history.checkpoints.find(({ nextOffset }) => nextOffset > offset);
    if (checkpoint !== undefined) {
      isWritten = true;
      const { atMs, source, epoch, nextOffset } = checkpoint;
      const detail = `everything below ${nextOffset} is in the tables`;
      steps.push({ kind: 'covered', atMs, source, epoch, title: 'Below a checkpoint', detail });
    }
  }
  if (!isWritten) steps.push(missing(history === undefined));
  return {
    place,
    record: record ?? null,
    steps: steps.toSorted((a, b) => (a.atMs ?? END_OF_TIME) - (b.atMs ?? END_OF_TIME)),
    writtenByEpoch: isWritten ? (writer?.epoch ?? null) : null,
  };
}

function inKafka({ partition, offset }: Place, appended: SentRange | undefined): LifeStep {
  const batch = appended === undefined ? 0 : appended.to - appended.from;
  return {
    kind: 'kafka',
    atMs: appended?.atMs ?? null,
    source: null,
    epoch: null,
    title: `In Kafka: partition ${partition}, offset ${offset}`,
    detail:
      batch === 0
        ? 'the ledger has its offset; nothing says when it was acknowledged'
        : `acknowledged to the producer, with ${batch === 1 ? 'no other' : `${batch - 1} more`}`,
  };
}

function foldStep(
  { atMs, source, epoch, from, to }: Batch,
  writer: Takeover | undefined,
  takeovers: readonly Takeover[],
  offset: number,
): LifeStep {
  const batch = `in a batch of offsets ${from} to ${to - 1}`;
  const own = takeovers.find((takeover) => takeover.epoch === epoch);
  const base = { atMs, source, epoch };
  if (own !== undefined && offset < own.checkpointOffset) {
    const detail = `${batch}, to bring a local state up to the checkpoint at ${own.checkpointOffset}; writes nothing`;
    return { ...base, kind: 'compared', title: 'Folded for the state only', detail };
  }
  if (own !== undefined && offset < own.resumeOffset) {
    const detail = `${batch}; its rows were there, were compared and not written again`;
    return { ...base, kind: 'compared', title: 'Folded again and compared', detail };
  }
  if (writer !== undefined && epoch < writer.epoch) {
    const detail = `${batch}; epoch ${writer.epoch} found no rows of it and wrote them`;
    return { ...base, kind: 'lost', title: 'Folded, and not written', detail };
  }
  return { ...base, kind: 'folded', title: 'Folded', detail: batch };
}

/** The first moment at which BigQuery had acknowledged as many rows as there were at the end of the batch. */
function writtenStep(
  history: PartitionHistory,
  { atMs, source, epoch, accepted, others }: Batch,
  table: DataTableName,
  isUnknown: boolean,
): LifeStep | undefined {
  const acknowledged = history.acknowledged.get(streamKey(epoch, table)) ?? [];
  const before = rowsBefore(history, epoch, table);
  const wanted = (table === 'payment_transactions' ? accepted : others) - (before ?? 0);
  const found = acknowledged.find((each) => each.atMs >= atMs && (before === undefined || each.rows >= wanted));
  if (found === undefined) return undefined;
  return {
    kind: 'written',
    atMs: found.atMs,
    source,
    epoch,
    title: `Written and visible: ${isUnknown ? 'rows acknowledged' : table}`,
    detail: `BigQuery acknowledged the rows of the batch under epoch ${epoch}`,
  };
}

/** Rows that earlier epochs left in a table; undefined where one of their streams was gone. */
function rowsBefore(history: PartitionHistory, epoch: number, table: DataTableName): number | undefined {
  let rows = 0;
  for (const takeover of history.takeovers) {
    if (takeover.epoch >= epoch) continue;
    const closed = history.closedWith.get(streamKey(takeover.epoch, table));
    const said = history.acknowledged.get(streamKey(takeover.epoch, table))?.at(-1)?.rows;
    if (closed === undefined && said !== undefined) return undefined;
    rows += closed ?? 0;
  }
  return rows;
}

function missing(noHistory: boolean): LifeStep {
  const detail = noHistory
    ? 'no processor said anything about this partition'
    : 'no checkpoint of this run covers it, and none of the acknowledged rows can be identified as its own';
  return { kind: 'missing', atMs: null, source: null, epoch: null, title: 'Not seen in the tables', detail };
}
