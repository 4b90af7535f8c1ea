/**
 * Skips a range of offsets of one partition on purpose: the fold jumps over it, whether it holds records or not, and
 * the ownership row keeps the range.
 *
 * Why it is exact: the holder of the claim puts the range, after every previous owner was fenced, and it starts at or
 * past F. So no row was ever folded from inside it, and an owner that folds past F has claimed later and reads the
 * range with the row. A run of the same log without faults, with the same ranges, gives the same rows. A crash at any
 * point leaves either no range or the whole range: the command can be repeated.
 *
 * If the log has lost records of [C, F), no owner can fold from C. Then the range may start at C, if it covers
 * everything up to F; the rows there are removed after the range is put, and are no longer counted.
 * Repeating the removal is harmless: a skipped range never has rows.
 */

import { ConfigurationError, OwnershipLostError } from '../base/errors.ts';
import { skipCommand } from '../base/text/skip-command.ts';
import { DATA_TABLES } from '../payments/types.ts';
import { rangesToGiveUp } from '../processor/given-up-ranges.ts';
import type { LogBounds, Ownership, SkippedRange } from '../processor/ports.ts';
import { holdPartitions, type OperatorPorts } from './hold-partitions.ts';

export interface SkipOrder {
  readonly topic: string;
  readonly partition: number;
  /** [from, to) */
  readonly from: number;
  readonly to: number;
  readonly reason: string;
  readonly by: string;
  /**
   * Confirms that rows whose records the log has lost, and which cannot be folded again, are removed with the range.
   */
  readonly removeRows: boolean;
}

export interface SkipPlan {
  readonly order: SkipOrder;
  readonly log: LogBounds;
  /** C: everything below is in the tables. */
  readonly checkpointOffset: number;
  /** F: no table has a row at or past it. While an owner runs it may still rise. */
  readonly resumeOffset: number;
  /** The range exists already, from an earlier run of the command. */
  readonly isDone: boolean;
  /** The range covers rows past the checkpoint whose records the log has lost: they are removed with it. */
  readonly removesRows: boolean;
  readonly skipped: readonly SkippedRange[];
  /** What will still stop the partition. */
  readonly warnings: readonly string[];
}

/** Only reads. Throws ConfigurationError, one line per error in the order. */
export async function planSkip(order: SkipOrder, ports: OperatorPorts): Promise<SkipPlan> {
  const { sink } = ports;
  const row = await knownRow(order, ports);
  const checkpointOffset = (await sink.latestCheckpoint(order.topic, order.partition))?.nextOffset ?? row.startOffset;
  const resumeOffset = await sink.writtenTo(order.partition, checkpointOffset);
  return checked(order, row, await ports.bounds(order.partition), checkpointOffset, resumeOffset);
}

/**
 * Claims the partition, checks again, and puts the range. Safe beside a running owner, which is fenced and takes over
 * again.
 */
export async function skipOffsets(order: SkipOrder, ports: OperatorPorts, signal: AbortSignal): Promise<SkipPlan> {
  const { topic, partition, reason, by } = order;
  const { sink, runtime } = ports;
  // A wrong order is refused before any owner is fenced.
  const planned = await planSkip(order, ports);
  if (planned.isDone) {
    await removeGivenUp(order, sink);
    return planned;
  }

  const [held] = await holdPartitions(topic, [partition], `skip by ${by}`, ports, signal);
  const { ownership, position } = held!;
  const log = await ports.bounds(partition);
  const plan = checked(order, ownership, log, position.checkpointOffset, position.resumeOffset);
  if (plan.isDone) return plan;
  const atMs = runtime.nowMs();
  const added = notGivenUp(order, ownership.skipped).map((range): SkippedRange => ({ ...range, reason, by, atMs }));
  const skipped = [...ownership.skipped, ...added].sort((a, b) => a.from - b.from);
  await sink.putSkipped(ownership, skipped, plan.removesRows);
  const now = await knownRow(order, ports);
  if (notGivenUp(order, now.skipped).length > 0) {
    throw new OwnershipLostError(
      `partition ${partition} was claimed by ${now.owner} before the range was put: nothing is skipped. Run the command again.`,
    );
  }
  if (plan.removesRows) await removeGivenUp(order, sink);
  return { ...plan, skipped: now.skipped };
}

/**
 * The part of the order's range that no range covers. Ranges do not overlap: the new ones are put beside the existing
 * ones.
 */
function notGivenUp({ partition, from, to }: SkipOrder, skipped: readonly SkippedRange[]) {
  const whole = { partition, expectedOffset: from, checkpointOffset: from, writtenTo: from, startOffset: to, skipped };
  return rangesToGiveUp(whole).map((range) => ({ from: range.from, to: range.to }));
}

async function removeGivenUp({ partition, from, to }: SkipOrder, sink: OperatorPorts['sink']): Promise<void> {
  for (const table of DATA_TABLES) await sink.removeRows(table, partition, from, to);
}

async function knownRow({ topic, partition }: SkipOrder, { sink }: OperatorPorts): Promise<Ownership> {
  const rows = await sink.readOwnership(topic);
  const row = rows.find((each) => each.partition === partition);
  if (row !== undefined) return row;
  const known = rows.length === 0 ? 'the dataset knows none of it' : `the dataset knows 0 to ${rows.length - 1}`;
  throw new ConfigurationError([`--partition ${partition}: topic ${topic} has no such partition here, ${known}`]);
}

function checked(
  order: SkipOrder,
  { skipped }: Ownership,
  log: LogBounds,
  checkpointOffset: number,
  resumeOffset: number,
): SkipPlan {
  const { from, to, reason, by, partition } = order;
  const isLost = resumeOffset > checkpointOffset && log.startOffset > checkpointOffset;
  const removesRows = isLost && from === checkpointOffset;
  const plan = { order, log, checkpointOffset, resumeOffset, skipped, removesRows };
  const isPut = skipped.some((range) => range.from === from && range.to === to);
  // A run ended between the ranges and the removal.
  const isPutInParts = removesRows && from < to && notGivenUp(order, skipped).length === 0;
  if (isPut || isPutInParts) return { ...plan, isDone: true, warnings: [] };
  const problems: string[] = [];
  const withRows = skipCommand(
    { partition, from: checkpointOffset, to: Math.max(to, resumeOffset), removeRows: true },
    reason.trim() === '' ? undefined : reason,
  );
  if (reason.trim() === '') problems.push('--reason: say why; it stays in the tables');
  if (by.trim() === '') problems.push('--by: say who gives the records up; it stays in the tables');
  if (to <= from) problems.push(`--to ${to}: must be greater than --from ${from}; the range ends before it`);
  if (from < checkpointOffset) {
    problems.push(`--from ${from}: everything below offset ${checkpointOffset} is judged already, and stays so`);
  } else if (removesRows && to < resumeOffset) {
    problems.push(
      `--to ${to}: the tables have rows up to offset ${resumeOffset - 1} that cannot be folded again; cover them: ${withRows}`,
    );
  } else if (removesRows && !order.removeRows) {
    problems.push(
      `--from ${from}: the tables have rows of offsets ${checkpointOffset} to ${resumeOffset - 1} whose records the log has lost. They go ` +
        `with the range. If that is meant: ${withRows}`,
    );
  } else if (from < resumeOffset && !removesRows) {
    problems.push(
      `--from ${from}: the tables have rows up to offset ${resumeOffset - 1} that are not checkpointed yet. ` +
        (isLost
          ? `The log has lost records of theirs, so they have to go: ${withRows}`
          : `Start the range at ${resumeOffset}, or let a processor checkpoint them first`),
    );
  }
  if (to > log.endOffset) {
    problems.push(
      `--to ${to}: the log of partition ${partition} ends at ${log.endOffset}; what is not there yet cannot be given up`,
    );
  }
  // Rows to remove may lie around ranges that were skipped before.
  const isBetween = (range: SkippedRange): boolean => removesRows && from <= range.from && range.to <= to;
  const other = skipped.find((range) => from < range.to && range.from < to && !isBetween(range));
  if (other !== undefined) problems.push(`offsets ${other.from} to ${other.to - 1} are given up already`);
  if (problems.length > 0) throw new ConfigurationError(problems);
  return {
    ...plan,
    isDone: false,
    warnings: warningsOf(order, log, isLost && !removesRows ? checkpointOffset : resumeOffset, resumeOffset, skipped),
  };
}

/** Retention has removed records that the range does not cover. */
function warningsOf(
  { partition, from, to, reason, by }: SkipOrder,
  { startOffset }: LogBounds,
  neededFrom: number,
  resumeOffset: number,
  skipped: readonly SkippedRange[],
): string[] {
  const covered = [...skipped, { from, to, reason, by, atMs: 0 }].sort((a, b) => a.from - b.from);
  return rangesToGiveUp({
    partition,
    expectedOffset: neededFrom,
    startOffset,
    checkpointOffset: neededFrom,
    writtenTo: resumeOffset,
    skipped: covered,
  }).map(
    (range) =>
      `the log starts at ${startOffset}, and offsets ${range.from} to ${range.to - 1} are neither judged nor given up: the ` +
      `partition will stop there with retention_gap. To give them up too: ${skipCommand(range, reason)}`,
  );
}
