/**
 * The sending edge: kafkajs, idempotent, acks from all replicas. Partitions are explicit: the plan's own, equal to
 * those of the default partitioner of kafkajs and Java. Retries inside kafkajs keep their sequence numbers, so they add
 * no copies; a send that finally fails leaves its records unknown.
 */
import { promisify } from 'node:util';
import { zstdCompress, zstdDecompress } from 'node:zlib';
import kafkajs from 'kafkajs';
import { UnreachableError } from '../base/errors.ts';
import type { Runtime } from '../base/runtime.ts';
import { createKafka, type KafkaConnectionOptions, RETRY_WAIT_MAX_MS } from '../kafka/client/connection-options.ts';
import type { PlannedRecord } from './generate.ts';

export interface RecordProducer {
  /**
   * Sends one batch. Resolves when it is durable, with the offset of the first record of each partition if the broker
   * reported it. Rejects with UnreachableError if the outcome stays unknown.
   */
  send(records: readonly Pick<PlannedRecord, 'key' | 'value' | 'partition'>[]): Promise<ReadonlyMap<number, number>>;
  close(): Promise<void>;
}

export interface ProducerOptions {
  readonly connection: KafkaConnectionOptions;
  readonly topic: string;
  readonly compression: 'none' | 'gzip' | 'zstd';
  /** Maximum wait for the broker, at the start and for each batch, ms. */
  readonly patienceMs: number;
}

const COMPRESSION = {
  none: kafkajs.CompressionTypes.None,
  gzip: kafkajs.CompressionTypes.GZIP,
  zstd: kafkajs.CompressionTypes.ZSTD,
} as const;

/** Connects. Throws UnreachableError if the broker does not answer within the patience. */
export async function openProducer(options: ProducerOptions, runtime: Runtime): Promise<RecordProducer> {
  if (options.compression === 'zstd') registerZstd();
  const brokers = options.connection.brokers.join(',');
  // For both layers of kafkajs: the send, and the connection below it, whose failure is final for a send.
  const retries = Math.max(1, Math.ceil(options.patienceMs / RETRY_WAIT_MAX_MS));
  const producer = createKafka({ ...options.connection, retries }).producer({
    idempotent: true,
    // A missing topic is the caller's error: it must not be created with a default partition count.
    allowAutoTopicCreation: false,
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    retry: { initialRetryTime: 200, maxRetryTime: RETRY_WAIT_MAX_MS, retries },
  });
  const patientUntilMs = runtime.nowMs() + options.patienceMs;
  for (;;) {
    try {
      await producer.connect();
      break;
    } catch (cause) {
      if (runtime.nowMs() >= patientUntilMs) throw unreachable(`cannot connect to Kafka at ${brokers}`, cause);
      await runtime.sleep(RETRY_WAIT_MAX_MS);
    }
  }
  return {
    async send(records) {
      const messages = records.map(({ key, value, partition }) => ({ key, value, partition }));
      const batch = { topic: options.topic, messages, acks: -1, compression: COMPRESSION[options.compression] };
      const answers = await producer.send(batch).catch((cause: unknown) => {
        throw unreachable(`cannot write to topic ${options.topic} at ${brokers}`, cause);
      });
      const offsets = answers.map(({ partition, baseOffset }) => [partition, Number(baseOffset ?? -1)] as const);
      return new Map(offsets.filter(([, offset]) => offset >= 0));
    },
    close: () => producer.disconnect(),
  };
}

function unreachable(what: string, cause: unknown): UnreachableError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new UnreachableError(`simulate: ${what}: ${why}`, { cause });
}

function registerZstd(): void {
  const { CompressionCodecs, CompressionTypes } = kafkajs;
  const compress = promisify(zstdCompress);
  const decompress = promisify(zstdDecompress);
  // kafkajs has a placeholder here that throws.
  CompressionCodecs[CompressionTypes.ZSTD] = () => ({
    compress: (encoder: { buffer: Buffer }) => compress(encoder.buffer),
    decompress: (buffer: Buffer) => decompress(buffer),
  });
}
