/** What is read is the log: nothing missing, nothing twice, nothing aborted, with every codec. */
import kafkajs from 'kafkajs';
import { expect, test } from 'vitest';
import { systemRuntime } from '../base/system-runtime.ts';
import { readTopic } from './read-topic.ts';
import { type CodecName, pack } from './testing/batch-bytes.ts';
import { connection, newTopic, produce, withProducer } from './testing/broker.ts';
import { numbered, readOne, readTo, SourceProbe, values } from './testing/source-probe.ts';

const { CompressionCodecs, CompressionTypes } = kafkajs;
// For producing only: reading does not use kafkajs's codecs.
const packedAs = (codec: CodecName) => () => ({
  compress: async ({ buffer }: { buffer: Buffer }) => pack(codec, buffer),
  decompress: async () => Promise.reject(new Error('not used')),
});
CompressionCodecs[CompressionTypes.ZSTD] = packedAs('zstd');
CompressionCodecs[CompressionTypes.LZ4] = packedAs('lz4');
CompressionCodecs[CompressionTypes.Snappy] = packedAs('snappy');

test('nothing is fetched of an assigned partition before it is opened', async () => {
  const topic = await newTopic(2);
  await produce(topic, 0, 50);
  await using probe = await SourceProbe.joined({ topic, groupId: topic });
  await systemRuntime.sleep(1_200);
  expect(probe.source.bufferedBytes()).toBe(0);
  const reader = probe.source.open(0, 7);
  expect(values(await readTo(reader, 7, 50))).toEqual(numbered(43, 'm', 7));
});

test('after a seek comes nothing that was asked for before it', async () => {
  const topic = await newTopic(1);
  await produce(topic, 0, 3_000);
  await using probe = await SourceProbe.joined({ topic, groupId: topic, maxFetchBytesPerPartition: 8_192 });
  const reader = probe.source.open(0, 0);
  for (const place of [2_500, 10, 1_234, 0, 2_999]) {
    reader.seek(place);
    const answer = await readOne(reader);
    expect(answer.askedFrom).toBe(place);
    expect(answer.records[0]?.offset).toBe(place);
  }
});

test('markers of transactions are covered, aborted records never show, for any order in which the transactions end', async () => {
  const topic = await newTopic(1);
  const send = (value: string, key: Buffer | string = 'k') => ({ topic, messages: [{ partition: 0, key, value }] });
  await withProducer(async (a) => {
    await withProducer(async (b) => {
      const first = await a.transaction();
      await first.send(send('aborted-a0'));
      const second = await b.transaction();
      await second.send(send('aborted-b0'));
      // A record with the key of an abort marker is still a record.
      await first.send(send('aborted-a1', Buffer.alloc(4)));
      await first.send(send('aborted-a2'));
      await second.abort();
      await first.send(send('aborted-a3'));
      await first.abort();
      const third = await a.transaction();
      await third.send(send('kept-0'));
      await third.commit();
      await b.send(send('kept-1')).catch(() => undefined);
      const fourth = await b.transaction();
      await fourth.send(send('kept-2'));
      await fourth.commit();
    }, `${topic}-b`);
  }, `${topic}-a`);
  await using probe = await SourceProbe.joined({ topic, groupId: topic });
  const { endOffset } = await probe.source.bounds(0);
  const expected = values(await readTo(probe.source.open(0, 0), 0, endOffset));
  expect(expected.filter((value) => value.startsWith('aborted'))).toEqual([]);
  expect(expected).toContain('kept-0');
  expect(expected.at(-1)).toBe('kept-2');
  for (let from = 0; from < endOffset; from += 1) {
    const some = values(await readTo(probe.source.open(0, from), from, endOffset));
    expect(expected.slice(expected.length - some.length), `from ${from}`).toEqual(some);
  }
});

test.for([
  ['gzip', CompressionTypes.GZIP] as const,
  ['snappy', CompressionTypes.Snappy] as const,
  ['lz4', CompressionTypes.LZ4] as const,
  ['zstd', CompressionTypes.ZSTD] as const,
])('%s is unpacked, also from the middle of a batch', async ([, compression]) => {
  const topic = await newTopic(1);
  await withProducer((producer) =>
    producer.send({ topic, compression, messages: numbered(500).map((value) => ({ partition: 0, value })) }),
  );
  await using probe = await SourceProbe.joined({ topic, groupId: topic });
  expect(values(await readTo(probe.source.open(0, 123), 123, 500))).toEqual(numbered(377, 'm', 123));
});

test('a value of 2 MB is read although a fetch asks for less', async () => {
  const topic = await newTopic(1, { settings: { 'max.message.bytes': '4000000' } });
  await withProducer((producer) =>
    producer.send({
      topic,
      messages: [
        { partition: 0, value: Buffer.alloc(2_000_000, 'x') },
        { partition: 0, value: 'next' },
      ],
    }),
  );
  await using probe = await SourceProbe.joined({ topic, groupId: topic, maxFetchBytesPerPartition: 65_536 });
  const lengths = (await readTo(probe.source.open(0, 0), 0, 2)).flatMap((a) => a.records.map((r) => r.value?.length));
  expect(lengths).toEqual([2_000_000, 4]);
});

test('timestamps are those that a Java consumer sees, of either type', async () => {
  const stamped = [1_700_000_000_000, 1_600_000_000_123, 1_700_000_000_001];
  const send = (topic: string) =>
    withProducer((producer) =>
      producer.send({ topic, messages: stamped.map((t) => ({ partition: 0, value: 'v', timestamp: String(t) })) }),
    );
  const read = async (topic: string) => {
    await using probe = await SourceProbe.joined({ topic, groupId: topic });
    return (await readTo(probe.source.open(0, 0), 0, 3)).flatMap((a) => a.records.map((r) => r.timestampMs));
  };
  const created = await newTopic(1);
  await send(created);
  expect(await read(created)).toEqual(stamped);

  const appended = await newTopic(1, { timestamps: 'append' });
  const beforeMs = systemRuntime.nowMs();
  await send(appended);
  const times = await read(appended);
  expect(new Set(times).size).toBe(1);
  expect(Math.abs((times[0] ?? 0) - beforeMs)).toBeLessThan(60_000);
  expect(await read(appended)).toEqual(times);
});

test('readers that do not read hold a bounded number of bytes and block no other', async () => {
  const topic = await newTopic(4);
  await Promise.all([0, 1, 2, 3].map((partition) => produce(topic, partition, 50_000, 'm', 300)));
  const maxBufferedBytes = 4 * 1024 * 1024;
  await using probe = await SourceProbe.joined({
    topic,
    groupId: topic,
    maxBufferedBytes,
    maxBufferedBytesPerPartition: 2 * 1024 * 1024,
    maxFetchBytesPerPartition: 512 * 1024,
  });
  const readers = [0, 1, 2, 3].map((partition) => probe.source.open(partition, 0));
  let mostBytes = 0;
  const watch = setInterval(() => {
    mostBytes = Math.max(mostBytes, probe.source.bufferedBytes());
  }, 5);
  try {
    const last = readers[3];
    if (last === undefined) throw new Error('no reader');
    const count = (await readTo(last, 0, 50_000)).reduce((sum, { records }) => sum + records.length, 0);
    expect(count).toBe(50_000);
    await systemRuntime.sleep(500);
  } finally {
    clearInterval(watch);
  }
  expect(mostBytes).toBeGreaterThan(1024 * 1024);
  // A record costs 64 bytes of memory beyond its bytes of the log.
  expect(mostBytes).toBeLessThan(maxBufferedBytes * 1.3);
  for (const [partition, reader] of readers.slice(0, 3).entries()) {
    const all = values(await readTo(reader, 0, 50_000));
    expect(all.length, `partition ${partition}`).toBe(50_000);
  }
});

test('a compacted topic and the types of timestamps show in its facts', async () => {
  const compacted = await newTopic(3, { settings: { 'cleanup.policy': 'compact,delete' } });
  const appended = await newTopic(1, { timestamps: 'append' });
  await using one = await SourceProbe.joined({ topic: compacted, groupId: compacted });
  await using two = await SourceProbe.joined({ topic: appended, groupId: appended });
  expect(await one.source.facts()).toEqual({
    topic: compacted,
    partitionCount: 3,
    compacted: true,
    logAppendTime: false,
    timestampAfterMaxMs: 3_600_000,
    bootstrapServers: expect.stringMatching(/:\d+$/),
  });
  expect(await two.source.facts()).toMatchObject({ compacted: false, logAppendTime: true });
});

test('the whole topic is read without a group, up to the end it had at the start', async () => {
  const topic = await newTopic(3);
  await Promise.all([0, 1].map((partition) => produce(topic, partition, 2_000, `p${partition}`)));
  const seen = new Map<number, string[]>();
  const reading = await readTopic({ connection: connection(), topic, runtime: systemRuntime });
  await produce(topic, 0, 10, 'too-late');
  expect(reading.bounds.get(0)).toEqual({ startOffset: 0, endOffset: 2_000 });
  for await (const { partition, records } of reading) {
    const found = seen.get(partition) ?? [];
    for (const { value } of records) found.push(value?.toString() ?? '');
    seen.set(partition, found);
  }
  expect(seen).toEqual(new Map([0, 1].map((partition) => [partition, numbered(2_000, `p${partition}`)])));
});
