/** What must hold before anything is consumed. */
import { expect, it } from 'vitest';
import type { DataTable } from '../payments/types.ts';
import type { Checkpoint, Ownership } from './ports.ts';
import { checkDataset, checkPartitionCount, checkTopic, requireUnknown } from './topic-checks.ts';

function sink(
  tables: readonly DataTable[],
  checkpoint: Partial<Checkpoint> | undefined,
  rows: readonly Partial<Ownership>[] = [],
) {
  return {
    tablesWithRows: async () => new Set(tables),
    latestCheckpoint: async () => checkpoint as Checkpoint | undefined,
    readOwnership: async () => rows as Ownership[],
  };
}

const FACTS = { topic: 't', partitionCount: 1, compacted: false, logAppendTime: true, timestampAfterMaxMs: 0 };

it('a compacted topic is refused: it does not keep all records', () => {
  expect(() => checkTopic(FACTS)).not.toThrow();
  expect(() => checkTopic({ ...FACTS, compacted: true })).toThrow(/cleanup.policy=compact/);
});

it('a dataset of another topic is refused', async () => {
  await expect(checkDataset('t', { topics: async () => ['t'] })).resolves.toBeUndefined();
  await expect(checkDataset('t', { topics: async () => ['t', 'other'] })).rejects.toMatchObject({
    code: 'other_topic',
    message: expect.stringContaining('is fed by topic other'),
  });
});

it('a topic with another number of partitions than the dataset knows is refused, and so is a rescale that was broken off', () => {
  const rowOf = (partition: number, partitionCount: number, generation?: number) => {
    const history =
      generation === undefined
        ? []
        : [{ fromOffset: 0, generation: { partitions: generation, sources: [{ partition: 0, offset: 0 }] } }];
    return { partition, partitionCount, history } as unknown as Ownership;
  };
  expect(() => checkPartitionCount('t', 3, [])).not.toThrow();
  expect(() => checkPartitionCount('t', 2, [rowOf(0, 2), rowOf(1, 2)])).not.toThrow();
  expect(() => checkPartitionCount('t', 3, [rowOf(0, 2), rowOf(1, 2)])).toThrow(/has 3 partitions.*seeded for 2/);
  expect(() => checkPartitionCount('t', 2, [rowOf(0, 1, 2)])).toThrow(/rescale --partitions 2/);
});

// An ownership row that is made where one was lost would write a partition again from the log's start, or leave some of it out.
it('is seeded where nothing is known of the partition', async () => {
  await expect(requireUnknown('t', [0, 1], sink([], undefined))).resolves.toBeUndefined();
});

it.each([
  ['rows', ['payment_exceptions'] as const, undefined, /payment_exceptions holds rows of it/],
  ['a checkpoint', [], { nextOffset: 7 }, /checkpoint_log holds rows of it/],
])('is not seeded where there are %s of it', async (_, tables, checkpoint, message) => {
  await expect(requireUnknown('t', [0], sink(tables, checkpoint))).rejects.toMatchObject({
    code: 'ownership_rows',
    message: expect.stringMatching(message),
  });
});

it('that another process has seeded and written to since is no lost one', async () => {
  const seeded = sink(['payment_transactions'], { nextOffset: 7 }, [{ partition: 0 }]);
  await expect(requireUnknown('t', [0], seeded)).resolves.toBeUndefined();
});
