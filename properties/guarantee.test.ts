/**
 * G1 to G6 after every drawn plan, judged by the independent oracle. A failing case is printed as a plan: save it and run
 * `npm run lab -- replay FILE`. More of the swarm, and what it must have been through: swarm.long.test.ts.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runCase } from '../src/lab/sim/case/sim-case.ts';
import { anyCase } from './arbitraries.ts';
import { runSwarm } from './swarm.ts';

const SEED = 20_260_101;
const DRAWN_CASES = 250;
const SWARM_CASES = 120;

describe('the guarantee', () => {
  it('holds after every drawn workload, fault plan and batch size', async () => {
    await fc.assert(
      fc.asyncProperty(anyCase, async (plan) => {
        const { verdict, failures, unknown } = await runCase(plan);
        expect([verdict, failures, unknown]).toEqual(['PASS', [], []]);
      }),
      {
        seed: SEED,
        numRuns: DRAWN_CASES,
        endOnFailure: false,
        interruptAfterTimeLimit: 60_000,
        markInterruptAsFailure: true,
      },
    );
  }, 90_000);

  it('holds after every plan of a swarm', async () => {
    await runSwarm(SWARM_CASES);
  }, 90_000);
});
