/** Shrinking and the way into the simulated world, without real parts: what a run on them says is given. */
import { describe, expect, it } from 'vitest';
import { parseCasePlan } from '../sim/case/case-plan.ts';
import { runCase } from '../sim/case/sim-case.ts';
import { drawPlan } from './draw-plan.ts';
import { type DrawnPlan, laneOf } from './drawn-plan.ts';
import { shrinkDrawn } from './shrink-drawn.ts';
import { simCounterpart } from './sim-counterpart.ts';

const PASSES = { verdict: 'PASS', failures: [] } as const;
const FAILS = {
  verdict: 'FAIL',
  failures: [{ guarantee: 'G2', kind: 'id_twice', message: 'an id is there twice' }],
} as const;
/** Long enough for what is done here; no clock. */
const still = { nowMs: () => 0 };

/** The first seed whose plan is as wanted. */
function seedOf(isWanted: (plan: DrawnPlan) => boolean): number {
  let seed = 1;
  while (!isWanted(drawPlan(seed))) seed++;
  return seed;
}

describe('shrinking on real parts', () => {
  const seed = seedOf(({ faults }) => faults.length === 4 && faults.some(({ what }) => what === 'second_owner'));
  const isTheCulprit = ({ faults }: DrawnPlan): boolean => faults.some(({ what }) => what === 'second_owner');

  it('ends with the fault that matters', async () => {
    const run = async (plan: DrawnPlan) => (isTheCulprit(plan) ? FAILS : PASSES);
    const shrunk = await shrinkDrawn(drawPlan(seed), FAILS, { runtime: still, forMs: 1, run });
    expect(shrunk.world).toBe('real');
    expect((shrunk.plan as DrawnPlan).faults.map(({ what }) => what)).toEqual(['second_owner']);
    expect(shrunk.attempts).toBeLessThanOrEqual(20);
  });

  it('keeps to a failure of the same guarantee', async () => {
    const run = async () => ({ verdict: 'FAIL', failures: [{ ...FAILS.failures[0], guarantee: 'G1' }] }) as const;
    const shrunk = await shrinkDrawn(drawPlan(seed), FAILS, { runtime: still, forMs: 1, run });
    expect(shrunk.plan).toEqual(drawPlan(seed));
  });

  it('stops when its time is over', async () => {
    let nowMs = 0;
    let runs = 0;
    const run = async () => {
      runs++;
      nowMs += 1_000;
      return FAILS;
    };
    const plan = drawPlan(seed);
    await shrinkDrawn(plan, FAILS, { runtime: { nowMs: () => nowMs }, forMs: 1_500, run });
    expect(runs).toBe(2);
  });
});

describe('the counterpart in the simulated world', () => {
  it('is a case that runs and passes, and says what it leaves out', async () => {
    for (let seed = 1; seed <= 20; seed++) {
      const drawn = drawPlan(seed);
      const { plan, leftOut } = simCounterpart(drawn, seed);
      expect(leftOut.length).toBeLessThanOrEqual(drawn.faults.length);
      if (plan === undefined) continue;
      parseCasePlan(plan, `counterpart of ${seed}`);
      const { verdict, failures, unknown } = await runCase(plan);
      expect([seed, verdict, failures, unknown]).toEqual([seed, 'PASS', [], []]);
    }
  }, 60_000);

  it('leaves out what exists on real parts alone', () => {
    const seed = seedOf(({ faults }) => faults.length === 1 && laneOf(faults[0]!) === 'kafka');
    const drawn = drawPlan(seed);
    const delay = { what: 'network_delay', on: 'kafka', delayMs: 50, forMs: 100, when: { afterRecords: 0 } } as const;
    expect(simCounterpart({ ...drawn, faults: [delay] }, 1)).toEqual({
      plan: undefined,
      leftOut: ['network_delay kafka'],
    });
  });
});
