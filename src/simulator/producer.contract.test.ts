/** Outages of the broker: the producer waits for its end and adds no copies. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { UnreachableError } from '../base/errors.ts';
import { systemRuntime } from '../base/system-runtime.ts';
import { createKafka } from '../kafka/client/connection-options.ts';
import { connection, newTopic } from '../kafka/testing/broker.ts';
import { FlakyNetwork } from '../kafka/testing/flaky-network.ts';
import { openProducer } from './producer.ts';

const record = (key: string) => ({ partition: 0, key, value: Buffer.from(key) });

/** Longer than kafkajs's own retries. */
const OUTAGE_MS = 4_000;

/** A producer of a new topic whose network fails after the first record. */
async function cutOff(network: FlakyNetwork, patienceMs: number) {
  const topic = await newTopic(1);
  const road = connection({ socketFactory: network.socketFactory });
  const producer = await openProducer({ connection: road, topic, compression: 'none', patienceMs }, systemRuntime);
  await producer.send([record('before')]);
  network.cut();
  return { topic, producer };
}

test.concurrent('an outage within the patience is waited out, and adds no copies', async () => {
  await using network = await FlakyNetwork.start();
  const { topic, producer } = await cutOff(network, 30_000);
  const sending = producer.send([record('meanwhile'), record('meanwhile too')]);
  await sleep(OUTAGE_MS);
  network.heal();
  await sending;
  await producer.close();
  const admin = createKafka(connection()).admin();
  await admin.connect();
  const [end] = await admin.fetchTopicOffsets(topic);
  await admin.disconnect();
  expect(end?.high).toBe('3');
});

test.concurrent('an outage past the patience is reported with the topic', async () => {
  await using network = await FlakyNetwork.start();
  const { topic, producer } = await cutOff(network, 2_000);
  const error = await producer.send([record('meanwhile')]).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(UnreachableError);
  expect(String(error)).toContain(`cannot write to topic ${topic}`);
  await producer.close();
});
