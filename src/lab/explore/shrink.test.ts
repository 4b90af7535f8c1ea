/** Shrinking: what a broken processor does in a big case, it still does in the small one. */
import { describe, expect, it } from 'vitest';
import { fewer } from '../delta-debugging.ts';
import type { CasePlan } from '../sim/case/case-plan.ts';
import { drawCase } from '../sim/case/draw-case.ts';
import { CALM } from '../sim/case/noise.ts';
import { runCase } from '../sim/case/sim-case.ts';
import type { SimWiring } from '../sim/world/processor-main.ts';
import { shrink, signature } from './shrink.ts';

/** Bounded by attempts alone. */
const still = { nowMs: () => 0 };

/** Counts an append as done when it is sent: acknowledgements are not waited for. */
function forgetful(ports: SimWiring): SimWiring {
  const { streams } = ports;
  return {
    ...ports,
    streams: {
      create: (table) => streams.create(table),
      finalize: (stream) => streams.finalize(stream),
      open(stream) {
        const appender = streams.open(stream);
        return {
          append(rows) {
            appender.append(rows).catch(() => {});
            return Promise.resolve();
          },
          close: () => appender.close(),
        };
      },
    },
  };
}

const runForgetful = (plan: CasePlan) => runCase(plan, { weaken: forgetful, drainMs: 60_000 });

describe('shrinking', () => {
  it('keeps the guarantee and kind of the failure, with at most 10 records and 3 faults', async () => {
    let found: CasePlan | undefined;
    for (let seed = 1; seed <= 60 && found === undefined; seed++) {
      const plan = drawCase(seed, { damageChance: 0 });
      const { failures } = await runForgetful(plan);
      if (failures[0]?.guarantee === 'G1') found = plan;
    }
    const original = found as CasePlan;
    const smallest = await shrink(original, { runtime: still, forMs: 1, run: runForgetful });
    const before = await runForgetful(original);
    const after = await runForgetful(smallest);
    expect(signature(before)).toMatch(/^G1 /);
    expect(after.failures.map((failure) => `${failure.guarantee} ${failure.kind}`)).toContain(signature(before));
    expect(smallest.workload.length).toBeLessThanOrEqual(10);
    expect(smallest.faults.length).toBeLessThanOrEqual(3);
    expect(smallest.noise).toEqual(CALM);
  }, 60_000);

  it('leaves a plan that passes as it is', async () => {
    const plan = drawCase(1, { damageChance: 0, records: 20 });
    expect(await shrink(plan, { runtime: still, forMs: 1 })).toBe(plan);
  });

  it('stops when its time is over', async () => {
    let nowMs = 0;
    let runs = 0;
    const run = async (plan: CasePlan) => {
      runs++;
      nowMs += 10;
      return { ...(await runForgetful(plan)), verdict: 'FAIL' as const };
    };
    await shrink(drawCase(2, { records: 20 }), { runtime: { nowMs: () => nowMs }, forMs: 100, run });
    expect(runs).toBeLessThan(20);
  });
});

describe('leaving out', () => {
  it('ends with what is needed and nothing else', async () => {
    const items = Array.from({ length: 50 }, (_, index) => index);
    const needs = async (kept: readonly number[]): Promise<boolean> => [3, 17, 44].every((one) => kept.includes(one));
    expect(await fewer(items, needs)).toEqual([3, 17, 44]);
  });

  it('gives the list itself where all of it is needed', async () => {
    const items = [1, 2, 3];
    expect(await fewer(items, async (kept) => kept.length === 3)).toBe(items);
  });
});
