import { afterEach, expect, test } from 'vitest';
import type { TopicRecord } from '../inputs/verify-inputs.ts';
import { TopicReadError, UnreadableLogError } from './errors.ts';
import { FakeBroker, type FakeTopic, type FetchReply } from './testing/fake-broker.ts';
import { type BatchSpec, batchBytes, bodyOf } from './testing/log-bytes.ts';
import { TopicReader } from './topic-reader.ts';

const NAME = 'payment-events';
const opened: AsyncDisposable[] = [];

afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each[Symbol.asyncDispose]();
});

interface Started {
  readonly reader: TopicReader;
  readonly brokers: readonly FakeBroker[];
  /** Waits that were asked for. */
  readonly sleeps: number[];
}

async function start(
  topic: Partial<FakeTopic>,
  options: { brokers?: number; maxRetries?: number } = {},
): Promise<Started> {
  const whole: FakeTopic = {
    name: NAME,
    leaders: () => [0],
    offsets: () => ({ start: 0, end: END }),
    fetch: ({ fromOffset }) => serve(LOG, fromOffset),
    ...topic,
  };
  const brokers = await FakeBroker.cluster(whole, options.brokers);
  const sleeps: number[] = [];
  const reader = new TopicReader({
    topic: NAME,
    endpoint: { brokers: [brokers[0]!.address], clientId: 'test', requestTimeoutMs: 5_000 },
    sleep: async (ms) => {
      sleeps.push(ms);
    },
    ...(options.maxRetries === undefined ? {} : { maxRetries: options.maxRetries }),
  });
  opened.push(...brokers, reader);
  return { reader, brokers, sleeps };
}

/** Six batches of two records each. */
const LOG: readonly BatchSpec[] = [0, 2, 4, 6, 8, 10].map((baseOffset) => ({
  baseOffset,
  records: [0, 1].map((delta) => ({ value: Buffer.from(String(baseOffset + delta)) })),
}));
const END = 12;

/** As a broker does: from the batch that holds the offset on, two of them and a part of the third. */
function serve(log: readonly BatchSpec[], fromOffset: number): FetchReply {
  const held = log.filter(({ baseOffset, records }) => baseOffset + (records?.length ?? 1) > fromOffset);
  const [one, two, part] = held.slice(0, 3).map(batchBytes);
  return {
    bytes: Buffer.concat([one ?? Buffer.alloc(0), two ?? Buffer.alloc(0), part?.subarray(0, 40) ?? Buffer.alloc(0)]),
    highWatermark: END,
  };
}

async function read(reader: TopicReader, from = 0, to = END): Promise<number[]> {
  const found: TopicRecord[] = [];
  for await (const chunk of reader.records(0, from, to)) found.push(...chunk);
  for (const { offset, value } of found) expect(Buffer.from(value!).toString()).toBe(String(offset));
  return found.map(({ offset }) => offset);
}

const upTo = (end: number, from = 0) => Array.from({ length: end - from }, (_, i) => from + i);

test('partitions and bounds are those of the topic, and all of it is read over one connection', async () => {
  const { reader, brokers } = await start({ leaders: () => [0, 0, 0] });
  expect(await reader.partitions()).toEqual([0, 1, 2]);
  expect(await reader.bounds(0)).toEqual({ startOffset: 0, endOffset: 12, highWatermark: 12 });
  expect(await read(reader)).toEqual(upTo(12));
  expect(brokers[0]).toMatchObject({ connections: 1, fetches: 3 });
});

test('a part is read from and to the middle of batches, and nothing behind it is asked for', async () => {
  const { reader, brokers } = await start({});
  expect(await read(reader, 3, 5)).toEqual([3, 4]);
  expect(await read(reader, 5, 5)).toEqual([]);
  expect(brokers[0]?.fetches).toBe(1);
});

test('where the leader moves the next one is asked, and nothing comes twice', async () => {
  let leader = 0;
  const { reader, brokers } = await start(
    {
      leaders: () => [leader],
      fetch: ({ fromOffset }) => {
        if (fromOffset >= 4) leader = 1;
        return serve(LOG, fromOffset);
      },
    },
    { brokers: 2 },
  );
  expect(await read(reader)).toEqual(upTo(12));
  expect(brokers[1]!.fetches).toBeGreaterThan(0);
});

test('a connection that ends is made again, and a request that was lost is asked again', async () => {
  let fetches = 0;
  const { reader, brokers } = await start({
    fetch: ({ fromOffset }) => (++fetches % 2 === 1 ? { hangUp: true } : serve(LOG, fromOffset)),
  });
  expect(await read(reader)).toEqual(upTo(12));
  expect(brokers[0]?.connections).toBe(4);
});

test.for([
  ['a broker that always ends the connection', { hangUp: true as const }, 'NetworkError|closed'],
  ['a partition without a leader', { errorCode: 5 }, 'LEADER_NOT_AVAILABLE'],
  ['answers without anything in them', { bytes: Buffer.alloc(0) }, 'nothing came at offset 0'],
] as const)('%s is given up after a bounded number of tries', async ([, reply, message]) => {
  const { reader, sleeps, brokers } = await start({ fetch: () => reply }, { maxRetries: 4 });
  const failure = await read(reader).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(TopicReadError);
  expect(failure).toMatchObject({ kind: 'unreachable', message: expect.stringMatching(message) });
  expect(sleeps).toEqual([200, 200, 200, 200]);
  expect(brokers[0]?.fetches).toBe(5);
});

test('a user who may not read gets the error at once', async () => {
  const { reader, sleeps } = await start({ fetch: () => ({ errorCode: 29 }) });
  await expect(read(reader)).rejects.toMatchObject({ type: 'TOPIC_AUTHORIZATION_FAILED' });
  expect(sleeps).toEqual([]);
});

test.for([
  [5, 'retention'],
  [0, 'truncated'],
] as const)('where the log starts at %i, an offset that is not in it is named: %s', async ([start_, kind]) => {
  const { reader } = await start({
    offsets: () => ({ start: start_, end: END }),
    fetch: () => ({ errorCode: 1 }),
  });
  await expect(read(reader, 3)).rejects.toMatchObject({ kind });
});

test('a partition that the topic does not have is named', async () => {
  const { reader } = await start({});
  await expect(reader.bounds(3)).rejects.toMatchObject({ kind: 'no_partition' });
});

const damagedAt = (from: number) => (spec: BatchSpec) => {
  const bytes = batchBytes(spec);
  if (spec.baseOffset === from) bytes[bytes.length - 2]! ^= 1;
  return bytes;
};

test('a batch whose bytes changed on their way is fetched again over a new connection', async () => {
  const { reader, brokers } = await start({
    fetch: ({ fromOffset, connections }) => {
      const held = LOG.filter(({ baseOffset }) => baseOffset + 1 >= fromOffset);
      return { bytes: Buffer.concat(held.map(connections === 1 ? damagedAt(6) : batchBytes)), highWatermark: END };
    },
  });
  expect(await read(reader)).toEqual(upTo(12));
  expect(brokers[0]).toMatchObject({ connections: 2, fetches: 2 });
});

test('a batch whose bytes changed in the log is an error with its offset, after all records before it', async () => {
  const { reader, brokers } = await start({
    fetch: ({ fromOffset }) => ({
      bytes: Buffer.concat(LOG.filter(({ baseOffset }) => baseOffset + 1 >= fromOffset).map(damagedAt(6))),
      highWatermark: END,
    }),
  });
  const offsets: number[] = [];
  const reading = (async () => {
    for await (const chunk of reader.records(0, 0, END)) for (const { offset } of chunk) offsets.push(offset);
  })();
  const failure = await reading.catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(UnreadableLogError);
  expect(failure).toMatchObject({ code: 'batch_damaged', partition: 0, offset: 6 });
  expect((failure as Error).message).toContain('CRC32C');
  expect(offsets).toEqual(upTo(6));
  expect(brokers[0]).toMatchObject({ connections: 2, fetches: 2 });
  // Around it the log can be read.
  expect(await read(reader, 0, 6)).toEqual(upTo(6));
  expect(await read(reader, 8)).toEqual(upTo(12, 8));
});

test('a batch that is sound but cannot be unpacked says where it ends', async () => {
  const log = LOG.map((spec) =>
    spec.baseOffset === 6
      ? { ...spec, codec: 'zstd' as const, packed: Buffer.from('no frame'), count: 2, lastDelta: 1 }
      : spec,
  );
  const { reader } = await start({ fetch: ({ fromOffset }) => serve(log, fromOffset) });
  await expect(read(reader)).rejects.toMatchObject({ code: 'batch_damaged', offset: 6, lastOffset: 7 });
});

test('of a sound batch with a broken record all before that can be read: giving up the rest of it is enough', async () => {
  const broken = Buffer.concat([bodyOf([{ value: Buffer.from('6') }]), Buffer.from([2, 0])]);
  const log = LOG.map((spec) => (spec.baseOffset === 6 ? { ...spec, packed: broken, count: 2, lastDelta: 1 } : spec));
  const { reader } = await start({ fetch: ({ fromOffset }) => serve(log, fromOffset) });
  await expect(read(reader)).rejects.toMatchObject({ code: 'batch_damaged', offset: 7, lastOffset: 7 });
  expect(await read(reader, 0, 7)).toEqual(upTo(7));
  expect(await read(reader, 8)).toEqual(upTo(12, 8));
});

test('aborted transactions are left out, across answers', async () => {
  const producerId = 9n;
  const log: BatchSpec[] = LOG.map((spec, index) =>
    index === 0 || index === 5 ? spec : { ...spec, producerId, kind: 'transactional' },
  );
  const marker: BatchSpec = { baseOffset: 12, producerId, kind: 'abort' };
  const { reader } = await start({
    fetch: ({ fromOffset }) => ({
      ...serve([...log, marker], fromOffset),
      highWatermark: 13,
      aborted: [{ producerId, firstOffset: 2 }],
    }),
  });
  expect(await read(reader)).toEqual([0, 1, 10, 11]);
});

test('a caller that stops reading gets no failure afterwards', async () => {
  const { reader } = await start({
    fetch: ({ fromOffset }) => (fromOffset === 0 ? serve(LOG, 0) : { errorCode: 29 }),
  });
  for await (const chunk of reader.records(0, 0, END)) {
    expect(chunk.length).toBe(2);
    break;
  }
});
