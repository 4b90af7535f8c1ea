/**
 * The sending edge: kafkajs, idempotent, acks from all replicas. Partitions are explicit: the plan's own, which are those
 * of kafkajs's (and Java's) default partitioner. Retries inside kafkajs keep their sequence numbers, so they add no copies;
 * a send that fails for good leaves its records unknown.
 */
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import kafkajs from 'kafkajs';
import { UnreachableError } from '../processor/errors.ts';
import type { PlannedRecord } from './generate.ts';

export interface RecordProducer {
  /**
   * Sends one batch. Resolves, when it is durable, with the offset of the first record of each partition, where the broker
   * named it. Rejects with UnreachableError when the outcome stays unknown.
   */
  send(records: readonly PlannedRecord[]): Promise<ReadonlyMap<number, number>>;
  close(): Promise<void>;
}

export interface ProducerOptions {
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly compression: 'none' | 'gzip' | 'zstd';
  /** Total patience for one batch, ms: connection attempts, retries and waits. */
  readonly patienceMs: number;
}

const RETRY_WAIT_MS_MAX = 2_000;
const REQUEST_TIMEOUT_MS = 30_000;

const COMPRESSION = {
  none: kafkajs.CompressionTypes.None,
  gzip: kafkajs.CompressionTypes.GZIP,
  zstd: kafkajs.CompressionTypes.ZSTD,
} as const;

/** Connects. Throws UnreachableError when the broker or the topic does not answer within the patience. */
export async function openProducer(options: ProducerOptions): Promise<RecordProducer> {
  if (options.compression === 'zstd') registerZstd();
  const client = new kafkajs.Kafka({
    clientId: 'provenonce-simulator',
    brokers: [...options.brokers],
    logLevel: kafkajs.logLevel.NOTHING,
    requestTimeout: REQUEST_TIMEOUT_MS,
    retry: {
      initialRetryTime: 200,
      maxRetryTime: RETRY_WAIT_MS_MAX,
      retries: Math.max(1, Math.ceil(options.patienceMs / RETRY_WAIT_MS_MAX)),
    },
  });
  const producer = client.producer({
    idempotent: true,
    // A topic that is missing is an error of the caller, not something to create with a default partition count.
    allowAutoTopicCreation: false,
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
  });
  const reach = async <T>(what: string, work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (cause) {
      throw new UnreachableError(`${what} at ${options.brokers.join(',')}: ${String(cause)}`, { cause });
    }
  };
  await reach('simulate: cannot connect to Kafka', producer.connect());
  return {
    async send(records) {
      const messages = records.map(({ key, value, partition }) => ({ key, value, partition }));
      const sent = producer.send({
        topic: options.topic,
        messages,
        acks: -1,
        compression: COMPRESSION[options.compression],
      });
      const answers = await reach(`simulate: cannot write to topic ${options.topic}`, sent);
      const offsets = answers.map(({ partition, baseOffset }) => [partition, Number(baseOffset ?? -1)] as const);
      return new Map(offsets.filter(([, offset]) => offset >= 0));
    },
    close: () => producer.disconnect(),
  };
}

function registerZstd(): void {
  const { CompressionCodecs, CompressionTypes } = kafkajs;
  const compress = promisify(zstdCompress);
  const decompress = promisify(zstdDecompress);
  CompressionCodecs[CompressionTypes.ZSTD] ??= () => ({
    compress: (encoder: { buffer: Buffer }) => compress(encoder.buffer),
    decompress: (buffer: Buffer) => decompress(buffer),
  });
}
