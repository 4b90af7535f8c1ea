/** The guarantee after every plan of a larger swarm; and the marks: what a suite that passes must have been through. */
import { expect, test } from 'vitest';
import { type CoverageMark, missingCoverage } from '../src/lab/sim/case/coverage-marks.ts';
import { runSwarm } from './swarm.ts';

const SWARM_CASES = 800;
/** One run in a few hundred goes through it: too rare for this budget. `lab explore` demands it of its 5,000 runs. */
const LEFT_TO_EXPLORE: readonly CoverageMark[] = ['stale_commit_accepted'];

test('the guarantee holds after every plan of a swarm, which between them go through everything that it is made for', async () => {
  const counts = await runSwarm(SWARM_CASES);
  const missing = missingCoverage(new Map(Object.entries(counts.marks) as [CoverageMark, number][]));
  expect(missing.filter((mark) => !LEFT_TO_EXPLORE.includes(mark))).toEqual([]);
});
