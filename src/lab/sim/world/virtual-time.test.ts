import { describe, expect, it } from 'vitest';
import { Rng } from './rng.ts';
import { Scheduler } from './virtual-time.ts';

const LIMITS = { maxSteps: 10_000, maxMs: 1_000_000 };

/** Drives to the end of what is pending. */
const drive = (scheduler: Scheduler) => scheduler.run(() => false, LIMITS);

describe('virtual time', () => {
  it('runs actions in the order of their times, in any order of scheduling', async () => {
    const scheduler = new Scheduler(new Rng(1, 'ties'));
    const rng = new Rng(2, 'delays');
    const seen: number[] = [];
    for (let i = 0; i < 500; i++) {
      const delayMs = rng.between(0, 200);
      scheduler.after(delayMs, () => seen.push(scheduler.nowMs));
    }
    expect(await drive(scheduler)).toBe('deadlock');
    expect(seen).toHaveLength(500);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });

  it('breaks ties by the seed: the same order for one seed, other orders for others', async () => {
    const orderOf = async (seed: number): Promise<string> => {
      const scheduler = new Scheduler(new Rng(seed, 'ties'));
      const seen: number[] = [];
      for (let i = 0; i < 8; i++) scheduler.after(5, () => seen.push(i));
      await drive(scheduler);
      return seen.join();
    };
    const orders = await Promise.all([1, 2, 3, 4, 5].map(orderOf));
    expect(await orderOf(1)).toBe(orders[0]);
    expect(new Set(orders).size).toBeGreaterThan(3);
  });

  it('lets a chain of promises of any length settle before the next action', async () => {
    const scheduler = new Scheduler(new Rng(1, 'ties'));
    const seen: string[] = [];
    scheduler.after(1, () => {
      void (async () => {
        for (let i = 0; i < 1_000; i++) await null;
        seen.push('chain');
      })();
    });
    scheduler.after(1, () => seen.push('other'));
    scheduler.after(2, () => seen.push('next'));
    await drive(scheduler);
    expect(seen.at(-1)).toBe('next');
    expect(seen.indexOf('chain')).toBeLessThan(seen.indexOf('next'));
  });

  it('does not run what was cancelled', async () => {
    const scheduler = new Scheduler(new Rng(1, 'ties'));
    let ran = false;
    scheduler.cancel(
      scheduler.after(1, () => {
        ran = true;
      }),
    );
    await drive(scheduler);
    expect(ran).toBe(false);
  });

  it('says how it ended: done, nothing pending, out of steps, out of time', async () => {
    const scheduler = new Scheduler(new Rng(1, 'ties'));
    const again = (): void => void scheduler.after(10, again);
    expect(await drive(scheduler)).toBe('deadlock');
    again();
    expect(await scheduler.run(() => scheduler.nowMs >= 50, LIMITS)).toBe('done');
    expect(await scheduler.run(() => false, { ...LIMITS, maxMs: 200 })).toBe('out_of_time');
    expect(scheduler.nowMs).toBe(200);
    expect(await scheduler.run(() => false, { ...LIMITS, maxSteps: scheduler.steps + 3 })).toBe('out_of_steps');
  });

  it('rejects with what an action throws', async () => {
    const scheduler = new Scheduler(new Rng(1, 'ties'));
    scheduler.after(1, () => {
      throw new Error('thrown by an action');
    });
    await expect(drive(scheduler)).rejects.toThrow('thrown by an action');
  });
});

describe('chance from a seed', () => {
  it('gives known numbers, so that old seeds keep their stories', () => {
    const rng = new Rng(42, 'label');
    expect([rng.next(), rng.next(), rng.next()]).toMatchInlineSnapshot(`
      [
        1666067859,
        2641851942,
        1663228988,
      ]
    `);
  });

  it('differs by label and by either half of the seed', () => {
    const first = (seed: number, label: string): number => new Rng(seed, label).next();
    const all = [first(1, 'a'), first(1, 'b'), first(2, 'a'), first(2 ** 32 + 1, 'a')];
    expect(new Set(all).size).toBe(4);
  });

  it('is uniform enough: every bucket of ten gets its share', () => {
    const rng = new Rng(7, 'buckets');
    const buckets = new Array<number>(10).fill(0);
    for (let i = 0; i < 10_000; i++) buckets[rng.between(0, 9)]! += 1;
    for (const count of buckets) expect(Math.abs(count - 1_000)).toBeLessThan(150);
  });
});
