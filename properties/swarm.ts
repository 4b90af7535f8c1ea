/** Plans of a swarm, each run and judged: what `npm test` does with a few of them and the long tests with many. */
import { expect } from 'vitest';
import { addRun, emptyCounts } from '../src/lab/explore/outcome-counts.ts';
import { caseSeed } from '../src/lab/explore/run-chunk.ts';
import { drawCase } from '../src/lab/sim/case/draw-case.ts';
import { drawDeltaCase } from '../src/lab/sim/case/draw-delta.ts';
import { runCase } from '../src/lab/sim/case/sim-case.ts';

const SEED = 20_260_101;

/** Runs as many cases, each of which must pass, and holds their faults to what a swarm is for. */
export async function runSwarm(cases: number): Promise<ReturnType<typeof emptyCounts>> {
  const counts = emptyCounts();
  for (let run = 0; run < cases; run++) {
    // One case in eight has a damaged log: a stop with a named error is rare otherwise.
    const drawn = drawCase(caseSeed(SEED, run), run % 8 === 0 ? { records: 120, damageChance: 1 } : { records: 120 });
    // In every third case a checkpoint is always in flight, so commits come late.
    const plan = run % 3 === 0 ? { ...drawn, limits: { checkpointIntervalMs: 30 } } : drawn;
    const outcome = await runCase(plan);
    expect([plan.seed, outcome.verdict, outcome.failures, outcome.unknown]).toEqual([plan.seed, 'PASS', [], []]);
    addRun(counts, plan, outcome);
  }
  expect(counts.runsWithThreeFaults).toBeGreaterThan(cases * 0.8);
  // Faults that strike when nothing is in flight prove nothing.
  expect(counts.overlapping).toBeGreaterThan(counts.fired * 0.9);
  return counts;
}

/** The same on Delta Lake. */
export async function runDeltaSwarm(cases: number): Promise<ReturnType<typeof emptyCounts>> {
  const counts = emptyCounts();
  for (let run = 0; run < cases; run++) {
    const plan = drawDeltaCase(
      caseSeed(SEED, run),
      run % 8 === 0 ? { records: 100, damageChance: 1 } : { records: 100 },
    );
    const outcome = await runCase(plan);
    expect([plan.seed, outcome.verdict, outcome.failures, outcome.unknown]).toEqual([plan.seed, 'PASS', [], []]);
    addRun(counts, plan, outcome);
  }
  return counts;
}
