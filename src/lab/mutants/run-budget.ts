/** Runs the cases of one family against the code as it is loaded in this process, until the budget or a kill ends it. */
import type { CasePlan } from '../sim/case/case-plan.ts';
import { type CaseOutcome, runCase } from '../sim/case/sim-case.ts';
import { drawFamilyCase } from './families.ts';
import type { Family, MustBreak, Mutant } from './mutant.ts';

/** What must be found: the guarantee of a mutant, by its anomaly. */
export type Wanted = Pick<Mutant, 'guarantee' | 'anomaly'>;

export interface Budget {
  readonly family: Family;
  readonly runs: number;
  readonly seed: number;
  /** Stop at the first run that shows this; left out: run them all. */
  readonly until?: Wanted;
}

/** The first time that something broke: in which run, from 1, and as what. */
export interface FirstTime {
  readonly run: number;
  readonly kind: string;
}

export interface BudgetResult {
  readonly runs: number;
  readonly broke: Partial<Record<MustBreak, FirstTime>>;
  /** The case that showed what was wanted. */
  readonly plan?: CasePlan;
}

export async function runBudget({ family, runs, seed, until }: Budget): Promise<BudgetResult> {
  const broke: BudgetResult['broke'] = {};
  for (let run = 1; run <= runs; run++) {
    const plan = drawFamilyCase(family, seed + run - 1);
    const found = findingsOf(await runCase(plan));
    for (const { guarantee, anomaly } of found) broke[guarantee] ??= { run, kind: anomaly };
    if (until !== undefined && found.some((one) => isWanted(one, until))) {
      return { runs: run, broke: { ...broke, [until.guarantee]: { run, kind: until.anomaly } }, plan };
    }
  }
  return { runs, broke };
}

export function isWanted(found: Wanted, wanted: Wanted): boolean {
  return found.guarantee === wanted.guarantee && found.anomaly === wanted.anomaly;
}

/**
 * What a run broke. A stop that nothing excuses, a crash of the code and a run that does not drain are `liveness`: they are
 * no proof that the oracle sees anything.
 */
export function findingsOf({ failures, unknown }: Pick<CaseOutcome, 'failures' | 'unknown'>): Wanted[] {
  const found: Wanted[] = failures.map(({ guarantee, kind }) => ({
    guarantee: guarantee ?? 'liveness',
    anomaly: kind,
  }));
  if (unknown.length > 0) found.push({ guarantee: 'liveness', anomaly: 'stuck' });
  return found;
}
