/**
 * Reads a whole topic, or some of its partitions, with the processor's decoder: no group, no commits, read committed, up
 * to the end offsets at the start. Memory holds one answer per partition, and one unpacked chunk of it.
 */

import { ConfigurationError, ContradictionError } from '../base/errors.ts';
import type { Runtime } from '../base/runtime.ts';
import type { LogRecord } from '../payments/types.ts';
import type { LogBounds } from '../processor/ports.ts';
import type { KafkaConnectionOptions } from './client/connection-options.ts';
import { FETCH_ERROR } from './client/errors.ts';
import { TopicConnection } from './client/topic-connection.ts';
import { CodecMissingError } from './fetch/codecs.ts';
import { BrokenAnswerError, type FetchedPartition, requireAnswersTo } from './fetch/fetch-response.ts';
import { AnswerReader, DEFAULT_ANSWER_LIMITS } from './fetch/record-batches.ts';
import { codecMissing, damaged, type UnreadablePlace } from './fetch/unreadable.ts';

export interface ReadTopicOptions {
  readonly connection: KafkaConnectionOptions;
  readonly topic: string;
  readonly runtime: Runtime;
  /** Default: all of the topic. */
  readonly partitions?: readonly number[];
  /** Where to start, by partition; the log's start for a partition that is missing here or has a lower offset. */
  readonly fromOffsets?: ReadonlyMap<number, number>;
  /** Retries of a failed fetch, 200 ms apart; default 25. */
  readonly maxRetries?: number;
}

/**
 * Records of one partition. Chunks of one partition come in the order of their offsets; those of different partitions
 * are interleaved.
 */
export interface TopicChunk {
  readonly partition: number;
  readonly records: readonly LogRecord[];
  /** Every committed record below it has been yielded. */
  readonly completeTo: number;
}

export interface TopicReading extends AsyncIterable<TopicChunk> {
  /**
   * What is read, by partition: from startOffset (or fromOffsets) up to endOffset, the last stable offset at the start.
   */
  readonly bounds: ReadonlyMap<number, LogBounds>;
}

const MAX_BYTES_PER_PARTITION = 4 * 1024 * 1024;
const RETRY_AFTER_MS = 200;

/**
 * Rejects with ConfigurationError for an unknown topic; while reading, with ContradictionError if the log loses records
 * ahead of it.
 */
export async function readTopic(options: ReadTopicOptions): Promise<TopicReading> {
  const connection = new TopicConnection(options.connection, options.topic);
  try {
    await connection.connect();
    const partitions = connection.partitions().filter((partition) => options.partitions?.includes(partition) ?? true);
    const start = await connection.offsets({ partitions, at: 'start' });
    const end = await connection.offsets({ partitions, at: 'end' });
    const bounds = new Map<number, LogBounds>();
    for (const partition of partitions) {
      bounds.set(partition, { startOffset: start.get(partition) ?? 0, endOffset: end.get(partition) ?? 0 });
    }
    return { bounds, [Symbol.asyncIterator]: () => chunks(connection, bounds, options) };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

async function* chunks(
  connection: TopicConnection,
  bounds: ReadonlyMap<number, LogBounds>,
  { runtime, fromOffsets, maxRetries = 25 }: ReadTopicOptions,
): AsyncGenerator<TopicChunk> {
  /** Next offset of each unfinished partition; a partition that received something goes last. */
  const left = new Map<number, number>();
  for (const [partition, { startOffset, endOffset }] of bounds) {
    const from = Math.max(startOffset, fromOffsets?.get(partition) ?? 0);
    if (from < endOffset) left.set(partition, from);
  }
  /** Where each partition's batch was found damaged, and not read past yet. */
  const damagedAt = new Map<number, number>();
  try {
    for (let failures = 0; left.size > 0; ) {
      const answers = await fetchSome(connection, left).catch((error: unknown) => error as Error);
      if (answers instanceof Error) {
        if (answers instanceof ContradictionError || answers instanceof ConfigurationError || ++failures > maxRetries)
          throw answers;
        if (answers instanceof BrokenAnswerError) connection.renew();
        await runtime.sleep(RETRY_AFTER_MS);
        await connection.refresh().catch(() => undefined);
        continue;
      }
      for (const answer of answers) {
        const { partition } = answer;
        const from = left.get(partition);
        const damage = yield* chunksOf(answer, left, bounds, connection.topic);
        if (left.get(partition) !== from) failures = 0;
        if (damage === undefined) continue;
        // Data damaged in transit comes whole the next time.
        if (damagedAt.get(partition) === damage.place.offset) throw damaged(damage.place, damage.why);
        damagedAt.set(partition, damage.place.offset);
        connection.renew();
        await connection.refresh().catch(() => undefined);
      }
    }
  } finally {
    await connection.close();
  }
}

async function fetchSome(
  connection: TopicConnection,
  left: ReadonlyMap<number, number>,
): Promise<readonly FetchedPartition[]> {
  const byNode = Map.groupBy(left, ([partition]) => connection.leaderOf(partition));
  const answers = await Promise.all(
    [...byNode].map(async ([node, places]) => {
      if (node === undefined) throw new Error(`topic ${connection.topic}: a partition has no leader`);
      const partitions = places.map(([partition, offset]) => ({
        partition,
        fetchOffset: String(offset),
        maxBytes: MAX_BYTES_PER_PARTITION,
      }));
      const limits = { maxWaitMs: 500, maxBytes: 4 * MAX_BYTES_PER_PARTITION };
      const { partitions: found } = await connection.fetch(node, partitions, limits);
      requireAnswersTo(connection.topic, new Set(places.map(([partition]) => partition)), found);
      return found;
    }),
  );
  const all = answers.flat();
  const failed = all.find(
    ({ errorCode }) => errorCode !== FETCH_ERROR.none && errorCode !== FETCH_ERROR.offsetOutOfRange,
  );
  if (failed !== undefined)
    throw new Error(`partition ${failed.partition}: the broker answered error code ${failed.errorCode}`);
  return all;
}

/** The answer's records, chunk by chunk; advances `left`. Returns the damage at the place where it ends. */
async function* chunksOf(
  answer: FetchedPartition,
  left: Map<number, number>,
  bounds: ReadonlyMap<number, LogBounds>,
  topic: string,
): AsyncGenerator<TopicChunk, { readonly place: UnreadablePlace; readonly why: Error } | undefined> {
  const { partition } = answer;
  let from = left.get(partition);
  const endOffset = bounds.get(partition)?.endOffset;
  if (from === undefined || endOffset === undefined) return undefined;
  if (answer.errorCode === FETCH_ERROR.offsetOutOfRange) {
    throw new ContradictionError(
      'retention_gap',
      `topic ${topic}, partition ${partition}: offset ${from} was deleted while it was read`,
    );
  }
  const reading = new AnswerReader(answer.records, from, answer.aborted);
  try {
    for (;;) {
      const { records, completeTo, stoppedBy, stoppedBatchEnd, isLast } = await reading.read(DEFAULT_ANSWER_LIMITS);
      if (completeTo > from) {
        left.delete(partition);
        if (completeTo < endOffset) left.set(partition, completeTo);
        const within = completeTo <= endOffset ? records : records.filter(({ offset }) => offset < endOffset);
        yield { partition, records: within, completeTo: Math.min(completeTo, endOffset) };
        if (completeTo >= endOffset) return undefined;
        from = completeTo;
        if (isLast) return undefined;
      } else if (stoppedBy !== undefined) {
        const place = { topic, partition, offset: from, batchEnd: stoppedBatchEnd };
        if (stoppedBy instanceof CodecMissingError) throw codecMissing(place, stoppedBy.codec);
        return { place, why: stoppedBy };
      } else if (isLast) return undefined;
    }
  } finally {
    reading.close();
  }
}
