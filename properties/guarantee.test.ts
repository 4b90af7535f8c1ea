/**
 * G1 to G6 after every drawn plan, judged by the independent oracle; and the marks: what a suite that passes must have been
 * through. A failing case is printed as a plan: save it and run `npm run lab -- replay FILE`.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addRun, emptyCounts } from '../src/lab/explore/outcome-counts.ts';
import { caseSeed } from '../src/lab/explore/run-chunk.ts';
import { type CoverageMark, missingCoverage } from '../src/lab/sim/case/coverage-marks.ts';
import { drawCase } from '../src/lab/sim/case/draw-case.ts';
import { runCase } from '../src/lab/sim/case/sim-case.ts';
import { anyCase } from './arbitraries.ts';

const SEED = 20_260_101;
const DRAWN_CASES = 250;
const SWARM_CASES = 800;
/** One run in a few hundred goes through it: too rare for this budget. `lab explore` demands it of its 5,000 runs. */
const LEFT_TO_EXPLORE: readonly CoverageMark[] = ['stale_commit_accepted'];

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

  it('holds after every plan of a swarm, which between them go through everything that it is made for', async () => {
    const counts = emptyCounts();
    for (let run = 0; run < SWARM_CASES; run++) {
      // One case in eight has a damaged log: a stop with a named error is rare otherwise.
      const drawn = drawCase(caseSeed(SEED, run), run % 8 === 0 ? { records: 120, damageChance: 1 } : { records: 120 });
      // Checkpoints are always under way in every third: commits then come late.
      const plan = run % 3 === 0 ? { ...drawn, limits: { checkpointIntervalMs: 30 } } : drawn;
      const outcome = await runCase(plan);
      expect([plan.seed, outcome.verdict, outcome.failures, outcome.unknown]).toEqual([plan.seed, 'PASS', [], []]);
      addRun(counts, plan, outcome);
    }
    const missing = missingCoverage(new Map(Object.entries(counts.marks) as [CoverageMark, number][]));
    expect(missing.filter((mark) => !LEFT_TO_EXPLORE.includes(mark))).toEqual([]);
    expect(counts.runsWithThreeFaults).toBeGreaterThan(SWARM_CASES * 0.8);
    // Faults that strike when nothing is under way prove nothing.
    expect(counts.overlapping).toBeGreaterThan(counts.fired * 0.9);
  }, 90_000);
});
