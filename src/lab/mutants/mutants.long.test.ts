/** Every mutant of the catalogue is caught by what it must break, and the code as it is passes the same cases, as far as they went. */
import { availableParallelism } from 'node:os';
import { expect, test } from 'vitest';
import { MUTANTS } from './catalogue.ts';
import { runMutants } from './kill-matrix.ts';
import { complaints } from './mutants-text.ts';

/** Too rare for this budget: `lab mutants delta-history-from-before --budget 400` (docs/mutants.md). */
const NEEDS_MORE_RUNS: readonly string[] = ['delta-history-from-before'];

test('all mutants are caught in the simulated world, and the control passes', async () => {
  const jobs = Math.min(2, availableParallelism());
  const mutants = MUTANTS.filter(({ name }) => !NEEDS_MORE_RUNS.includes(name));
  const report = await runMutants({ mutants, budget: 80, seed: 1, jobs, control: 'as-far', nowMs: () => 0 });
  expect(complaints(report)).toEqual([]);
  expect(report.verdict).toBe('PASS');
  for (const { family, runs } of report.mutants)
    expect(report.control.families[family]?.runs).toBeGreaterThanOrEqual(runs);
});
