/**
 * Reads a whole topic for benchmarks and tests, with the processor's decoder: no group, nothing committed, read committed, and
 * finished at the end offsets found at the start. One answer per partition is held at a time.
 */

import type { LogRecord } from '../payments/types.ts';
import { ConfigurationError, ContradictionError } from '../processor/errors.ts';
import type { LogBounds, Runtime } from '../processor/ports.ts';
import { CodecMissingError } from './codecs.ts';
import type { KafkaConnectionOptions } from './connection-options.ts';
import { FETCH_ERROR, messageOf } from './errors.ts';
import type { FetchedPartition } from './fetch-response.ts';
import { readBatches } from './record-batches.ts';
import { TopicConnection } from './topic-connection.ts';

export interface ReadTopicOptions {
  readonly connection: KafkaConnectionOptions;
  readonly topic: string;
  readonly runtime: Runtime;
  /** Where to start, by partition; the log's start where it is not named, or where it is named lower. */
  readonly fromOffsets?: ReadonlyMap<number, number>;
  /** Attempts after an answer that failed, 200 ms apart; default 25. */
  readonly maxRetries?: number;
}

/** Records of one partition; chunks of a partition come in the order of their offsets, those of different ones interleaved. */
export interface TopicChunk {
  readonly partition: number;
  readonly records: readonly LogRecord[];
  /** Every committed record below it has been yielded. */
  readonly completeTo: number;
}

export interface TopicReading extends AsyncIterable<TopicChunk> {
  /** What is read, by partition: from startOffset (or fromOffsets) up to endOffset, the last stable offset at the start. */
  readonly bounds: ReadonlyMap<number, LogBounds>;
}

const MAX_BYTES_PER_PARTITION = 4 * 1024 * 1024;
const RETRY_AFTER_MS = 200;

/** Rejects with ConfigurationError for an unknown topic; while reading, with ContradictionError where the log loses records ahead of it. */
export async function readTopic(options: ReadTopicOptions): Promise<TopicReading> {
  const connection = new TopicConnection(options.connection, options.topic);
  try {
    await connection.connect();
    const partitions = connection.partitions();
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
  /** Next offset of each partition that is not finished; whoever got something goes last. */
  const left = new Map<number, number>();
  for (const [partition, { startOffset, endOffset }] of bounds) {
    const from = Math.max(startOffset, fromOffsets?.get(partition) ?? 0);
    if (from < endOffset) left.set(partition, from);
  }
  try {
    for (let failures = 0; left.size > 0; ) {
      const answers = await fetchSome(connection, left).catch((error: unknown) => error as Error);
      if (answers instanceof Error) {
        if (answers instanceof ContradictionError || answers instanceof ConfigurationError || ++failures > maxRetries)
          throw answers;
        await runtime.sleep(RETRY_AFTER_MS);
        await connection.refresh().catch(() => undefined);
        continue;
      }
      for (const answer of answers) {
        const chunk = toChunk(answer, left, bounds, connection.topic);
        if (chunk === undefined) continue;
        failures = 0;
        yield chunk;
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
      return (await connection.fetch(node, partitions, limits)).partitions;
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

function toChunk(
  answer: FetchedPartition,
  left: Map<number, number>,
  bounds: ReadonlyMap<number, LogBounds>,
  topic: string,
): TopicChunk | undefined {
  const { partition } = answer;
  const from = left.get(partition);
  const endOffset = bounds.get(partition)?.endOffset;
  if (from === undefined || endOffset === undefined) return undefined;
  if (answer.errorCode === FETCH_ERROR.offsetOutOfRange) {
    throw new ContradictionError(
      'retention_gap',
      `topic ${topic}, partition ${partition}: offset ${from} was deleted while it was read`,
    );
  }
  const { records, completeTo, stoppedBy } = readBatches(answer.records, from, answer.aborted);
  if (completeTo === from) {
    if (stoppedBy !== undefined) {
      const code = stoppedBy instanceof CodecMissingError ? 'codec_missing' : 'log_changed';
      throw new ContradictionError(
        code,
        `topic ${topic}, partition ${partition}, offset ${from}: ${messageOf(stoppedBy)}`,
      );
    }
    return undefined;
  }
  left.delete(partition);
  if (completeTo < endOffset) left.set(partition, completeTo);
  const within = completeTo <= endOffset ? records : records.filter(({ offset }) => offset < endOffset);
  return { partition, records: within, completeTo: Math.min(completeTo, endOffset) };
}
