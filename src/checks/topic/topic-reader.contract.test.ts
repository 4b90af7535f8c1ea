/** The checkers' reader on a real broker. */
import { Producer, stringSerializers } from '@platformatic/kafka';
import { expect, test } from 'vitest';
import { systemRuntime } from '../../base/system-runtime.ts';
import { connection, newTopic, produce, withProducer } from '../../kafka/testing/broker.ts';
import type { TopicRecord } from '../inputs/verify-inputs.ts';
import { TopicReader } from './topic-reader.ts';

function open(topic: string): TopicReader {
  return new TopicReader({ topic, endpoint: connection(), sleep: (ms) => systemRuntime.sleep(ms) });
}

async function readAll(topic: string, partition = 0, fromOffset?: number): Promise<TopicRecord[]> {
  await using reader = open(topic);
  const { startOffset, endOffset } = await reader.bounds(partition);
  return (await Array.fromAsync(reader.records(partition, fromOffset ?? startOffset, endOffset))).flat();
}

const values = (records: readonly TopicRecord[]) => records.map(({ value }) => value && Buffer.from(value).toString());

test('partitions, bounds and records are those of the topic, up to the end it had at the start', async () => {
  const topic = await newTopic(3);
  await Promise.all([0, 1].map((partition) => produce(topic, partition, 2_000, `p${partition}`)));
  await using reader = open(topic);
  expect(await reader.partitions()).toEqual([0, 1, 2]);
  const { startOffset, endOffset } = await reader.bounds(0);
  expect([startOffset, endOffset, (await reader.bounds(2)).endOffset]).toEqual([0, 2_000, 0]);
  await produce(topic, 0, 10, 'too-late');
  const read = (await Array.fromAsync(reader.records(0, startOffset, endOffset))).flat();
  expect(values(read)).toEqual(Array.from({ length: 2_000 }, (_, i) => `p0-${i}`));
  expect(values(await readAll(topic, 1))).toEqual(Array.from({ length: 2_000 }, (_, i) => `p1-${i}`));
});

test.for(['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const)(
  'what was sent with %s is read, also from the middle of a batch',
  async (compression) => {
    const topic = await newTopic(1);
    const producer = new Producer({
      clientId: 'contract-test',
      bootstrapBrokers: [...connection().brokers],
      serializers: stringSerializers,
    });
    const sent = Array.from({ length: 500 }, (_, i) => `payment number ${i} of five hundred`);
    try {
      const messages = sent.map((value) => ({ topic, partition: 0, key: 'k', value, headers: { h: 'v' } }));
      await producer.send({ messages, compression, acks: -1 });
    } finally {
      await producer.close();
    }
    expect(values(await readAll(topic))).toEqual(sent);
    expect(values(await readAll(topic, 0, 123))).toEqual(sent.slice(123));
  },
);

test('from every offset on, what aborted transactions wrote is left out', async () => {
  const topic = await newTopic(1);
  const send = (value: string) => ({ topic, messages: [{ partition: 0, value, key: 'k' }] });
  await withProducer(async (a) => {
    await withProducer(async (b) => {
      const first = await a.transaction();
      await first.send(send('aborted-a0'));
      const second = await b.transaction();
      await second.send(send('aborted-b0'));
      await first.send(send('aborted-a1'));
      await second.abort();
      await first.send(send('aborted-a2'));
      await first.abort();
      const third = await a.transaction();
      await third.send(send('kept-0'));
      const fourth = await b.transaction();
      await fourth.send(send('aborted-b1'));
      await third.commit();
      await fourth.abort();
      const fifth = await b.transaction();
      await fifth.send(send('kept-1'));
      await fifth.commit();
      const sixth = await b.transaction();
      await sixth.send(send('still open'));
      await using reader = open(topic);
      const { endOffset, highWatermark } = await reader.bounds(0);
      expect(highWatermark).toBe(endOffset + 1);
      await sixth.abort();
    }, `${topic}-b`);
  }, `${topic}-a`);
  const all = await readAll(topic);
  expect(values(all)).toEqual(['kept-0', 'kept-1']);
  await using reader = open(topic);
  const { endOffset } = await reader.bounds(0);
  for (let from = 0; from < endOffset; from += 1) {
    const expected = all.filter(({ offset }) => offset >= from);
    expect((await Array.fromAsync(reader.records(0, from, endOffset))).flat(), `from ${from}`).toEqual(expected);
  }
});

test('timestamps are those that a Java consumer sees, of either type', async () => {
  const stamped = [1_700_000_000_000, 1_600_000_000_123, 1_700_000_000_001];
  const messages = stamped.map((t) => ({ partition: 0, value: 'v', timestamp: String(t) }));
  const times = async (topic: string) => {
    await withProducer((producer) => producer.send({ topic, messages }));
    return (await readAll(topic)).map(({ timestampMs }) => timestampMs);
  };
  expect(await times(await newTopic(1))).toEqual(stamped);
  const beforeMs = systemRuntime.nowMs();
  const appended = await times(await newTopic(1, { timestamps: 'append' }));
  expect(new Set(appended).size).toBe(1);
  expect(Math.abs(appended[0]! - beforeMs)).toBeLessThan(60_000);
});

test('of a value over a MiB the head and its length are there, and the record behind it whole', async () => {
  const topic = await newTopic(1, { settings: { 'max.message.bytes': '9000000' } });
  const large = Buffer.alloc(6_000_000, 'x');
  await withProducer((producer) =>
    producer.send({
      topic,
      messages: [
        { partition: 0, value: large },
        { partition: 0, value: 'next' },
      ],
    }),
  );
  const [first, second] = await readAll(topic);
  expect(first?.oversized?.valueByteLength).toBe(6_000_000);
  expect(large.subarray(0, first!.value!.length).equals(first!.value!)).toBe(true);
  expect(first!.value!.length).toBeLessThan(200_000);
  expect(values([second!])).toEqual(['next']);
});

test('a topic that is not there is named, within a second or two', async () => {
  await using reader = open('there-is-no-such-topic');
  await expect(reader.partitions()).rejects.toMatchObject({ kind: 'no_topic' });
});
