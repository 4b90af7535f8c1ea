/**
 * Removes old rows of checkpoint_log, one Kafka partition at a time: the only table that grows with time and not with
 * payments.
 *
 * Always kept: the greatest checkpoint (the only one that a takeover reads), and every checkpoint from the first one on
 * that the log still reaches (verify starts at it when the log's start is gone). A running processor only adds greater
 * ones, so it may run meanwhile. payment_exceptions is not touched: its rows are dispositions, which G1 and the
 * counters count.
 */

import type { CheckpointUpkeep, LogBounds, SinkReads } from '../processor/ports.ts';

export interface PruneOrder {
  readonly topic: string;
  /** Rows written before this may be removed: ms since the epoch. */
  readonly beforeMs: number;
  readonly dryRun: boolean;
}

export interface PrunePorts {
  readonly queries: Pick<SinkReads, 'readOwnership' | 'latestCheckpoint'>;
  readonly checkpoints: Omit<CheckpointUpkeep, 'newest'>;
  readonly bounds: (partition: number) => Promise<Pick<LogBounds, 'startOffset'>>;
}

export interface PrunedPartition {
  readonly partition: number;
  /** Checkpoints below this offset are not needed; from it on all stay. */
  readonly keepFromOffset: number;
  /** Removed; with dryRun: would be. */
  readonly removed: number;
  /** Remaining, including those that a processor wrote meanwhile; with dryRun: what would remain. */
  readonly kept: number;
}

export async function pruneCheckpoints(order: PruneOrder, ports: PrunePorts): Promise<PrunedPartition[]> {
  const { topic, beforeMs, dryRun } = order;
  const { queries, checkpoints, bounds } = ports;
  const done: PrunedPartition[] = [];
  for (const { partition, startOffset } of await queries.readOwnership(topic)) {
    const latest = await queries.latestCheckpoint(topic, partition);
    if (latest === undefined) continue;
    const { startOffset: logStart } = await bounds(partition);
    // If the log is whole, verify starts at its start and needs no checkpoint.
    const needed = logStart > startOffset ? await checkpoints.firstAtOrPast(topic, partition, logStart) : undefined;
    const keepFromOffset = Math.min(needed ?? latest.nextOffset, latest.nextOffset);
    const old = { topic, partition, keepFromOffset, beforeMs };
    const before = await checkpoints.count(old);
    if (!dryRun && before.removable > 0) await checkpoints.remove(old);
    // The removable rows only get fewer: a processor beside it adds greater checkpoints, which are not removable.
    const left = dryRun || before.removable === 0 ? { ...before, removable: 0 } : await checkpoints.count(old);
    const removed = before.removable - left.removable;
    const kept = dryRun ? before.all - removed : left.all;
    done.push({ partition, keepFromOffset, removed, kept });
  }
  return done;
}
