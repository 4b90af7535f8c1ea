/** Whose turn it is, what a failure of one partition means for the others, and how outages end. */
import { randomBytes } from 'node:crypto';
import { zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { ConfigurationError, OwnershipLostError } from '../../base/errors.ts';
import { systemRuntime } from '../../base/system-runtime.ts';
import { FETCH_ERROR } from '../client/errors.ts';
import { batch, record } from '../testing/batch-bytes.ts';
import { readAsProcessor, sourceOver } from '../testing/fetcher-bench.ts';

const never = new AbortController().signal;
const NOT_LEADER = 6;
const ALL = batch({ baseOffset: 0, values: Array.from({ length: 52 }, (_, i) => `v${i}`) });
/** More than is unpacked at once, in records of a tenth of it. */
const LARGE = (() => {
  const values = Array.from({ length: 52 }, () => randomBytes(50_000).toString('hex'));
  const packed = zstdCompressSync(Buffer.concat(values.map((value, i) => record(i, i, null, value))));
  return batch({ baseOffset: 0, codec: 'zstd', packed, count: 52, lastOffsetDelta: 51 });
})();

async function until(holds: () => boolean): Promise<void> {
  for (let turns = 0; !holds(); turns += 1) {
    if (turns > 2_000) throw new Error(`it never came: ${holds.toString()}`);
    await systemRuntime.sleep(1);
  }
}

test('a partition that received something goes last: no other waits for it', async () => {
  const { fetcher, asked } = sourceOver({
    batches: (partition) => (partition === 1 ? Array.from({ length: 52 }, (_, i) => batch({ baseOffset: i })) : []),
  });
  const readers = [0, 1, 2].map((partition) => fetcher.open(partition, 0));
  await readers[1]!.read(never);
  await until(() => asked.length >= 2);
  expect(asked.slice(0, 2)).toEqual([
    [0, 1, 2],
    [0, 2, 1],
  ]);
  await fetcher.stop();
});

test('a batch that is too large to be unpacked at once is read on in its turn, over one connection', async () => {
  const { fetcher, counts, fatal, asked } = sourceOver({
    batches: (partition) => (partition === 0 ? [LARGE] : [ALL]),
    limits: { maxBufferedBytesPerPartition: 300_000 },
  });
  const [one, other] = await Promise.all([readAsProcessor(fetcher, 0, 52), readAsProcessor(fetcher, 1, 52)]);
  expect([one.values.length, new Set(one.values).size, one.error]).toEqual([52, 52, undefined]);
  expect([other.values.length, other.error]).toEqual([52, undefined]);
  // Of the large answer nothing is asked for a second time.
  expect(asked[0]).toEqual([0, 1]);
  expect([counts.renewals, fatal]).toEqual([0, []]);
  await fetcher.stop();
});

test('a large batch that is damaged in its middle stops its partition after two tries, each over a connection of its own', async () => {
  const cut = Buffer.from(LARGE.subarray(61));
  const damaged = batch({
    baseOffset: 0,
    codec: 'zstd',
    packed: cut.subarray(0, cut.length / 2),
    count: 52,
    lastOffsetDelta: 51,
  });
  const { fetcher, counts, fatal } = sourceOver({ batches: (partition) => (partition === 0 ? [damaged] : [ALL]) });
  const [one, other] = await Promise.all([readAsProcessor(fetcher, 0, 52), readAsProcessor(fetcher, 1, 52)]);
  expect(one.values.length).toBeLessThan(52);
  expect(one.error?.code).toBe('batch_damaged');
  expect([other.values.length, counts.renewals, fatal]).toEqual([52, 1, []]);
  await fetcher.stop();
});

test('an error of one partition is waited out and reported; what came of the others is delivered', async () => {
  let failures = 3;
  const { fetcher, waits, recovered, fatal } = sourceOver({
    batches: () => [ALL],
    errorCode: (partition) => (partition === 0 && failures-- > 0 ? NOT_LEADER : 0),
  });
  const other = fetcher.open(1, 0);
  const one = await readAsProcessor(fetcher, 0, 52);
  expect([one.values.length, one.error]).toEqual([52, undefined]);
  expect((await other.read(never)).completeTo).toBe(52);
  expect(waits).toEqual(Array(3).fill('topic t, partition 0: the broker answered error code 6'));
  expect([recovered, fatal]).toEqual([['fetch'], []]);
  await fetcher.stop();
});

test('a partition without a leader is waited for until it has one', async () => {
  let looks = 0;
  const { fetcher, waits } = sourceOver({ batches: () => [ALL], leaderOf: () => (looks++ < 3 ? undefined : 0) });
  const { values } = await readAsProcessor(fetcher, 0, 52);
  expect(values.length).toBe(52);
  expect(new Set(waits)).toEqual(new Set(['topic t: a partition has no leader']));
  await fetcher.stop();
});

test('a place that the log no longer has becomes its start, and reading begins there', async () => {
  const { fetcher } = sourceOver({
    batches: () => [batch({ baseOffset: 50, values: ['a', 'b'] })],
    errorCode: (_, offset) => (offset < 50 ? FETCH_ERROR.offsetOutOfRange : 0),
    offsets: { start: 50, end: 52 },
  });
  const reader = fetcher.open(0, 7);
  expect(await reader.read(never)).toMatchObject({ askedFrom: 50, completeTo: 50, endOffset: 52 });
  expect(await reader.read(never)).toMatchObject({ askedFrom: 50, completeTo: 52 });
  await fetcher.stop();
});

test.each([
  [
    'a topic that is gone ends the source after its patience',
    new ConfigurationError(['there is no topic t']),
    'ContradictionError',
  ],
  ['metadata that stay away end it after its patience with services', new Error('ECONNREFUSED'), 'UnreachableError'],
])('%s', async (_, failure, name) => {
  const { fetcher, fatal, waits } = sourceOver({
    batches: () => [],
    errorCode: () => NOT_LEADER,
    refresh: () => Promise.reject(failure),
    limits: { topicMissingAfterMs: 20, unreachableAfterMs: 400 },
  });
  fetcher.open(0, 0);
  await until(() => fatal.length > 0);
  expect(fatal[0]).toMatchObject({ name, message: expect.stringContaining('topic t') });
  expect(waits.length).toBeGreaterThan(1);
  // Nothing more is tried.
  const before = waits.length;
  await systemRuntime.sleep(50);
  expect([fatal.length, waits.length]).toEqual([1, before]);
  await fetcher.stop();
});

test('two spells without the topic, with an answer between them, do not add up to one', async () => {
  const spell = { isOn: true, failures: 0 };
  const { fetcher, fatal, recovered } = sourceOver({
    batches: () => [ALL],
    errorCode: () => (spell.isOn ? NOT_LEADER : 0),
    refresh: async () => {
      if (!spell.isOn) return;
      spell.isOn = false;
      spell.failures += 1;
      throw new ConfigurationError(['there is no topic t']);
    },
    limits: { topicMissingAfterMs: 40 },
  });
  fetcher.open(0, 0);
  await until(() => recovered.length === 1);
  await systemRuntime.sleep(60);
  spell.isOn = true;
  await until(() => recovered.length === 2 || fatal.length > 0);
  expect([fatal, spell.failures]).toEqual([[], 2]);
  await fetcher.stop();
});

test('what is fetched is held within the limit, for any number of partitions whose readers do not read', async () => {
  const maxBufferedBytes = 3_000_000;
  const values = Array.from({ length: 52 }, () => randomBytes(20_000).toString('hex'));
  const { fetcher, asked } = sourceOver({
    batches: () => [batch({ baseOffset: 0, values })],
    limits: { maxBufferedBytes, maxBufferedBytesPerPartition: 500_000 },
  });
  for (let partition = 0; partition < 4; partition += 1) fetcher.open(partition, 0);
  await until(() => asked.length > 0 && fetcher.bufferedBytes() > 0);
  await systemRuntime.sleep(100);
  const largest = values.join('').length + 10_000;
  expect(fetcher.bufferedBytes()).toBeLessThanOrEqual(maxBufferedBytes + 4 * largest);
  const before = asked.length;
  await systemRuntime.sleep(50);
  expect(asked.length).toBe(before);
  await fetcher.stop();
  expect(fetcher.bufferedBytes()).toBe(0);
});

test('a partition that is opened again has one reader: the first one has lost it', async () => {
  const { fetcher } = sourceOver({ batches: () => [ALL] });
  const first = fetcher.open(0, 0);
  const second = fetcher.open(0, 10);
  await expect(first.read(never)).rejects.toThrow(OwnershipLostError);
  first.close();
  expect(fetcher.openPartitions()).toEqual([0]);
  expect(await second.read(never)).toMatchObject({ askedFrom: 10, completeTo: 52 });
  await fetcher.stop();
  expect(fetcher.openPartitions()).toEqual([]);
});
