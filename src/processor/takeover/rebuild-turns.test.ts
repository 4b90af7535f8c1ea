/** Partitions whose state is rebuilt from the sink take turns: the first runs while others wait. */
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Semaphore } from '../../base/semaphore.ts';
import { PartitionFold } from '../../payments/fold.ts';
import { DEFAULT_DECISION_SETTINGS } from '../../payments/settings.ts';
import { PLACE } from '../../payments/testing/fold-fixture.ts';
import { silentObserver } from '../events.ts';
import type { Ownership } from '../ports.ts';
import type { LogCursor } from '../run/log-cursor.ts';
import type { Position } from './position.ts';
import { type RestoreOptions, restoreFold } from './restore.ts';

const AT_OFFSET = 7;
const COUNTERS = { consumed: 7, accepted: 0, duplicates: 0, late: 0, rejected: 7 };

/** Partitions without a local state and with a checkpoint of no payments; their queries end when the test says. */
function rebuilding(partitions: readonly number[], maxRebuilds: number) {
  const asked: number[] = [];
  const restored: number[] = [];
  const answers = new Map(partitions.map((partition) => [partition, Promise.withResolvers<void>()]));
  const released = new Map(partitions.map((partition) => [partition, new AbortController()]));
  const options = {
    runtime: { random: () => 0.5, nowMs: () => 0, monotonicMs: () => 0 },
    observer: silentObserver,
    state: { replace: async () => {} },
    rebuilds: new Semaphore(maxRebuilds),
    sink: {
      async *payments(partition: number) {
        asked.push(partition);
        await answers.get(partition)!.promise;
        yield [];
      },
    },
  } as unknown as RestoreOptions;
  const folds = partitions.map(async (partition) => {
    const { signal } = released.get(partition)!;
    const none = Promise.resolve(undefined);
    await restoreFold(ownershipOf(partition), positionOf(partition), none, {} as LogCursor, options, signal);
    restored.push(partition);
  });
  const answer = async (partition: number): Promise<void> => {
    answers.get(partition)!.resolve();
    await turn();
  };
  return { asked, restored, answer, release: (partition: number) => released.get(partition)!.abort(), folds };
}

function ownershipOf(partition: number): Ownership {
  const history = [{ fromOffset: 0, foldVersion: 1, decision: DEFAULT_DECISION_SETTINGS }];
  return { ...PLACE, partition, history } as unknown as Ownership;
}

function positionOf(partition: number): Position {
  const at = { nextOffset: AT_OFFSET, watermarkMs: 0, counters: COUNTERS };
  const stateDigest = PartitionFold.rebuild({ ...PLACE, partition, ...at })
    .finish()
    .head().digest;
  return { checkpoint: { partition, ...at, stateDigest }, checkpointOffset: AT_OFFSET } as unknown as Position;
}

it('no more partitions than the limit ask for their payments at a time, and the first is restored before the last asks', async () => {
  const { asked, restored, answer, folds } = rebuilding([0, 1, 2, 3], 2);
  await turn();
  expect(asked).toEqual([0, 1]);
  await answer(1);
  expect(restored).toEqual([1]);
  expect(asked).toEqual([0, 1, 2]);
  for (const partition of [0, 2, 3]) await answer(partition);
  await Promise.all(folds);
  expect(asked).toEqual([0, 1, 2, 3]);
});

it('a partition that is released while it waits asks nothing, and holds up nobody', async () => {
  const { asked, restored, answer, release, folds } = rebuilding([0, 1, 2], 1);
  const outcomes = Promise.allSettled(folds);
  await turn();
  release(1);
  await answer(0);
  expect(asked).toEqual([0, 2]);
  await answer(2);
  expect(restored).toEqual([0, 2]);
  expect((await outcomes).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
});
