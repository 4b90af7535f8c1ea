/** All checks of one partition, over one walk. */

import type { FindingLists } from '../findings.ts';
import { BackfilledCheck } from '../guarantees/backfilled.ts';
import { checkOneDisposition } from '../guarantees/g1-one-disposition.ts';
import type { UniquenessCheck } from '../guarantees/g2-unique.ts';
import { SumsCheck } from '../guarantees/g3-sums.ts';
import { checkEnrichment } from '../guarantees/g4-enrichment.ts';
import { EquivalenceCheck } from '../guarantees/g5-equivalence.ts';
import { CheckpointCheck } from '../guarantees/g6-checkpoints.ts';
import { CountersCheck } from '../guarantees/g6-counters.ts';
import { HistoryCheck } from '../guarantees/g6-history.ts';
import { readableRecords, unreadableLogOf } from '../inputs/readable-log.ts';
import type { RowCensus } from '../inputs/row-census.ts';
import type {
  CheckedTable,
  CheckpointCells,
  OwnershipFacts,
  PartitionBounds,
  TableCells,
  TablesSnapshot,
  VerifyInputs,
} from '../inputs/verify-inputs.ts';
import { laterPayments } from '../oracle/judge-later.ts';
import { UnreadableSchemaError } from '../oracle/schemas/undecodable.ts';
import type { UnreadableLogError } from '../topic/errors.ts';
import type { StartingPoint } from './starting-point.ts';
import { type StartedGeneration, type Step, walkPartition } from './walk-partition.ts';

export interface PartitionReport {
  readonly partition: number;
  readonly startOffset: number;
  /** Everything below is guaranteed; the start offset where there is no checkpoint. */
  readonly nextOffset: number;
  /** One past the last readable record. */
  readonly logEndOffset: number;
  /** One past the last record of any kind, where it is known. */
  readonly highWatermark?: number;
  /** The first and one past the last offset that was read; equal where nothing was. */
  readonly readFrom: number;
  readonly readTo: number;
  /** Records recomputed, those past nextOffset included. */
  readonly recordsChecked: number;
  /** Of these, past nextOffset: no checkpoint covers them yet. */
  readonly recordsPastCheckpoint: number;
  /** Set where records at the end name a schema that the dataset does not have yet: nothing from readTo on was read. */
  readonly pending?: string;
  /** Rows that were compared, of all tables. */
  readonly rowsChecked: number;
  readonly epoch: number;
}

export interface PartitionTask {
  readonly ownership: OwnershipFacts;
  readonly bounds: PartitionBounds;
  readonly start: StartingPoint;
  readonly newest: CheckpointCells | undefined;
  readonly generations: readonly StartedGeneration[];
}

/** What all partitions share. */
export interface CheckContext {
  readonly inputs: VerifyInputs;
  readonly tables: TablesSnapshot;
  readonly findings: FindingLists;
  readonly census: RowCensus;
  readonly uniqueness: UniquenessCheck;
  /** Sees every step as well. */
  readonly onStep: (step: Step) => void;
}

/** Resolves with the report, how many backfilled payments the partition has, and where its log cannot be read. */
export async function checkPartition(
  { ownership, bounds, start, newest, generations }: PartitionTask,
  { inputs, tables, findings, census, uniqueness, onStep }: CheckContext,
): Promise<{
  report: PartitionReport;
  backfilled: number;
  unreadable?: UnreadableLogError | undefined;
  unjudged?: string | undefined;
}> {
  const { partition, startOffset, epoch, fixed } = ownership;
  const { trusted, fromOffset } = start;
  const nextOffset = newest?.next_offset ?? startOffset;
  const sums = new SumsCheck(fixed.windowMs, trusted?.watermark, findings);
  const equivalence = new EquivalenceCheck(epoch, findings);
  const counters = new CountersCheck(ownership, trusted?.next_offset ?? 0, findings);
  const checkpoints = new CheckpointCheck(ownership, trusted?.next_offset, findings);
  const history = new HistoryCheck(ownership, findings);
  const backfilled = new BackfilledCheck(partition, fixed.windowMs, findings, (record) =>
    laterPayments(record, ownership),
  );
  const rowsOf = <T extends CheckedTable>(table: T): AsyncIterable<readonly TableCells[T][]> =>
    census.walkable(table, ownership, nextOffset, tables.rows(table, partition));
  let [recordsChecked, recordsPastCheckpoint, rowsChecked] = [0, 0, 0];
  let pending: { readonly offset: number; readonly why: string } | undefined;
  const walk = walkPartition(
    {
      ownership,
      nextOffset,
      trusted,
      generations,
      checkpoints: census.wholeCheckpoints(partition, tables.checkpoints(partition)),
      rows: {
        payment_transactions: rowsOf('payment_transactions'),
        payment_transactions_fraud: rowsOf('payment_transactions_fraud'),
        payment_metrics_partials: rowsOf('payment_metrics_partials'),
        payment_exceptions: rowsOf('payment_exceptions'),
      },
      records: readableRecords(inputs, ownership, fromOffset, bounds.endOffset),
    },
    {
      checkpoint: (checkpoint, oracle, last) => {
        counters.checkpoint(checkpoint, oracle);
        checkpoints.checkpoint(checkpoint, oracle, last);
      },
      step: (step) => {
        checkOneDisposition(step, findings);
        uniqueness.step(step);
        sums.step(step);
        checkEnrichment(step, findings);
        equivalence.step(step);
        counters.step(step);
        checkpoints.step(step);
        history.step(step);
        backfilled.step(step);
        rowsChecked += rowsIn(step);
        if (step.record !== null) {
          recordsChecked++;
          if (!step.below) recordsPastCheckpoint++;
        }
        onStep(step);
      },
      pending: (offset, { message }) => {
        pending = { offset, why: message };
      },
    },
  );
  // What was found up to a place where the log cannot be read stands; the sums over all of it cannot be made.
  const { unreadable, unjudged } = await endOf(walk, partition, findings);
  if (unreadable === undefined && unjudged === undefined) {
    sums.end(partition, newest?.watermark ?? Number.NEGATIVE_INFINITY);
    backfilled.end();
  }
  const { endOffset: logEndOffset, highWatermark } = bounds;
  const report: PartitionReport = {
    partition,
    startOffset,
    nextOffset,
    logEndOffset,
    ...(highWatermark === undefined ? {} : { highWatermark }),
    readFrom: Math.min(fromOffset, logEndOffset),
    readTo: Math.min(unreadable?.offset ?? pending?.offset ?? logEndOffset, logEndOffset),
    ...(pending === undefined ? {} : { pending: pending.why }),
    recordsChecked,
    recordsPastCheckpoint,
    rowsChecked,
    epoch,
  };
  return { report, backfilled: backfilled.payments, unreadable, unjudged };
}

/** What kept the walk from its end: the log, or a schema without which its records say nothing. */
async function endOf(
  walk: Promise<unknown>,
  partition: number,
  findings: FindingLists,
): Promise<{ unreadable?: UnreadableLogError | undefined; unjudged?: string }> {
  try {
    return { unreadable: await unreadableLogOf(walk) };
  } catch (error) {
    if (!(error instanceof UnreadableSchemaError)) throw error;
    const { message } = error;
    findings.add('G6', { kind: 'schema_missing', partition, offsets: [], transactionIds: [], message });
    return { unjudged: `nothing from there on was checked: ${message}` };
  }
}

function rowsIn({ rows, backfilled }: Step): number {
  return (
    rows.payment_transactions.length +
    rows.payment_transactions_fraud.length +
    rows.payment_metrics_partials.length +
    rows.payment_exceptions.length +
    backfilled.payments.length +
    backfilled.partials.length
  );
}
