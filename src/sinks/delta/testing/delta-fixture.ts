/** A location in memory, processes on it, and a fold that is simple enough to be written twice. */
import type { Runtime } from '../../../base/runtime.ts';
import { AcceptedBatch } from '../../../payments/accepted-batch.ts';
import { RowObjects } from '../../../payments/row-batch.ts';
import { BUILT_IN_LAYOUT, type RowLayout } from '../../../payments/row-layout.ts';
import {
  type AcceptedRow,
  DATA_TABLES,
  type DataTable,
  type ExceptionRow,
  type PartialRow,
} from '../../../payments/types.ts';
import type {
  Checkpoint,
  Ownership,
  PartitionWriter,
  ReachedTable,
  Seed,
  Sink,
  WonClaim,
} from '../../../processor/ports.ts';
import { acceptedRow, exceptionRow, FIXED, partialRow, settings } from '../../bigquery/testing/sample-rows.ts';
import type { DeltaLimits } from '../delta-limits.ts';
import { DeltaLogTable } from '../log/log-table.ts';
import type { FileFormat, ObjectStore } from '../ports.ts';
import { deltaProcessorSink } from '../processor-sink.ts';
import { type DeltaSinkParts, deltaSinkParts } from '../sink-parts.ts';
import { applyTables, type DeltaTables } from '../tables/apply-tables.ts';
import { TableInspection } from '../tables/inspection.ts';
import { DELTA_TABLES } from '../tables/table-columns.ts';
import { ArrowFormat } from './arrow-format.ts';
import { PLAIN_CHECKPOINTS } from './plain-checkpoints.ts';

export const TOPIC = 'payments';

export interface DeltaProcess {
  readonly tables: DeltaTables;
  readonly parts: DeltaSinkParts;
  readonly sink: Sink;
}

export interface ProcessOptions {
  readonly store: ObjectStore;
  readonly runtime: Runtime;
  readonly layout?: RowLayout;
  readonly limits?: Partial<DeltaLimits>;
  readonly format?: FileFormat;
  readonly unreachableAfterMs?: number;
}

export function deltaProcess(options: ProcessOptions): DeltaProcess {
  const { store, runtime, layout = BUILT_IN_LAYOUT, limits, format = new ArrowFormat(), unreachableAfterMs } = options;
  const made = DELTA_TABLES.map((name) => {
    const wait = unreachableAfterMs === undefined ? {} : { unreachableAfterMs };
    const table = new DeltaLogTable({
      store,
      name,
      runtime,
      checkpoints: PLAIN_CHECKPOINTS,
      engineVersion: '0',
      limits: wait,
    });
    return [name, table] as const;
  });
  const tables = Object.fromEntries(made) as unknown as DeltaTables;
  const parts = deltaSinkParts({ runtime, tables, format });
  const { ownershipTable: ownership, checkpoints } = parts;
  const inspection = new TableInspection({ tables, runtime, layout, ownership, checkpoints });
  return { tables, parts, sink: deltaProcessorSink({ parts, inspection, limits }) };
}

/** Makes the tables and seeds `partitions` partitions. */
export async function prepared(process: DeltaProcess, partitions = 1): Promise<void> {
  const { runtime } = process.parts;
  await applyTables({ tables: process.tables, runtime, layout: BUILT_IN_LAYOUT }, { addsColumns: false });
  await process.sink.seed(TOPIC, seeds(partitions));
}

export function seeds(partitions: number): Seed[] {
  return Array.from({ length: partitions }, (_, partition) => ({
    partition,
    partitionCount: partitions,
    startOffset: 0,
    fixed: FIXED,
    history: [settings(0)],
  }));
}

/** What the records [from, to) of a partition become. */
export interface FoldedRecords {
  readonly accepted: AcceptedRow[];
  readonly partials: PartialRow[];
  readonly exceptions: ExceptionRow[];
}

/** Every third record is an exception; every fourth closes some windows. `contentAt`: other settings, or another log, yield other rows. */
export function foldRecords(
  partition: number,
  from: number,
  to: number,
  contentAt: (offset: number) => string = () => '',
): FoldedRecords {
  const folded: FoldedRecords = { accepted: [], partials: [], exceptions: [] };
  for (let offset = from; offset < to; offset += 1) {
    const content = contentAt(offset);
    const transactionId = `${partition}/${offset}${content}`;
    if (offset % 3 === 0) folded.exceptions.push(exceptionRow(offset, { transactionId }));
    else folded.accepted.push(acceptedRow(offset, { transactionId }));
    if (offset % 4 !== 0) continue;
    for (const region of ['a', 'b', 'c']) folded.partials.push(partialRow(offset, { region: `${region}${content}` }));
  }
  return folded;
}

export function rowsOf(folded: FoldedRecords, table: DataTable): readonly { readonly kafkaOffset: number }[] {
  if (table === 'payment_metrics_partials') return folded.partials;
  return table === 'payment_exceptions' ? folded.exceptions : folded.accepted;
}

export interface LifeOptions {
  readonly partition: number;
  /** The log ends there. */
  readonly endOffset: number;
  /** Records that are folded before their rows are sent. */
  readonly batch: number;
  /** Batches between checkpoints. */
  readonly checkpointEvery: number;
  /** As another log has it. */
  readonly content?: string;
  /** Records from the resume offset on are folded with this setting; default: as the history says. */
  readonly setting?: string;
}

/** What the settings make of a record. */
export function contentBy(history: Ownership['history']): (offset: number) => string {
  return (offset) => history.findLast(({ fromOffset }) => fromOffset <= offset)!.decision.maxAmount;
}

/** One ownership of one partition, as the processor has it: claim, fence, replay, write, checkpoint. Rejects where it is lost or stops. */
export async function liveOnce(
  { sink }: Pick<DeltaProcess, 'sink'>,
  owner: string,
  options: LifeOptions,
): Promise<'lost' | 'drained'> {
  const { partition, endOffset, batch, checkpointEvery, content, setting } = options;
  const row = (await sink.readOwnership(TOPIC)).find((one) => one.partition === partition)!;
  const [outcome] = await sink.claim(TOPIC, owner, [row]);
  if (outcome?.won === undefined) return 'lost';
  const { won } = outcome;
  const terms = { settleTimeoutMs: 1_000, gatherMs: 1_000, onCheckpoint: () => {} };
  const { checkpointOffset, checkpoint, reached } = await won.fence(terms, new AbortController().signal);
  const resume = Math.max(checkpointOffset, ...DATA_TABLES.map((table) => reached[table].next));
  const history = await withSetting(sink, won, resume, setting);
  if (history === undefined) return 'lost';
  const byHistory = contentBy(history);
  const contentAt = (offset: number): string => `${byHistory(offset)}${content ?? ''}`;
  const writer = won.open();
  try {
    let last = checkpoint?.nextOffset ?? checkpointOffset;
    let landed: Promise<void>[] = [];
    let batches = 0;
    for (let from = checkpointOffset; from < endOffset; ) {
      const to = Math.min(endOffset, from < resume ? resume : from + batch);
      const folded = foldRecords(partition, from, to, contentAt);
      for (const table of DATA_TABLES) landed.push(...appendMissing(writer, table, folded, reached[table], to));
      for (const table of DATA_TABLES)
        if (reached[table].left(to) > 0) throw new Error(`${table}: rows are left that the log does not yield`);
      from = to;
      batches += 1;
      if (from >= endOffset || batches % checkpointEvery === 0) {
        const write = writer.beginCheckpoint();
        await Promise.all(landed);
        landed = [];
        if (from > last) await write(checkpointAt(won.ownership, from, checkpointOffset));
        last = from;
      }
    }
    await Promise.all(landed);
    return 'drained';
  } finally {
    writer.close();
  }
}

/** The history with an entry for the setting, which is read back before anything is written; undefined where the claim is lost. */
async function withSetting(
  sink: Sink,
  won: WonClaim,
  fromOffset: number,
  setting: string | undefined,
): Promise<Ownership['history'] | undefined> {
  const { history, claimId, partition } = won.ownership;
  if (setting === undefined || history.at(-1)!.decision.maxAmount === setting) return history;
  await won.addEntry(settings(fromOffset, setting));
  const row = (await sink.readOwnership(TOPIC)).find((one) => one.partition === partition);
  return row?.claimId === claimId ? row.history : undefined;
}

function appendMissing(
  writer: PartitionWriter,
  table: DataTable,
  folded: FoldedRecords,
  reached: ReachedTable<never>,
  foldedTo: number,
): Promise<void>[] {
  const rows = rowsOf(folded, table);
  let first = 0;
  for (; first < rows.length; first += 1) {
    const answer = reached.ask(rows[first] as never);
    if (answer === 'missing') break;
    if (answer !== 'present') throw new Error(`${table}: a row differs ${answer.differs}`);
  }
  if (first === rows.length) return [];
  const isAccepted = table === 'payment_transactions' || table === 'payment_transactions_fraud';
  const batch = isAccepted ? AcceptedBatch.of(folded.accepted) : new RowObjects(rows as PartialRow[]);
  // In two appends, which may be cut in the middle of a record.
  const middle = first + Math.ceil((rows.length - first) / 2);
  const pieces = [[first, middle] as const, [middle, rows.length] as const].filter(([from, to]) => to > from);
  return pieces.map(([from, to]) => {
    const toOffset = rows[to]?.kafkaOffset ?? foldedTo;
    const { landed } = writer.append(table, { rows: batch, from, to } as never, toOffset);
    landed.catch(() => {}); // awaited by the caller
    return landed;
  });
}

export function checkpointAt(ownership: Ownership, nextOffset: number, wentOnFrom: number): Checkpoint {
  const { topic, partition, owner, epoch, fixed } = ownership;
  return {
    topic,
    partition,
    owner,
    writerEpoch: epoch,
    nextOffset,
    watermarkMs: nextOffset,
    counters: { consumed: nextOffset, accepted: 0, duplicates: 0, late: 0, rejected: 0 },
    stateDigest: `v1:${nextOffset}`,
    recordFingerprint: null,
    of: { partition, epoch, nextOffset, wentOnFrom, fixed },
  };
}

/** What a table says of a partition: [offset, what tells the rows of one offset apart], as they stand in its files, sorted. */
export async function storedRows(process: DeltaProcess, table: DataTable, partition: number): Promise<string[]> {
  const snapshot = (await process.tables[table].refresh())!;
  const rows: string[] = [];
  for (const path of snapshot.files.keys()) {
    const bytes = await process.tables[table].read(path);
    for (const row of await process.parts.format.decode(bytes!))
      if (row.kafka_partition === partition) rows.push(`${row.kafka_offset} ${row.transaction_id ?? row.region}`);
  }
  return rows.sort();
}

export function expectedRows(
  table: DataTable,
  partition: number,
  endOffset: number,
  history: Ownership['history'] = [settings(0)],
): string[] {
  const folded = foldRecords(partition, 0, endOffset, contentBy(history));
  if (table === 'payment_metrics_partials')
    return folded.partials.map((row) => `${row.kafkaOffset} ${row.region}`).sort();
  if (table === 'payment_exceptions')
    return folded.exceptions.map((row) => `${row.kafkaOffset} ${row.transactionId}`).sort();
  return folded.accepted.map((row) => `${row.kafkaOffset} ${row.payment.transactionId}`).sort();
}
