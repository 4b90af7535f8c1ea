/**
 * Removes old rows of checkpoint_log, one Kafka partition at a time: the only table that grows with time and not with
 * payments.
 *
 * Always kept: the greatest checkpoint (the only one that a takeover reads), and every checkpoint from the first one on
 * that the log still reaches (verify starts at it when the log's start is gone). A running processor only adds greater
 * ones, so it may run meanwhile. payment_exceptions is not touched: its rows are dispositions, which G1 and the
 * counters count.
 */

import type { LogBounds, SinkReads } from '../processor/ports.ts';
import { type DatasetRef, integerLiteral, quotedTable } from '../sinks/bigquery/identifiers.ts';
import type { QueryJobs } from '../sinks/bigquery/query/query-job.ts';
import {
  integerFromText,
  intParameter,
  textParameter,
  timestampParameter,
} from '../sinks/bigquery/query/query-values.ts';

export interface PruneOrder {
  readonly topic: string;
  /** Rows written before this may be removed: ms since the epoch. */
  readonly beforeMs: number;
  readonly dryRun: boolean;
}

export interface PrunePorts {
  readonly queries: Pick<SinkReads, 'readOwnership' | 'latestCheckpoint'>;
  readonly jobs: Pick<QueryJobs, 'read' | 'change'>;
  readonly dataset: DatasetRef;
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
  const done: PrunedPartition[] = [];
  for (const { partition, startOffset } of await ports.queries.readOwnership(order.topic)) {
    const latest = await ports.queries.latestCheckpoint(order.topic, partition);
    if (latest === undefined) continue;
    const { startOffset: logStart } = await ports.bounds(partition);
    const table = new CheckpointTable(order, ports, partition);
    // If the log is whole, verify starts at its start and needs no checkpoint.
    const needed = logStart > startOffset ? await table.firstAtOrPast(logStart) : undefined;
    const keepFromOffset = Math.min(needed ?? latest.nextOffset, latest.nextOffset);
    const before = await table.count(keepFromOffset);
    if (!order.dryRun && before.removable > 0) await table.remove(keepFromOffset);
    // The removable rows only get fewer: a processor beside it adds greater checkpoints, which are not removable.
    const left =
      order.dryRun || before.removable === 0 ? { ...before, removable: 0 } : await table.count(keepFromOffset);
    const removed = before.removable - left.removable;
    const kept = order.dryRun ? before.all - removed : left.all;
    done.push({ partition, keepFromOffset, removed, kept });
  }
  return done;
}

class CheckpointTable {
  readonly #jobs: PrunePorts['jobs'];
  readonly #order: PruneOrder;
  readonly #from: string;

  constructor(order: PruneOrder, { jobs, dataset }: PrunePorts, partition: number) {
    this.#jobs = jobs;
    this.#order = order;
    // The partition is a constant in the text: only its rows are read and billed.
    this.#from = `${quotedTable(dataset, 'checkpoint_log')} WHERE topic = @topic AND kafka_partition = ${integerLiteral(partition)}`;
  }

  async firstAtOrPast(offset: number): Promise<number | undefined> {
    const { rows } = await this.#jobs.read({
      what: 'checkpoints that the log reaches back to',
      sql: `SELECT MIN(next_offset) AS next_offset FROM ${this.#from} AND next_offset >= @offset`,
      parameters: [textParameter('topic', this.#order.topic), intParameter('offset', offset)],
      columns: ['next_offset'],
    });
    const cell = rows[0]?.[0];
    return cell === null || cell === undefined ? undefined : integerFromText(String(cell));
  }

  async count(keepFromOffset: number): Promise<{ readonly all: number; readonly removable: number }> {
    const { rows } = await this.#jobs.read({
      what: 'old checkpoints',
      sql: `SELECT COUNT(*) AS every, COUNTIF(next_offset < @keep_from AND written_at < @before) AS removable FROM ${this.#from}`,
      parameters: this.#parameters(keepFromOffset),
      columns: ['every', 'removable'],
    });
    const [all, removable] = rows[0]!.map((cell) => integerFromText(String(cell)));
    return { all: all!, removable: removable! };
  }

  /** May be repeated. */
  async remove(keepFromOffset: number): Promise<void> {
    await this.#jobs.change({
      what: 'removal of old checkpoints',
      sql: `DELETE FROM ${this.#from} AND next_offset < @keep_from AND written_at < @before`,
      parameters: this.#parameters(keepFromOffset),
    });
  }

  #parameters(keepFromOffset: number) {
    return [
      textParameter('topic', this.#order.topic),
      intParameter('keep_from', keepFromOffset),
      timestampParameter('before', this.#order.beforeMs),
    ];
  }
}
