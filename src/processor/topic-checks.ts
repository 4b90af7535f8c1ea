/**
 * What must hold before anything is consumed: a topic that keeps all records, one topic per dataset, ownership rows for every
 * partition and for no more. What bounds the watermark is in clock-rule.ts.
 */

import { ContradictionError } from '../base/errors.ts';
import type { Runtime } from '../base/runtime.ts';
import { DATA_TABLES, type Generation } from '../payments/types.ts';
import { generationOf, partitionsOf } from './generation.ts';
import type { LogSource, Ownership, Seed, Sink, SinkReads, TopicFacts } from './ports.ts';
import type { ProcessorSettings } from './settings.ts';
import { startOffsets } from './start-offsets.ts';
import { entryOf } from './takeover/next-entry.ts';

/** Throws unless the topic can be consumed exactly once. */
export function checkTopic(facts: TopicFacts): void {
  if (facts.compacted) {
    throw new ContradictionError(
      'topic_compacted',
      `topic ${facts.topic} has cleanup.policy=compact: compaction removes records that were never folded. Use a topic with cleanup.policy=delete.`,
    );
  }
}

/** Throws if the dataset belongs to another topic. */
export async function checkDataset(topic: string, sink: Pick<Sink, 'topics'>): Promise<void> {
  const others = (await sink.topics()).filter((name) => name !== topic);
  if (others.length === 0) return;
  throw new ContradictionError(
    'other_topic',
    `the dataset is fed by topic ${others.join(', ')}: one dataset takes one topic. Use another dataset for ${topic}.`,
  );
}

export function checkPartitionCount(topic: string, partitionCount: number, rows: readonly Ownership[]): void {
  if (rows.length === 0) return;
  const counts = rows.map(partitionsOf);
  const known = Math.max(rows.length, ...counts);
  const isRescaled = rows.some((row) => (generationOf(row)?.sources.length ?? 0) > 0);
  if (isRescaled && (rows.length < known || counts.some((count) => count !== known))) {
    throw new ContradictionError(
      'partition_count_changed',
      `topic ${topic}: \`provenonce rescale --partitions ${known}\` was not finished. Run it again; nothing more was written.`,
    );
  }
  if (known === partitionCount) return;
  throw new ContradictionError(
    'partition_count_changed',
    `topic ${topic} has ${partitionCount} partitions, the dataset was seeded for ${known}: copies of a payment may now be in two partitions. ` +
      'Nothing more was written. See the runbook, partition_count_changed.',
  );
}

/**
 * Seeds the partitions that have no ownership row yet, at the offsets that were looked at, if given; tells whether there
 * were any. `generation`: what all of them know when they start, of another pipeline.
 */
export async function seedMissing(
  settings: ProcessorSettings,
  facts: TopicFacts,
  rows: readonly Ownership[],
  ports: { readonly log: LogSource; readonly sink: SinkReads; readonly runtime: Runtime },
  looked?: ReadonlyMap<number, number>,
  generation?: Generation,
): Promise<boolean> {
  const seeded = new Set(rows.map((row) => row.partition));
  const missing = Array.from({ length: facts.partitionCount }, (_, partition) => partition).filter(
    (p) => !seeded.has(p),
  );
  if (missing.length === 0) return false;
  const asking = requireUnknown(settings.topic, missing, ports.sink);
  asking.catch(() => {}); // awaited below, once the log was asked too
  const { minEventAgeMs: _age, ...fixed } = settings.seed;
  const minEventTimeMs = minEventTimeOf(settings, ports.runtime);
  const starts = looked ?? (await startOffsets(settings.startAt, facts, missing, ports.log));
  const seeds = missing.map((partition): Seed => {
    const startOffset = starts.get(partition)!;
    return {
      partition,
      partitionCount: facts.partitionCount,
      startOffset,
      fixed: { ...fixed, minEventTimeMs },
      history: [{ ...entryOf(settings, startOffset), ...(generation === undefined ? {} : { generation }) }],
    };
  });
  await asking;
  await ports.sink.seed(settings.topic, seeds);
  return true;
}

/**
 * Throws where the sink has rows or a checkpoint of a partition without an ownership row: the row was there before, and one that is
 * made from the log's start would write all of it again, or leave out what came before its end.
 */
export async function requireUnknown(
  topic: string,
  partitions: readonly number[],
  sink: Pick<SinkReads, 'tablesWithRows' | 'latestCheckpoint' | 'readOwnership'>,
): Promise<void> {
  const known = await Promise.all(
    partitions.map(async (partition) => {
      const [tables, checkpoint] = await Promise.all([
        sink.tablesWithRows(DATA_TABLES, partition, 0),
        sink.latestCheckpoint(topic, partition),
      ]);
      return { partition, tables: [...tables, ...(checkpoint === undefined ? [] : ['checkpoint_log'])] };
    }),
  );
  if (known.every(({ tables }) => tables.length === 0)) return;
  // Another process may have seeded them since, and written.
  const seeded = new Set((await sink.readOwnership(topic)).map(({ partition }) => partition));
  const lost = known.find(({ partition, tables }) => tables.length > 0 && !seeded.has(partition));
  if (lost === undefined) return;
  throw new ContradictionError(
    'ownership_rows',
    `partition_ownership has no row for ${topic}, partition ${lost.partition}, and ${lost.tables.join(', ')} holds rows of it: the row was lost. ` +
      'Restore partition_ownership as it was (runbook, lost tables); nothing was written.',
  );
}

/** What is stored as the minimum event time of a partition that is seeded now. */
export function minEventTimeOf({ seed }: Pick<ProcessorSettings, 'seed'>, runtime: Pick<Runtime, 'nowMs'>): number {
  return Math.floor((runtime.nowMs() - seed.minEventAgeMs) / 86_400_000) * 86_400_000;
}
