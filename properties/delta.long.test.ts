/** The guarantee on Delta Lake after every plan of a larger swarm; and the marks: what a suite that passes must have been through. */
import { expect, test } from 'vitest';
import { type CoverageMark, missingCoverage } from '../src/lab/sim/case/coverage-marks.ts';
import { runDeltaSwarm } from './swarm.ts';

const SWARM_CASES = 400;
/** Too rare for this budget. `lab explore --sink delta` demands them of its 5,000 runs. */
const LEFT_TO_EXPLORE: readonly CoverageMark[] = [
  'stale_commit_accepted',
  'put_under_freed_name',
  'foreign_commit',
  'put_landed_late',
];

test('the guarantee holds on Delta Lake after a larger swarm, which goes through everything that it is made for', async () => {
  const counts = await runDeltaSwarm(SWARM_CASES);
  const missing = missingCoverage(new Map(Object.entries(counts.marks) as [CoverageMark, number][]), 'delta');
  expect(missing.filter((mark) => !LEFT_TO_EXPLORE.includes(mark))).toEqual([]);
}, 900_000);
