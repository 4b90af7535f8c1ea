/**
 * Steps 4 and 5 of a takeover: fence everyone who wrote before, then find out how far they got.
 *
 * Invariant: the position is returned only when, for every table, the rows that a query sees at or past the checkpoint are
 * as many as the row counts of the finalized streams say (streams that are gone: what the query says).
 */

import { Backoff } from '../../base/backoff.ts';
import { ContradictionError } from '../../base/errors.ts';
import type { Runtime } from '../../base/runtime.ts';
import { spanText } from '../../base/span-text.ts';
import { DATA_TABLES, type DataTable } from '../../payments/types.ts';
import type { Observer } from '../events.ts';
import type { Checkpoint, FinalizeOutcome, SinkQueries, StreamRef, WriteStreams, WrittenRow } from '../ports.ts';
import type { WonClaim } from './claim-rounds.ts';
import type { FenceRounds } from './fence-rounds.ts';
import { requireItself } from './stream-offsets.ts';

export type RowsAlreadyThere = { readonly [T in DataTable]: readonly WrittenRow<T>[] };

export interface Position {
  readonly checkpoint: Checkpoint | undefined;
  /** C: every record below it is in the tables. */
  readonly checkpointOffset: number;
  /** F: one past the greatest offset that any table has a row of; C where there is none. */
  readonly resumeOffset: number;
  readonly rows: RowsAlreadyThere;
}

/** A claim that was won, and the streams that others may still write to. */
export type Fencing = Pick<WonClaim, 'ownership' | 'olderStreams'>;

export interface PositionOptions {
  readonly runtime: Runtime;
  readonly queries: SinkQueries;
  readonly streams: WriteStreams;
  readonly observer: Observer;
  readonly settleTimeoutMs: number;
  readonly fences: FenceRounds;
  /** What the greatest checkpoint seems to be, while the rows past it are still asked for; called again where there is a greater one. */
  readonly onCheckpoint?: (checkpoint: Checkpoint | undefined, checkpointOffset: number) => void;
}

/** Rejects with ContradictionError('row_counts_differ') when counts and rows never agree. */
export async function findPosition(won: Fencing, options: PositionOptions, signal: AbortSignal): Promise<Position> {
  const { runtime, observer, settleTimeoutMs } = options;
  const { topic, partition, epoch, startOffset } = won.ownership;
  const outcomes = await options.fences.together(() => finalizeOlder(won, options));
  const backoff = new Backoff(runtime, 50, 2_000);
  const startedMs = runtime.monotonicMs();
  for (;;) {
    signal.throwIfAborted();
    const checkpoint = await options.queries.latestCheckpoint(topic, partition);
    if (checkpoint !== undefined) requireItself(checkpoint, won.ownership);
    const checkpointOffset = checkpoint?.nextOffset ?? startOffset;
    if (!signal.aborted) options.onCheckpoint?.(checkpoint, checkpointOffset);
    const emptyTables = DATA_TABLES.filter((table) => promisesNone(table, won, outcomes, checkpoint));
    const rows = await readRows(options.queries, partition, checkpointOffset, emptyTables);
    const difference = firstDifference(won, outcomes, checkpoint, rows);
    if (difference === undefined) {
      const resumeOffset = resumeAfter(checkpointOffset, rows);
      const rowsAlreadyThere = DATA_TABLES.reduce((sum, table) => sum + rows[table].length, 0);
      observer.emit({
        type: 'takeover.positioned',
        partition,
        epoch,
        checkpointOffset,
        resumeOffset,
        rowsAlreadyThere,
      });
      return { checkpoint, checkpointOffset, resumeOffset, rows };
    }
    const waitedMs = runtime.monotonicMs() - startedMs;
    observer.emit({ type: 'takeover.counts_differ', partition, ...difference, waitedMs, limitMs: settleTimeoutMs });
    if (waitedMs > settleTimeoutMs) {
      throw new ContradictionError(
        'row_counts_differ',
        `partition ${partition}, ${difference.table}: finalized streams hold ${difference.promised} rows at or past offset ` +
          `${checkpointOffset}, a query finds ${difference.found}, after ${spanText(settleTimeoutMs)}. Nothing was written.`,
      );
    }
    await runtime.sleep(backoff.nextMs(), signal);
  }
}

/** From here on no predecessor, however slow, can write. */
async function finalizeOlder(won: Fencing, options: PositionOptions): Promise<ReadonlyMap<string, FinalizeOutcome>> {
  const outcomes = await Promise.all(
    won.olderStreams.map(async (stream) => {
      const outcome = await options.streams.finalize(stream);
      const { partition } = won.ownership;
      options.observer.emit({
        type: 'takeover.finalized',
        partition,
        epoch: stream.epoch,
        table: stream.table,
        outcome,
      });
      return [stream.name, outcome] as const;
    }),
  );
  return new Map(outcomes);
}

/** Tables that should have no rows are looked at together, and read only where they have some: most takeovers follow a clean stop. */
async function readRows(
  queries: SinkQueries,
  partition: number,
  from: number,
  emptyTables: readonly DataTable[],
): Promise<RowsAlreadyThere> {
  const looking = emptyTables.length === 0 ? undefined : queries.tablesWithRows(emptyTables, partition, from);
  const read = async <T extends DataTable>(table: T): Promise<WrittenRow<T>[]> =>
    emptyTables.includes(table) && !(await looking)?.has(table) ? [] : queries.rowsFrom(table, partition, from);
  const [transactions, fraud, partials, exceptions] = await Promise.all([
    read('payment_transactions'),
    read('payment_transactions_fraud'),
    read('payment_metrics_partials'),
    read('payment_exceptions'),
  ]);
  return {
    payment_transactions: transactions,
    payment_transactions_fraud: fraud,
    payment_metrics_partials: partials,
    payment_exceptions: exceptions,
  };
}

function resumeAfter(checkpointOffset: number, rows: RowsAlreadyThere): number {
  let resumeOffset = checkpointOffset;
  for (const table of DATA_TABLES) {
    const last = rows[table].at(-1);
    if (last !== undefined) resumeOffset = Math.max(resumeOffset, last.row.kafkaOffset + 1);
  }
  return resumeOffset;
}

function firstDifference(
  won: Fencing,
  outcomes: ReadonlyMap<string, FinalizeOutcome>,
  checkpoint: Checkpoint | undefined,
  rows: RowsAlreadyThere,
): { table: DataTable; promised: number; found: number } | undefined {
  for (const table of DATA_TABLES) {
    const promised = promisedRows(table, won, outcomes, checkpoint, rows[table]);
    if (promised !== rows[table].length) return { table, promised, found: rows[table].length };
  }
  return undefined;
}

/** Whether the streams say, without a look at the table, that there are no rows at or past the checkpoint. */
function promisesNone(
  table: DataTable,
  won: Fencing,
  outcomes: ReadonlyMap<string, FinalizeOutcome>,
  checkpoint: Checkpoint | undefined,
): boolean {
  const isGone = (stream: StreamRef): boolean => stream.table === table && outcomes.get(stream.name)!.state === 'gone';
  return !won.olderStreams.some(isGone) && promisedRows(table, won, outcomes, checkpoint, []) === 0;
}

/** Rows of a table that there must be at or past the checkpoint, going by the streams. */
function promisedRows(
  table: DataTable,
  won: Fencing,
  outcomes: ReadonlyMap<string, FinalizeOutcome>,
  checkpoint: Checkpoint | undefined,
  found: readonly WrittenRow<DataTable>[],
): number {
  const checkpointEpoch = checkpoint?.writerEpoch ?? 0;
  let promised = 0;
  for (const stream of won.olderStreams) {
    if (stream.table !== table || stream.epoch < checkpointEpoch) continue;
    const outcome = outcomes.get(stream.name)!;
    if (outcome.state === 'finalized') {
      promised += outcome.rowCount - (stream.epoch === checkpointEpoch ? checkpoint!.streamOffsets[table] : 0);
    } else {
      promised += found.filter((row) => row.writerEpoch === stream.epoch).length;
    }
  }
  return promised;
}
