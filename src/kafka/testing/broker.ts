/** The broker of the contract tests, new names for each, and a producer. */
import kafkajs, { type Producer } from 'kafkajs';
import { inject } from 'vitest';
import { systemRuntime } from '../../base/system-runtime.ts';
import { createKafka, type KafkaConnectionOptions } from '../client/connection-options.ts';
import { KafkaAdmin, type NewTopic } from '../kafka-admin.ts';

/** From the global set-up of the contract project, or KAFKA_BOOTSTRAP_SERVERS if a broker was started by hand. */
export function connection(extra: Partial<KafkaConnectionOptions> = {}): KafkaConnectionOptions {
  const servers: string | undefined = inject('kafkaBootstrapServers') ?? process.env.KAFKA_BOOTSTRAP_SERVERS;
  if (servers === undefined)
    throw new Error('no broker: run with the contract project, or set KAFKA_BOOTSTRAP_SERVERS');
  return { brokers: servers.split(','), clientId: 'contract-test', ...extra };
}

export async function newTopic(partitions: number, more: Partial<NewTopic> = {}): Promise<string> {
  // A whole UUID may hold digits that error texts mask as a card number.
  const topic = `log-source-${systemRuntime.uuid().slice(0, 8)}`;
  await using admin = await KafkaAdmin.connect(connection());
  // Tests write old timestamps, and this broker deletes expired records every second.
  const settings = { 'retention.ms': '-1', ...more.settings };
  await admin.createTopic({ topic, partitions, timestamps: { createTimeAfterMaxMs: 3_600_000 }, ...more, settings });
  return topic;
}

export async function withProducer<T>(use: (producer: Producer) => Promise<T>, transactionalId?: string): Promise<T> {
  const producer = createKafka(connection()).producer({
    idempotent: true,
    maxInFlightRequests: 1,
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    ...(transactionalId === undefined ? {} : { transactionalId }),
  });
  await producer.connect();
  try {
    return await use(producer);
  } finally {
    await producer.disconnect();
  }
}

/** Messages `<label>-0` to `<label>-<count - 1>`, in requests of 1,000. */
export async function produce(
  topic: string,
  partition: number,
  count: number,
  label = 'm',
  padding = 0,
): Promise<void> {
  const tail = '.'.repeat(padding);
  await withProducer(async (producer) => {
    for (let sent = 0; sent < count; sent += 1_000) {
      const messages = Array.from({ length: Math.min(1_000, count - sent) }, (_, i) => ({
        partition,
        key: 'k',
        value: `${label}-${sent + i}${tail}`,
      }));
      await producer.send({ topic, messages });
    }
  });
}
