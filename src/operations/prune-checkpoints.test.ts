/** What prune-checkpoints reports beside a processor that writes checkpoints; what it removes: prune-checkpoints.contract.test.ts. */
import { expect, test } from 'vitest';
import type { Checkpoint, Ownership } from '../processor/ports.ts';
import { pruneCheckpoints } from './prune-checkpoints.ts';

const OLD = 40;

/** Old checkpoints below offset 1,000; at every count a processor has written three more. */
function writtenMeanwhile() {
  let old = OLD;
  let fresh = 1;
  const queries = {
    readOwnership: async () => [{ partition: 0, startOffset: 0 } as Ownership],
    latestCheckpoint: async () => ({ nextOffset: 1_000 }) as Checkpoint,
  };
  const checkpoints = {
    firstAtOrPast: async () => undefined,
    count: async () => {
      const counted = { all: old + fresh, removable: old };
      fresh += 3;
      return counted;
    },
    remove: async () => {
      old = 0;
    },
  };
  return { queries, checkpoints, bounds: async () => ({ startOffset: 0 }) };
}

test('counts what it removed, not what a processor adds meanwhile', async () => {
  const ports = writtenMeanwhile();
  const order = { topic: 'payments', beforeMs: 0, dryRun: false };
  expect(await pruneCheckpoints({ ...order, dryRun: true }, ports)).toMatchObject([{ removed: OLD, kept: 1 }]);
  expect(await pruneCheckpoints(order, ports)).toMatchObject([{ removed: OLD, kept: 7 }]);
  expect(await pruneCheckpoints(order, ports)).toMatchObject([{ removed: 0, kept: 10 }]);
});
