/** Every mutant of the catalogue is caught by what it must break, and the code as it is passes the same cases, as far as they went. */
import { availableParallelism } from 'node:os';
import { expect, test } from 'vitest';
import { MUTANTS } from './catalogue.ts';
import { runMutants } from './kill-matrix.ts';
import { complaints } from './mutants-text.ts';

/** Each needs an entry between another owner's read and its claim, which is drawn more rarely. */
const RARE: readonly string[] = ['delta-history-from-before'];

test.each([
  ['all mutants', MUTANTS.filter(({ name }) => !RARE.includes(name)), 80],
  ['mutants that break rarely', MUTANTS.filter(({ name }) => RARE.includes(name)), 240],
] as const)('%s are caught in the simulated world, and the control passes', async (_, mutants, budget) => {
  const jobs = Math.min(2, availableParallelism());
  expect(mutants.length).toBeGreaterThan(0);
  const report = await runMutants({ mutants, budget, seed: 1, jobs, control: 'as-far', nowMs: () => 0 });
  expect(complaints(report)).toEqual([]);
  expect(report.verdict).toBe('PASS');
  for (const { family, runs } of report.mutants)
    expect(report.control.families[family]?.runs).toBeGreaterThanOrEqual(runs);
});
