/**
 * One process, one mutant (or the control): `node mutant-child.ts '<JSON of MutantTask>'`. Loads the code with the mutant's
 * patches, runs the budget in the simulated world, prints the result as one line of JSON.
 */
import { requireMutant } from './catalogue.ts';
import { installMutant } from './patch-hook.ts';
import type { Budget } from './run-budget.ts';

export interface MutantTask extends Budget {
  /** Left out: the control, the code as it is. */
  readonly mutant?: string;
}

const { mutant, ...budget } = JSON.parse(process.argv[2] ?? '') as MutantTask;
const unapplied = mutant === undefined ? () => [] : installMutant(requireMutant(mutant), 'sim');
// Only now: what is loaded before the hook is not patched.
const { runBudget } = await import('./run-budget.ts');
const missed = unapplied();
if (missed.length > 0) throw new Error(`mutant ${mutant}: never loaded: ${missed.map(({ file }) => file).join(', ')}`);
process.stdout.write(`${JSON.stringify(await runBudget(budget))}\n`);
