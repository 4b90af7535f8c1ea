/**
 * When --until-caught-up is done: everything that the topic held at the start is below a checkpoint of any process. So
 * processes that share the topic, or fight over it, all end.
 */
import type { ContradictionError } from '../base/errors.ts';
import type { PartitionSupervisor } from './partition-supervisor.ts';
import type { LogSource, Ownership, SinkReads } from './ports.ts';
import type { WantedSettings } from './settings.ts';
import { revisionOf } from './takeover/next-entry.ts';

/** The end of each partition now. */
export async function topicTargets(partitionCount: number, log: LogSource): Promise<Map<number, number>> {
  const partitions = Array.from({ length: partitionCount }, (_, partition) => partition);
  const ends = await Promise.all(partitions.map(async (p) => [p, (await log.bounds(p)).endOffset] as const));
  return new Map(ends);
}

/**
 * Removes from `open` every partition whose checkpoint has reached its target. Returns `all` if none is left, `some` if
 * there is more to wait for, and a contradiction if only partitions that are stopped here are left. `startOffsets`:
 * where a partition without a checkpoint stands. A log that ends below the checkpoint counts as open, because it is
 * truncated: the process that takes the partition over reports it.
 */
export async function caughtUp(
  topic: string,
  open: Map<number, number>,
  supervisors: ReadonlyMap<number, PartitionSupervisor>,
  sink: Pick<SinkReads, 'latestCheckpoint'>,
  log: Pick<LogSource, 'bounds'>,
  startOffsets: ReadonlyMap<number, number>,
): Promise<'all' | 'some' | ContradictionError> {
  let stopped: ContradictionError | undefined;
  let waiting = 0;
  for (const [partition, target] of [...open]) {
    const supervisor = supervisors.get(partition);
    const here = supervisor?.checkpointedOffset;
    const offset =
      here ?? (await sink.latestCheckpoint(topic, partition))?.nextOffset ?? startOffsets.get(partition) ?? 0;
    const reached = offset === target || (offset > target && (await log.bounds(partition)).endOffset >= offset);
    if (reached) open.delete(partition);
    else if (supervisor?.error !== undefined) stopped = supervisor.error;
    else waiting++;
  }
  if (open.size === 0) return 'all';
  return waiting === 0 && stopped !== undefined ? stopped : 'some';
}

/** Partitions whose newest settings have a lower revision than ours: ours take effect when they are taken over. */
export function withOlderSettings(
  rows: Iterable<Pick<Ownership, 'partition' | 'history'>>,
  wanted: WantedSettings,
): Set<number> {
  const older = [...rows].filter(({ history }) => revisionOf(history.at(-1)!) < revisionOf(wanted));
  return new Set(older.map(({ partition }) => partition));
}

/** Undefined where there are none. */
export function notInForceText(partitions: ReadonlySet<number>, wanted: WantedSettings): string | undefined {
  if (partitions.size === 0) return undefined;
  const where = `partition${partitions.size === 1 ? '' : 's'} ${[...partitions].join(', ')}`;
  return (
    `the settings of revision ${revisionOf(wanted)} are not in force in ${where}, which this process did not take over: another ` +
    'process has what it was not given. Give every process the same RULES_FILE and settings, or run one alone'
  );
}
