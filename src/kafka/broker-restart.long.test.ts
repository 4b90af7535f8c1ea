/** On its own broker, which it kills. */
import { expect, test } from 'vitest';
import { systemRuntime } from '../base/system-runtime.ts';
import { startInfra } from '../infra/start-infra.ts';
import { createKafka } from './client/connection-options.ts';
import { KafkaAdmin } from './kafka-admin.ts';
import { eventually, numbered, readOne, readTo, SourceProbe, values } from './testing/source-probe.ts';

test('a broker that is killed and started again in mid-run: nothing is lost or repeated, and the group is joined again soon', async () => {
  await using infra = await startInfra();
  const connection = { brokers: infra.kafkaBootstrapServers.split(','), clientId: 'restart-test' };
  const topic = 'restart';
  const admin = await KafkaAdmin.connect(connection);
  await admin.createTopic({ topic, partitions: 1, timestamps: 'append' });
  const send = async (label: string) => {
    const producer = createKafka(connection).producer();
    await producer.connect();
    await producer.send({ topic, messages: numbered(1_000, label).map((value) => ({ partition: 0, value })) });
    await producer.disconnect();
  };
  await send('before');
  await admin.close();
  // A session longer than the test: the crashed member must leave, or its successor would wait for the session to end.
  const limits = { sessionTimeoutMs: 120_000, rebalanceTimeoutMs: 120_000 };
  await using probe = await SourceProbe.joined({ topic, groupId: topic, connection, ...limits });
  const reader = probe.source.open(0, 0);
  const { session } = (await readTo(reader, 0, 1_000)).at(-1)!;
  const joins = probe.assignments.length;

  await infra.broker.kill();
  // Longer than all retries of kafkajs (5, doubling from 300 ms): its consumer has crashed by then.
  await systemRuntime.sleep(12_000);
  await infra.broker.start();
  await send('after');

  const first = await readOne(reader);
  expect(first.session).toBeGreaterThan(session);
  expect(first.askedFrom).toBe(1_000);
  const rest = first.completeTo < 2_000 ? await readTo(reader, first.completeTo, 2_000) : [];
  expect(values([first, ...rest])).toEqual(numbered(1_000, 'after'));
  await eventually(() => probe.assignments.length > joins, 60_000);
  await probe.source.commit(0, 2_000, 'after the restart');
  expect(probe.commitFailures).toEqual([]);
  expect(probe.failures).toEqual([]);
}, 240_000);
