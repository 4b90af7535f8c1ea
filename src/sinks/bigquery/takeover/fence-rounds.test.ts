import { describe, expect, it } from 'vitest';
import type { Runtime } from '../../../base/runtime.ts';
import { FenceRounds } from './fence-rounds.ts';

const LIMIT_MS = 5_000;

/** A clock whose sleeps end when told to. */
function stoppedClock(): { runtime: Runtime; slept: number[]; wake: () => void } {
  const slept: number[] = [];
  const sleepers: (() => void)[] = [];
  const runtime: Runtime = {
    nowMs: () => 0,
    monotonicMs: () => 0,
    random: () => 0,
    uuid: () => 'id',
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        slept.push(ms);
        sleepers.push(resolve);
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      }),
  };
  return { runtime, slept, wake: () => sleepers.map((resolve) => resolve()) };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('partitions that are fenced at the same time', () => {
  it('continue together, each with its own result', async () => {
    const { runtime, slept } = stoppedClock();
    const rounds = new FenceRounds(runtime);
    const [first, second] = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
    const through: string[] = [];
    const both = [first, second].map(async ({ promise }) =>
      through.push(await rounds.together(() => promise, LIMIT_MS)),
    );
    first.resolve('first');
    await turn();
    expect([through, slept]).toEqual([[], [LIMIT_MS]]);
    second.resolve('second');
    await Promise.all(both);
    expect(through.toSorted()).toEqual(['first', 'second']);
  });

  it('do not wait for one that takes longer than the limit, nor does that one for them', async () => {
    const { runtime, wake } = stoppedClock();
    const rounds = new FenceRounds(runtime);
    const [quick, slow] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const through: string[] = [];
    const quickly = rounds.together(() => quick.promise, LIMIT_MS).then(() => through.push('quick'));
    const slowly = rounds.together(() => slow.promise, LIMIT_MS).then(() => through.push('slow'));
    quick.resolve();
    await turn();
    wake();
    await quickly;
    expect(through).toEqual(['quick']);
    slow.resolve();
    await slowly;
  });

  it('are not held up by one that fails, and it fails as it did', async () => {
    const { runtime } = stoppedClock();
    const rounds = new FenceRounds(runtime);
    const [fine, failing] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const finely = rounds.together(() => fine.promise, LIMIT_MS);
    const failed = rounds.together(() => failing.promise, LIMIT_MS);
    fine.resolve();
    await turn();
    failing.reject(new Error('stream lost'));
    await expect(failed).rejects.toThrow('stream lost');
    await finely;
  });

  it('alone, a partition waits for nobody', async () => {
    const { runtime, slept } = stoppedClock();
    expect(await new FenceRounds(runtime).together(async () => 7, LIMIT_MS)).toBe(7);
    expect(slept).toEqual([]);
  });
});
