/**
 * Fences everyone who wrote a partition before, by finalizing their streams, and then finds out how far they got.
 *
 * Invariant: the rows are returned only when, for every table, those that a query sees at or past the checkpoint are as many as
 * the row counts of the finalized streams say (streams that are gone: what the query says).
 */

import { Backoff } from '../../../base/backoff.ts';
import { ContradictionError } from '../../../base/errors.ts';
import type { Runtime } from '../../../base/runtime.ts';
import { spanText } from '../../../base/span-text.ts';
import { layoutOfHistory } from '../../../payments/row-layout.ts';
import { DATA_TABLES, type DataTable } from '../../../payments/types.ts';
import type { Observer } from '../../../processor/events.ts';
import type { FenceTerms } from '../../../processor/ports.ts';
import type {
  CheckpointRow,
  FinalizeOutcome,
  OwnershipRow,
  SinkQueries,
  StreamRef,
  WriteStreams,
  WrittenRow,
} from '../ports.ts';
import type { FenceRounds } from './fence-rounds.ts';
import { firstDifference, promisesNone } from './promised-rows.ts';
import type { RowsAlreadyThere } from './stream-offsets.ts';

/** A partition that was claimed, and the streams that others may still write to. */
export interface Fencing {
  readonly ownership: OwnershipRow;
  readonly olderStreams: readonly StreamRef[];
}

export interface FenceParts {
  readonly runtime: Runtime;
  readonly queries: SinkQueries;
  readonly streams: WriteStreams;
  readonly observer: Observer;
  readonly fences: FenceRounds;
}

/** How far a partition got: the rows at or past its checkpoint. */
export interface FoundAtFence {
  readonly checkpoint: CheckpointRow | undefined;
  readonly checkpointOffset: number;
  readonly rows: RowsAlreadyThere;
}

/** Rejects with ContradictionError('row_counts_differ') when counts and rows never agree. */
export async function fencePartition(
  claimed: Fencing,
  parts: FenceParts,
  terms: FenceTerms,
  signal: AbortSignal,
): Promise<FoundAtFence> {
  const { runtime, queries, observer, fences } = parts;
  const { settleTimeoutMs, gatherMs, onCheckpoint } = terms;
  const { topic, partition, startOffset } = claimed.ownership;
  const outcomes = await fences.together(() => finalizeOlder(claimed, parts), gatherMs);
  const streams = { olderStreams: claimed.olderStreams, outcomes };
  const backoff = new Backoff(runtime, 50, 2_000);
  const startedMs = runtime.monotonicMs();
  for (;;) {
    signal.throwIfAborted();
    const checkpoint = await queries.latestCheckpoint(topic, partition);
    const checkpointOffset = checkpoint?.nextOffset ?? startOffset;
    onCheckpoint(checkpoint, checkpointOffset);
    const emptyTables = DATA_TABLES.filter((table) => promisesNone(table, streams, checkpoint));
    const rows = await readRows(queries, claimed.ownership, checkpointOffset, emptyTables);
    const difference = firstDifference(streams, checkpoint, rows);
    if (difference === undefined) return { checkpoint, checkpointOffset, rows };
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
async function finalizeOlder(claimed: Fencing, parts: FenceParts): Promise<ReadonlyMap<string, FinalizeOutcome>> {
  const outcomes = await Promise.all(
    claimed.olderStreams.map(async (stream) => {
      const outcome = await parts.streams.finalize(stream);
      const { partition } = claimed.ownership;
      parts.observer.emit({
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
  { partition, history }: OwnershipRow,
  from: number,
  emptyTables: readonly DataTable[],
): Promise<RowsAlreadyThere> {
  const looking = emptyTables.length === 0 ? undefined : queries.tablesWithRows(emptyTables, partition, from);
  const { further } = layoutOfHistory(history);
  const read = async <T extends DataTable>(table: T): Promise<WrittenRow<T>[]> =>
    emptyTables.includes(table) && !(await looking)?.has(table)
      ? []
      : queries.rowsFrom(table, partition, from, further);
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
