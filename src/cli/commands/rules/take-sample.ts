/** The records that `rules check` and `rules init` look at: of a file, or the first ones of the topic. Reads only, in no group. */
import { readFileSync } from 'node:fs';
import { ConfigurationError } from '../../../base/errors.ts';
import { systemRuntime } from '../../../base/system-runtime.ts';
import { readTopic } from '../../../kafka/read-topic.ts';
import type { LogRecord } from '../../../payments/types.ts';
import { type SampleRecord, sampleOfLines } from '../../../rules-check/sample.ts';
import { fileProblem } from '../../config/file-problem.ts';
import { kafkaConnection } from '../../config/kafka-connection.ts';
import { parseKafka } from '../../config/process-config.ts';

export interface SampleFlags {
  readonly sample?: string;
  readonly fromTopic?: boolean;
  readonly count: number;
}

export interface Sample {
  readonly records: readonly SampleRecord[];
  readonly partitionCount: number;
}

/** Throws ConfigurationError unless exactly one source is named. */
export async function takeSample(flags: SampleFlags, nowMs: number, form: { base64: boolean }): Promise<Sample> {
  const { sample, fromTopic = false, count } = flags;
  if ((sample === undefined) === !fromTopic)
    throw new ConfigurationError(['give the records: --sample FILE, or --from-topic (one of them)']);
  if (sample !== undefined) return { records: sampleOfLines(textOf(sample), nowMs, form), partitionCount: 1 };
  return sampleOfTopic(flags, count);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigurationError([`--sample ${file}: cannot be read: ${fileProblem(error)}`]);
  }
}

/** The first records of each partition: an equal share, and more where other partitions have fewer. */
async function sampleOfTopic(flags: SampleFlags, count: number): Promise<Sample> {
  const { config } = parseKafka(process.env, flags as unknown as Record<string, string>);
  const connection = kafkaConnection(config, 'provenonce-rules', (file) => readFileSync(file, 'utf8'));
  const reading = await readTopic({ connection, topic: config.topic, runtime: systemRuntime });
  const byPartition = new Map<number, LogRecord[]>([...reading.bounds.keys()].map((partition) => [partition, []]));
  const open = new Set([...reading.bounds].filter(([, at]) => at.endOffset > at.startOffset).map(([p]) => p));
  for await (const { partition, records, completeTo } of reading) {
    const taken = byPartition.get(partition)!;
    for (const record of records) if (taken.length < count) taken.push(copyOf(record));
    if (taken.length >= count || completeTo >= reading.bounds.get(partition)!.endOffset) open.delete(partition);
    if (open.size === 0) break;
  }
  return { records: inTurns(byPartition, count), partitionCount: byPartition.size };
}

/** The memory of a fetch is not kept for a few records. */
function copyOf(record: LogRecord): LogRecord {
  const copy = (bytes: Buffer | null): Buffer | null => (bytes === null ? null : Buffer.from(bytes));
  const { offset, timestampMs, oversized } = record;
  return {
    offset,
    timestampMs,
    key: copy(record.key),
    value: copy(record.value),
    ...(oversized === undefined ? {} : { oversized }),
    ...(record.header === undefined ? {} : { header: (name: string) => record.header!(name) }),
  };
}

/** One record of each partition after the other, until there are enough; then in the order of the partitions. */
function inTurns(byPartition: ReadonlyMap<number, readonly LogRecord[]>, count: number): SampleRecord[] {
  const shares = new Map([...byPartition.keys()].map((partition) => [partition, 0]));
  for (let left = count, turn = 0; left > 0 && turn < count; turn++) {
    for (const [partition, records] of byPartition) {
      if (left === 0 || records.length <= turn) continue;
      shares.set(partition, turn + 1);
      left -= 1;
    }
  }
  return [...byPartition].flatMap(([partition, records]) =>
    records.slice(0, shares.get(partition)).map((record) => ({ partition, record, hasKey: true })),
  );
}
