/**
 * Truncated or replaced logs are noticed; outages pass by themselves; other errors are named. Each test has its own
 * topic, group and connection to the broker and mostly waits, so they run concurrently.
 */
import { expect, test } from 'vitest';
import { ConfigurationError, ContradictionError, UnreachableError } from '../base/errors.ts';
import { systemRuntime } from '../base/system-runtime.ts';
import { KafkaAdmin } from './kafka-admin.ts';
import { connection, newTopic, produce } from './testing/broker.ts';
import { FlakyNetwork } from './testing/flaky-network.ts';
import { eventually, numbered, readOne, readTo, SourceProbe, values } from './testing/source-probe.ts';

test.concurrent('a topic that stays away ends the source with a contradiction', async () => {
  const topic = await newTopic(1);
  await using admin = await KafkaAdmin.connect(connection());
  await using probe = await SourceProbe.joined({ topic, groupId: topic, topicMissingAfterMs: 2_000 });
  await readOne(probe.source.open(0, 0));
  await admin.deleteTopic(topic);
  await eventually(() => probe.failures.length > 0);
  expect(probe.failures).toEqual([expect.any(ContradictionError)]);
  expect(probe.failures[0]).toMatchObject({ code: 'log_changed' });
});

test.concurrent('a topic that does not exist is a wrong configuration', async () => {
  await using probe = new SourceProbe({ topic: 'no-such-topic', groupId: 'no-such-topic' });
  const error = await probe.start().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ConfigurationError);
  expect(String(error)).toContain('topic no-such-topic: does not exist on');
});

test.concurrent('a broker that is absent at the start is waited for, and the wait is reported', async () => {
  const topic = await newTopic(1);
  await produce(topic, 0, 5);
  await using network = await FlakyNetwork.start();
  network.cut();
  await using probe = new SourceProbe({
    topic,
    groupId: topic,
    connection: connection({ socketFactory: network.socketFactory }),
  });
  const started = probe.start();
  await eventually(() => probe.waits.length > 1);
  network.heal();
  await started;
  await eventually(() => probe.assigned.length === 1);
  expect(values(await readTo(probe.source.open(0, 0), 0, 5))).toEqual(numbered(5));
});

test.concurrent('a broker that stays away past the limit is unreachable', async () => {
  const options = { topic: 'any', groupId: 'any', unreachableAfterMs: 1_500 };
  await using probe = new SourceProbe({ ...options, connection: connection({ brokers: ['127.0.0.1:1'] }) });
  const error = await probe.start().catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(UnreachableError);
  expect(String(error)).toContain('127.0.0.1:1');
});

test.concurrent('a broker that is gone past the session is sat out; the group is joined again, and commits are accepted', async () => {
  const topic = await newTopic(1);
  await produce(topic, 0, 50);
  await using network = await FlakyNetwork.start();
  await using probe = await SourceProbe.joined({
    topic,
    groupId: topic,
    connection: connection({ socketFactory: network.socketFactory }),
  });
  const reader = probe.source.open(0, 0);
  const { session } = (await readTo(reader, 0, 50)).at(-1)!;
  network.cut();
  const joins = probe.assignments.length;
  // Longer than the session of 6 s and than all retries of kafkajs: its consumer has crashed by then.
  await systemRuntime.sleep(12_000);
  await produce(topic, 0, 50, 'later');
  network.heal();
  const after = await readTo(reader, 50, 100);
  expect(values(after)).toEqual(numbered(50, 'later'));
  expect(after[0]!.session).toBeGreaterThan(session);
  await eventually(() => probe.assignments.length > joins);
  await probe.source.commit(0, 100, 'healed');
  expect(probe.commitFailures).toEqual([]);
  expect(probe.failures).toEqual([]);
});

test.concurrent('connections that are cut again and again lose and repeat nothing', async () => {
  const topic = await newTopic(1);
  await produce(topic, 0, 30_000, 'm', 100);
  await using network = await FlakyNetwork.start();
  await using probe = await SourceProbe.joined({
    topic,
    groupId: topic,
    maxFetchBytesPerPartition: 65_536,
    maxBufferedBytesPerPartition: 131_072,
    connection: connection({ socketFactory: network.socketFactory }),
  });
  const reader = probe.source.open(0, 0);
  let count = 0;
  for (let to = 3_000; to <= 30_000; to += 3_000) {
    const from = count;
    for (const answer of await readTo(reader, from, to)) count += answer.records.length;
    network.cut();
    network.heal();
  }
  expect(count).toBe(30_000);
});

test.concurrent('a network that swallows everything is left for new connections', async () => {
  const topic = await newTopic(1);
  await produce(topic, 0, 5);
  await using network = await FlakyNetwork.start();
  await using probe = await SourceProbe.joined({
    topic,
    groupId: topic,
    connection: connection({ socketFactory: network.socketFactory, requestTimeoutMs: 2_000 }),
  });
  const reader = probe.source.open(0, 0);
  await readTo(reader, 0, 5);
  network.silence();
  await systemRuntime.sleep(500);
  network.heal();
  await produce(topic, 0, 5, 'later');
  expect(values(await readTo(reader, 5, 10))).toEqual(numbered(5, 'later'));
  expect(probe.failures).toEqual([]);
});
