/** The real broker as the contract suite takes it: a topic and a group of its own for each test. */
import kafkajs, { type Consumer, type Producer } from 'kafkajs';
import { systemRuntime } from '../../../base/system-runtime.ts';
import { createKafka } from '../../../kafka/client/connection-options.ts';
import { KafkaAdmin } from '../../../kafka/kafka-admin.ts';
import { connection, newTopic } from '../../../kafka/testing/broker.ts';
import { FlakyNetwork } from '../../../kafka/testing/flaky-network.ts';
import { SourceProbe } from '../../../kafka/testing/source-probe.ts';
import type { LogUnderTest, MakeLog } from './log-under-test.ts';
import { until } from './real-time.ts';

const READ_LIMIT_MS = 30_000;
/** The broker deletes a topic in the background; making it anew at once is refused. */
const DELETION_MS = 1_000;

export const realLogs: MakeLog = async (partitions) => {
  const topic = await newTopic(partitions);
  const admin = await KafkaAdmin.connect(connection());
  const network = await FlakyNetwork.start();
  const probes: SourceProbe[] = [];
  const producers: Producer[] = [];
  const producer = async (transactionalId?: string): Promise<Producer> => {
    const made = createKafka(connection()).producer({
      idempotent: true,
      maxInFlightRequests: 1,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      ...(transactionalId === undefined ? {} : { transactionalId }),
    });
    await made.connect();
    producers.push(made);
    return made;
  };
  const plain = await producer();
  const messages = (partition: number, values: readonly string[], timestampMs?: number) => ({
    topic,
    messages: values.map((value) => ({
      partition,
      key: 'k',
      value,
      ...(timestampMs === undefined ? {} : { timestamp: String(timestampMs) }),
    })),
  });
  const append: LogUnderTest['append'] = async (partition, values, timestampMs) => {
    await plain.send(messages(partition, values, timestampMs));
  };
  return {
    topic,
    groupId: topic,
    append,
    async appendWithHeaders(partition, value, headers) {
      const byName = Map.groupBy(headers, ([name]) => name);
      const sent = Object.fromEntries([...byName].map(([name, all]) => [name, all.map(([, text]) => text)]));
      await plain.send({ topic, messages: [{ partition, key: 'k', value, headers: sent }] });
    },
    async join() {
      const probe = await SourceProbe.joined({
        topic,
        groupId: topic,
        connection: connection({ socketFactory: network.socketFactory }),
      });
      probes.push(probe);
      return {
        log: probe.source,
        failures: probe.failures,
        get assigned() {
          return probe.assigned;
        },
        get assignments() {
          return probe.assignments.length;
        },
      };
    },
    async transaction(partition) {
      const open = await (await producer(`${topic}-${producers.length}`)).transaction();
      return {
        send: async (values) => void (await open.send(messages(partition, values))),
        commit: () => open.commit(),
        abort: () => open.abort(),
      };
    },
    deleteBelow: (partition, offset) => admin.deleteRecords(topic, partition, offset),
    async recreate(values) {
      await admin.deleteTopic(topic);
      await systemRuntime.sleep(DELETION_MS);
      await admin.createTopic({ topic, partitions, timestamps: 'append' });
      // The producer of before knows the old topic's sequence numbers.
      await (await producer()).send(messages(0, values));
    },
    outage: () => network.cut(),
    restore: () => network.heal(),
    async committed() {
      const found = await admin.committed(topic, topic);
      return new Map([...found].map(([partition, { nextOffset }]) => [partition, nextOffset]));
    },
    resetGroup: (to) => admin.resetGroup(topic, topic, to),
    staleCommit: () => staleCommit(admin, topic),
    patience: () => AbortSignal.timeout(READ_LIMIT_MS),
    settle: (promise) => promise,
    until,
    elapse: (ms) => systemRuntime.sleep(Math.min(ms, 300)),
    async [Symbol.asyncDispose]() {
      network.heal();
      await Promise.all(probes.map((probe) => probe.source.stop()));
      await Promise.all([admin.close(), ...producers.map((each) => each.disconnect())]);
      await network[Symbol.asyncDispose]();
    },
  };
};

/** With kafkajs itself: our adapter refuses such a commit before it is sent. */
async function staleCommit(admin: KafkaAdmin, topic: string): Promise<number | undefined> {
  const groupId = `${topic}-stale`;
  const consumers: Consumer[] = [];
  const given = new Map<Consumer, readonly number[]>();
  const join = async (): Promise<Consumer> => {
    const consumer = createKafka(connection()).consumer({
      groupId,
      heartbeatInterval: 200,
      rebalanceTimeout: 6_000,
      // Disconnecting waits for the fetch in flight.
      maxWaitTimeInMs: 200,
    });
    consumers.push(consumer);
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
      given.set(consumer, payload.memberAssignment[topic] ?? []);
    });
    await consumer.connect();
    await consumer.subscribe({ topic });
    await consumer.run({ autoCommit: false, eachMessage: async () => {} });
    await until(() => given.has(consumer));
    return consumer;
  };
  try {
    const stale = await join();
    const other = await join();
    await until(() => given.get(stale)?.length === 1 && given.get(other)?.length === 1);
    const [lost = -1] = given.get(other) ?? [];
    await stale.commitOffsets([{ topic, partition: lost, offset: '17' }]);
    return (await admin.committed(groupId, topic)).get(lost)?.nextOffset;
  } finally {
    await Promise.all(consumers.map((consumer) => consumer.disconnect()));
  }
}
