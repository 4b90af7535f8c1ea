/** An ownership row that is made where one was lost would write a partition again from the log's start, or leave some of it out. */
import { expect, it } from 'vitest';
import type { DataTable } from '../payments/types.ts';
import type { Checkpoint, Ownership } from './ports.ts';
import { requireUnknown } from './topic-checks.ts';

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
