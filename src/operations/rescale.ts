/**
 * Records in the dataset that its topic has more partitions: from a boundary on, every partition remembers what all of
 * them had accepted, so that a copy whose key now hashes elsewhere is still known.
 *
 * Why it is exact: the boundary of each partition is its end, everything below it is checkpointed, and nobody can write
 * (all are held, docs/adr/0017). One statement puts the same generation into every row, or into none: an owner that
 * folds past a boundary has claimed later and reads it there. What a partition remembers is then a function of the rows
 * below the boundaries, which never change again. A crash leaves no generation, or the whole of it with rows of new
 * partitions missing: processors then refuse to start, and the command, run again, adds the rows.
 *
 * The topic's producers must be stopped during the change. The caller confirms that: no log shows it.
 */

import { ConfigurationError, ContradictionError, OwnershipLostError } from '../base/errors.ts';
import type { Generation, SettingsEntry } from '../payments/types.ts';
import { generationOf, partitionsOf } from '../processor/generation.ts';
import type { Ownership, Seed } from '../processor/ports.ts';
import { digestMatches, ownershipAt, rebuildFromSink, requireKnownDigest } from '../processor/takeover/restore.ts';
import { requireUnknown } from '../processor/topic-checks.ts';
import { type HeldPartition, holdPartitions, type OperatorPorts } from './hold-partitions.ts';

export interface RescaleOrder {
  readonly topic: string;
  /** Number of partitions that the topic will have. */
  readonly partitions: number;
  readonly by: string;
  /** Confirms that nothing is produced from before the change of the count until the command is done. */
  readonly producersStopped: boolean;
}

export interface RescalePorts extends OperatorPorts {
  topicPartitions(): Promise<number>;
  addPartitions(partitions: number): Promise<void>;
}

export interface PartitionBoundary {
  readonly partition: number;
  /** C: the boundary, if the partition is drained. */
  readonly checkpointOffset: number;
  readonly endOffset: number;
  readonly watermarkMs: number;
}

export interface RescalePlan {
  readonly order: RescaleOrder;
  readonly from: number;
  /** Partitions that the topic has now: `from`, or already the final number. */
  readonly topicPartitions: number;
  readonly boundaries: readonly PartitionBoundary[];
  readonly floorMs: number;
  /** Ids that every partition starts with; known only once the state of each was proven. */
  readonly carriedIds?: number;
  readonly isDone: boolean;
}

/** The ends of the log must not move for this long. */
const QUIET_MS = 5_000;

/** Only reads. Throws ConfigurationError, one line per order that is wrong or not ready. */
export async function planRescale(order: RescaleOrder, ports: RescalePorts): Promise<RescalePlan> {
  const rows = await ports.sink.readOwnership(order.topic);
  if (rows.length === 0) {
    throw new ConfigurationError([`topic ${order.topic} was never processed into this dataset: nothing to rescale`]);
  }
  const boundaries: PartitionBoundary[] = [];
  for (const row of rows) {
    const { partition, startOffset, fixed } = row;
    const checkpoint = await ports.sink.latestCheckpoint(order.topic, partition);
    boundaries.push({
      partition,
      checkpointOffset: checkpoint?.nextOffset ?? startOffset,
      endOffset: (await ports.bounds(partition)).endOffset,
      watermarkMs: checkpoint?.watermarkMs ?? fixed.minEventTimeMs,
    });
  }
  return checked(order, rows, boundaries, await ports.topicPartitions());
}

/** Holds every partition, proves its state, adds missing partitions to the topic, records the generation. */
export async function rescale(order: RescaleOrder, ports: RescalePorts, signal: AbortSignal): Promise<RescalePlan> {
  const { topic, partitions } = order;
  const { sink, runtime } = ports;
  const planned = await planRescale(order, ports);
  if (planned.isDone) {
    await seedNew(order, ports);
    return planned;
  }
  const all = planned.boundaries.map(({ partition }) => partition);
  const held = await holdPartitions(topic, all, `rescale by ${order.by}`, ports, signal);
  const before = await settled(order, held, ports);
  await runtime.sleep(QUIET_MS, signal);
  const plan = await settled(order, held, ports);
  refuseMoved(before.boundaries, plan.boundaries);
  const carriedIds = await proveStates(held, ports, signal);
  if (plan.topicPartitions < partitions) await ports.addPartitions(partitions);
  // A record produced meanwhile could belong to either layout.
  refuseMoved(plan.boundaries, (await settled(order, held, ports)).boundaries);

  const generation: Generation = {
    partitions,
    floorMs: plan.floorMs,
    sources: plan.boundaries.map(({ partition, checkpointOffset }) => ({ partition, offset: checkpointOffset })),
    ...knownBefore(held),
  };
  await sink.putHistories(
    topic,
    held.map(({ ownership, position }) => ({
      partition: ownership.partition,
      claimId: ownership.claimId,
      history: [...ownership.history, entryAt(position.checkpointOffset, ownership, generation)],
    })),
  );
  const rows = await sink.readOwnership(topic);
  if (rows.some((row) => partitionsOf(row) !== partitions)) {
    throw new OwnershipLostError(
      `topic ${topic}: a processor claimed a partition before the change: nothing was changed in the dataset. Stop the processors, and ` +
        'run the command again.',
    );
  }
  await seedNew(order, ports);
  return { ...plan, carriedIds };
}

/** Read while held: drained, and final. */
async function settled(order: RescaleOrder, held: readonly HeldPartition[], ports: RescalePorts): Promise<RescalePlan> {
  const boundaries: PartitionBoundary[] = [];
  for (const { ownership, position } of held) {
    const { partition, fixed } = ownership;
    if (position.resumeOffset > position.checkpointOffset) {
      throw new ConfigurationError([
        `partition ${partition}: rows up to offset ${position.resumeOffset - 1} are not checkpointed. Let a processor finish and stop it with SIGTERM`,
      ]);
    }
    boundaries.push({
      partition,
      checkpointOffset: position.checkpointOffset,
      endOffset: (await ports.bounds(partition)).endOffset,
      watermarkMs: position.checkpoint?.watermarkMs ?? fixed.minEventTimeMs,
    });
  }
  const rows = held.map(({ ownership }) => ownership);
  return checked(order, rows, boundaries, await ports.topicPartitions());
}

function checked(
  order: RescaleOrder,
  rows: readonly Ownership[],
  boundaries: readonly PartitionBoundary[],
  topicPartitions: number,
): RescalePlan {
  const { topic, partitions } = order;
  const from = Math.max(...rows.map(partitionsOf));
  // A floor from the seeding can be ahead of every watermark: it never goes back.
  const floorsMs = rows.map((row) => generationOf(row)?.floorMs ?? Number.NEGATIVE_INFINITY);
  const floorMs = Math.max(...boundaries.map(({ watermarkMs }) => watermarkMs), ...floorsMs);
  const plan = { order, from, topicPartitions, boundaries, floorMs };
  const isRescaled = rows.some((row) => (generationOf(row)?.sources.length ?? 0) > 0);
  if (from === partitions && isRescaled && topicPartitions === partitions) return { ...plan, isDone: true };
  const problems: string[] = [];
  if (partitions <= from) {
    problems.push(
      `--partitions ${partitions}: the dataset knows ${from} partitions of topic ${topic}; a topic only gets more`,
    );
  } else if (topicPartitions !== from && topicPartitions !== partitions) {
    problems.push(`--partitions ${partitions}: topic ${topic} has ${topicPartitions} partitions now`);
  }
  if (rows.length !== from) {
    problems.push(
      `the dataset knows ${rows.length} of ${from} partitions: start a processor once, so that it seeds the others`,
    );
  }
  if (!order.producersStopped) {
    problems.push(
      '--producers-stopped: stop all producers of the topic before it gets more partitions, then give this flag. No log shows it, ' +
        'and a record sent by the old count after the change would be unknown to the partition of its copies',
    );
  }
  for (const { partition, checkpointOffset, endOffset } of boundaries) {
    if (checkpointOffset === endOffset) continue;
    problems.push(
      `partition ${partition}: checkpointed below ${checkpointOffset}, the log ends at ${endOffset}: not drained`,
    );
  }
  if (problems.length > 0) throw new ConfigurationError(problems);
  return { ...plan, isDone: false };
}

/** What another pipeline wrote stays known to partitions that are added. */
function knownBefore(held: readonly HeldPartition[]): Pick<Generation, 'known'> {
  const known = held.map(({ ownership }) => generationOf(ownership)?.known).find((list) => list !== undefined);
  return known === undefined ? {} : { known };
}

function refuseMoved(before: readonly PartitionBoundary[], after: readonly PartitionBoundary[]): void {
  const moved = after.filter(({ endOffset }, i) => endOffset !== before[i]!.endOffset);
  if (moved.length === 0) return;
  throw new ConfigurationError(
    moved.map(
      ({ partition, endOffset }) =>
        `partition ${partition}: the log moved to ${endOffset}: a producer is still sending`,
    ),
  );
}

/** The state of each partition must match its checkpoint before others build on it. Returns the number of ids. */
async function proveStates(held: readonly HeldPartition[], ports: RescalePorts, signal: AbortSignal): Promise<number> {
  let ids = 0;
  for (const { ownership, position } of held) {
    if (position.checkpoint === undefined) continue;
    requireKnownDigest(ownership.partition, position.checkpoint);
    const asFolded = ownershipAt(ownership, position.checkpointOffset);
    const fold = await rebuildFromSink(asFolded, position.checkpoint, ports, signal);
    if (!digestMatches(fold, position.checkpoint)) {
      throw new ContradictionError(
        'digest_differs',
        `partition ${ownership.partition}: the state rebuilt from payment_transactions is not the one its checkpoint describes: rows were ` +
          'changed or deleted. Nothing was changed in the dataset.',
      );
    }
    ids += fold.stats().ids;
  }
  return ids;
}

function entryAt(fromOffset: number, { history }: Pick<Ownership, 'history'>, generation: Generation): SettingsEntry {
  const { generation: _, ...newest } = history.at(-1)!;
  return { ...newest, fromOffset, generation };
}

/** Adds the rows of the generation's new partitions; existing ones stay. */
async function seedNew({ topic, partitions }: RescaleOrder, { sink }: RescalePorts): Promise<void> {
  const rows = await sink.readOwnership(topic);
  const [first] = rows;
  const last = rows.map(generationOf).find((generation) => generation?.partitions === partitions);
  if (first === undefined || last === undefined) return;
  const { fromOffset: _, ...generation } = last;
  const present = new Set(rows.map(({ partition }) => partition));
  const seeds: Seed[] = [];
  for (let partition = 0; partition < partitions; partition++) {
    if (present.has(partition)) continue;
    const history = [entryAt(0, first, generation)];
    seeds.push({ partition, partitionCount: partitions, startOffset: 0, fixed: first.fixed, history });
  }
  if (seeds.length === 0) return;
  await requireUnknown(
    topic,
    seeds.map(({ partition }) => partition),
    sink,
  );
  await sink.seed(topic, seeds);
}
