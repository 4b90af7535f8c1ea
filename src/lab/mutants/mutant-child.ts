/**
 * One process, one mutant (or the control): `node mutant-child.ts '<JSON of MutantTask>'`. Loads the code with the mutant's
 * patches, runs cases in the simulated world, prints the result as one line of JSON.
 */
import type { CasePlan } from '../sim/case/case-plan.ts';
import { requireMutant } from './catalogue.ts';
import { installMutant } from './patch-hook.ts';
import type { Budget } from './run-budget.ts';

export interface MutantTask {
  /** Left out: the control, the code as it is. */
  readonly mutant?: string;
  /** Runs until a kill. The result is a BudgetResult, whose plan is shrunk for so long where that is given. */
  readonly budget?: Budget & { readonly shrinkMs?: number };
  /** Or one run. The result is a CaseOutcome, without its maps. */
  readonly plan?: CasePlan;
}

const { mutant, budget, plan } = JSON.parse(process.argv[2] ?? '') as MutantTask;
const unapplied = mutant === undefined ? () => [] : installMutant(requireMutant(mutant), 'sim');
// Only now: what is loaded before the hook is not patched.
const { runBudget } = await import('./run-budget.ts');
// Loaded by cases that need it; then a patch of it counts as loaded.
if (budget?.family.startsWith('delta-') || plan?.sink === 'delta') await import('../sim/delta/delta-parts.ts');
const missed = unapplied();
if (missed.length > 0) throw new Error(`mutant ${mutant}: never loaded: ${missed.join(', ')}`);
process.stdout.write(`${JSON.stringify(plan === undefined ? await drawn() : await one(plan))}\n`);

async function drawn(): Promise<object> {
  if (budget === undefined) throw new Error('a task has a budget or a plan');
  const result = await runBudget(budget);
  if (budget.shrinkMs === undefined || result.plan === undefined) return result;
  const { shrink } = await import('../explore/shrink.ts');
  const { systemRuntime } = await import('../../base/system-runtime.ts');
  return { ...result, plan: await shrink(result.plan, { runtime: systemRuntime, forMs: budget.shrinkMs }) };
}

async function one(given: CasePlan): Promise<object> {
  const { runCase } = await import('../sim/case/sim-case.ts');
  return runCase(given);
}
