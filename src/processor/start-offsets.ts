/**
 * Where the partitions of a topic begin that were never processed, as START_FROM says. Only read when partitions are
 * seeded: afterwards the ownership rows say it.
 *
 * Offsets that somebody names (a file, another group's commits) are checked against the topic before anything is
 * seeded: one for every partition, none for a partition that is not there, each within the log. Everything that is
 * wrong is reported at once, as ConfigurationError.
 */
import { ConfigurationError } from '../base/errors.ts';
import type { LogBounds, LogSource, TopicFacts } from './ports.ts';
import type { StartAt } from './settings.ts';

/** The start offset of each of `partitions`. Throws ConfigurationError. */
export async function startOffsets(
  startAt: StartAt,
  { topic, partitionCount }: Pick<TopicFacts, 'topic' | 'partitionCount'>,
  partitions: readonly number[],
  log: Pick<LogSource, 'bounds' | 'offsetAt' | 'groupOffsets'>,
): Promise<ReadonlyMap<number, number>> {
  if (startAt.kind === 'timestamp')
    return byPartition(partitions, (partition) => log.offsetAt(partition, startAt.timestampMs));
  if (startAt.kind === 'earliest' || startAt.kind === 'latest') {
    const end = startAt.kind === 'earliest' ? 'startOffset' : 'endOffset';
    return byPartition(partitions, async (partition) => (await log.bounds(partition))[end]);
  }
  const named = startAt.kind === 'group' ? await ofGroup(startAt.groupId, topic, log) : startAt.offsets;
  const source = startAt.kind === 'group' ? `group ${startAt.groupId}` : startAt.file;
  const bounds = await byPartition(partitions, (partition) => log.bounds(partition));
  const problems = [
    ...partitions.flatMap((partition) => problemOf(topic, partition, named.get(partition), bounds.get(partition)!)),
    ...[...named.keys()]
      .filter((partition) => partition >= partitionCount)
      .map((partition) => `partition ${partition} is not in topic ${topic}, which has ${partitionCount} partitions`),
  ];
  if (problems.length > 0)
    throw new ConfigurationError(problems.map((problem) => `START_FROM, ${source}: ${problem}${remedyOf(startAt)}`));
  return new Map(partitions.map((partition) => [partition, named.get(partition)!]));
}

async function ofGroup(
  groupId: string,
  topic: string,
  log: Pick<LogSource, 'groupOffsets'>,
): Promise<ReadonlyMap<number, number>> {
  const { offsets, members } = await log.groupOffsets(groupId);
  if (members > 0) {
    throw new ConfigurationError([
      `START_FROM, group ${groupId}: it still has ${members === 1 ? '1 member' : `${members} members`}, which may commit further offsets of ` +
        `topic ${topic}: what they process from now on would be processed twice. Stop them, wait until \`kafka-consumer-groups.sh ` +
        `--describe --group ${groupId}\` shows no active members, and start again`,
    ]);
  }
  return offsets;
}

function problemOf(
  topic: string,
  partition: number,
  offset: number | undefined,
  { startOffset, endOffset }: LogBounds,
): string[] {
  if (offset === undefined) return [`it has no offset for partition ${partition} of topic ${topic}`];
  if (offset >= startOffset && offset <= endOffset) return [];
  const where = offset < startOffset ? `the log starts at ${startOffset}` : `the log ends at ${endOffset}`;
  return [`offset ${offset} of partition ${partition} is not in the log: ${where}`];
}

function remedyOf(startAt: StartAt): string {
  if (startAt.kind === 'group')
    return '. Put an offset for every partition into a file and start with START_FROM=offsets:FILE';
  return '. Every partition needs one offset, within its log: the offset of the next record to be processed';
}

async function byPartition<T>(
  partitions: readonly number[],
  of: (partition: number) => Promise<T>,
): Promise<ReadonlyMap<number, T>> {
  return new Map(await Promise.all(partitions.map(async (partition) => [partition, await of(partition)] as const)));
}
