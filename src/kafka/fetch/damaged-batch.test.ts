/**
 * An unreadable batch behind readable records: its partition stops with a named error after two attempts, and the
 * others continue.
 */
import { zstdCompressSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { ContradictionError } from '../../base/errors.ts';
import { systemRuntime } from '../../base/system-runtime.ts';
import { silentObserver } from '../../processor/events.ts';
import { LogCursor } from '../../processor/run/log-cursor.ts';
import { FETCH_ERROR } from '../client/errors.ts';
import { batch, record } from '../testing/batch-bytes.ts';
import { readAsProcessor, sourceOver } from '../testing/fetcher-bench.ts';

const GOOD = batch({ baseOffset: 0, values: Array.from({ length: 50 }, (_, i) => `v${i}`) });
const NEXT = batch({ baseOffset: 50, values: ['a', 'b'] });

const DAMAGED = Buffer.from(NEXT);
DAMAGED[DAMAGED.length - 2]! ^= 1;
const RUBBISH = batch({ baseOffset: 50, values: ['a', 'b'], codec: 'zstd', packed: Buffer.from('rubbish') });
const BEHIND = zstdCompressSync(Buffer.concat([record(0, 0, null, 'a'), record(0, 1, null, 'b'), Buffer.from('more')]));

test.for([
  ['whose bytes were changed', DAMAGED, 50],
  ['that is packed in no known way', RUBBISH, 50],
  ['with bytes behind its records', batch({ baseOffset: 50, values: ['a', 'b'], codec: 'zstd', packed: BEHIND }), 51],
  ['that is not sent whole', NEXT.subarray(0, -1), 50],
] as const)('a batch %s behind good records stops its partition after two tries, and no other', async ([, bad, at]) => {
  const { fetcher, counts, fatal } = sourceOver({
    batches: (partition) => (partition === 0 ? [GOOD, bad] : [GOOD, NEXT]),
  });
  const [one, other] = await Promise.all([readAsProcessor(fetcher, 0, 52), readAsProcessor(fetcher, 1, 52)]);
  expect(one.values).toHaveLength(at);
  expect(one.error).toBeInstanceOf(ContradictionError);
  expect(one.error?.code).toBe('batch_damaged');
  expect(one.error?.message).toContain(`topic t, partition 0: the record batch at offset ${at} is damaged`);
  expect(one.error?.message).toContain(`provenonce skip --partition 0 --from ${at} --to 52 --reason "damaged batch"`);
  expect([other.values.length, other.error]).toEqual([52, undefined]);
  expect([counts.renewals, fatal]).toEqual([1, []]);
  expect(counts.fetches).toBeLessThan(30);
  await fetcher.stop();
});

test('the broker that finds a batch damaged itself is asked twice, then the partition stops', async () => {
  const errorCode = (_: number, offset: number) => (offset >= 50 ? FETCH_ERROR.corruptMessage : 0);
  const { fetcher, counts } = sourceOver({ batches: () => [GOOD], errorCode });
  const { values, error } = await readAsProcessor(fetcher, 0, 52);
  expect([values.length, error?.code, counts.renewals]).toEqual([50, 'batch_damaged', 1]);
  await fetcher.stop();
});

test('what was damaged on its way comes whole over a new connection', async () => {
  let times = 0;
  const { fetcher, counts } = sourceOver({ batches: () => [GOOD, times++ < 2 ? DAMAGED : NEXT] });
  const { values, error } = await readAsProcessor(fetcher, 0, 52);
  expect([values.length, error, counts.renewals]).toEqual([52, undefined, 1]);
  await fetcher.stop();
});

test('an answer to something else is not read: the connection is left, and the outage has its limit', async () => {
  const { fetcher, counts, fatal, waits } = sourceOver({
    batches: () => [GOOD, NEXT],
    answersAlso: (partition) => partition + 7,
  });
  const reading = readAsProcessor(fetcher, 0, 52);
  while (fatal.length === 0) await systemRuntime.sleep(5);
  expect(fatal[0]).toMatchObject({ name: 'UnreachableError' });
  expect(waits[0]).toContain('partition 7 of "t" was answered and not asked for');
  expect(counts.renewals).toBeGreaterThan(0);
  await fetcher.stop();
  expect((await reading).values).toEqual([]);
});

test('the last record folded that cannot be read again is named as such, with another way out than giving it up', async () => {
  const { fetcher } = sourceOver({ batches: () => [DAMAGED] });
  const cursor = new LogCursor({
    partition: 0,
    reader: fetcher.open(0, 51),
    runtime: systemRuntime,
    observer: silentObserver,
    bounds: async () => ({ startOffset: 0, endOffset: 52 }),
    expectedOffset: 52,
    writtenTo: 52,
    fingerprint: '51:00000000000000aa',
    skipped: [],
    logEndPatienceMs: 1_000,
  });
  const error = await cursor.next(new AbortController().signal).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: 'ContradictionError', code: 'batch_damaged' });
  expect(String(error)).toMatch(
    /record at offset 51, the last one that was folded, cannot be read again .*below offset 52 at the broker/,
  );
  await fetcher.stop();
});

test('where no partition can be read on, nothing is fetched: a broker answers a request for none at once', async () => {
  const { fetcher, counts } = sourceOver({ batches: () => [GOOD, DAMAGED] });
  const { error } = await readAsProcessor(fetcher, 0, 52);
  expect(error?.code).toBe('batch_damaged');
  const before = counts.fetches;
  for (let turns = 0; turns < 30; turns += 1) await systemRuntime.sleep(1);
  expect(counts.fetches - before).toBeLessThanOrEqual(1);
  await fetcher.stop();
});
