/**
 * Mutants against the simulated world: each runs the cases of its family, in a process of its own, until what it must break
 * is broken; the control, the code as it is, runs the same cases of every family to the end of the budget.
 *
 * FAIL: a survivor, a mutant that only something else gave away, or a control that is not clean.
 */
import { ConfigurationError } from '../../base/errors.ts';
import { MUTANTS, requireMutant } from './catalogue.ts';
import { FAMILIES, type Family, type MustBreak, type Mutant } from './mutant.ts';
import { misfits } from './patch-hook.ts';
import type { BudgetResult, FirstTime } from './run-budget.ts';
import { runBudgetInChild } from './start-child.ts';

export interface MutantResult {
  readonly name: string;
  readonly guarantee: MustBreak;
  readonly anomaly: string;
  readonly family: Family;
  /** By its own guarantee, as its own anomaly. */
  readonly killed: boolean;
  /** Its guarantee where it was killed; else what broke first instead, or null where nothing did. */
  readonly killedBy: MustBreak | null;
  /** Runs until the kill, or all there were. */
  readonly runs: number;
  /** What else broke up to then, as `G5 rows_extra`. */
  readonly alsoBroke: readonly string[];
  /** With `allFamilies`: runs until the kill in each family; null where the budget did not show it. */
  readonly families?: Partial<Record<Family, number | null>>;
}

export interface ControlResult {
  readonly passed: boolean;
  readonly runs: number;
  readonly families: Partial<Record<Family, { readonly runs: number; readonly broke: BudgetResult['broke'] }>>;
}

export interface MutantsReport {
  readonly verdict: 'PASS' | 'FAIL';
  readonly seed: number;
  /** Runs at most, per mutant and per family of the control. */
  readonly budget: number;
  readonly mutants: readonly MutantResult[];
  readonly control: ControlResult;
  readonly tookMs: number;
}

export interface MatrixOptions {
  readonly mutants: readonly Mutant[];
  readonly budget: number;
  readonly seed: number;
  /** Processes at a time. */
  readonly jobs: number;
  /**
   * How far the control goes in each family: through the whole budget, or (in `npm test`) as far as a mutant had to, and at
   * least through CONTROL_RUNS_MIN. Default: the whole budget.
   */
  readonly control?: 'budget' | 'as-far';
  /** Every mutant in every family, not only in its own: minutes, for the documentation. */
  readonly allFamilies?: boolean;
  readonly nowMs: () => number;
  readonly onResult?: (text: string) => void;
}

const CONTROL_RUNS_MIN = 20;

/** Throws ConfigurationError where a mutant no longer fits the code. */
export async function runMutants(options: MatrixOptions): Promise<MutantsReport> {
  const { mutants, budget, seed, jobs, nowMs, onResult = () => {} } = options;
  const startedMs = nowMs();
  const problems = misfits(mutants);
  if (problems.length > 0) throw new ConfigurationError(problems);
  const families = FAMILIES.filter(
    (family) => options.allFamilies === true || mutants.some((mutant) => mutant.family === family),
  );
  const control = new Map<Family, BudgetResult>();
  const results = new Map<string, MutantResult>();
  const asFar = (family: Family): number =>
    Math.max(
      CONTROL_RUNS_MIN,
      ...[...results.values()].filter((each) => each.family === family).map(({ runs }) => runs),
    );
  const controlTasks = families.map((family) => async () => {
    const runs = options.control === 'as-far' ? Math.min(budget, asFar(family)) : budget;
    control.set(family, await runBudgetInChild({ family, runs, seed }));
    onResult(`control, ${family}: ${Object.keys(control.get(family)!.broke).join(' ') || 'clean'}`);
  });
  const mutantTasks = mutants.map((mutant) => async () => {
    const result = await runMutant(mutant, options, families);
    results.set(mutant.name, result);
    onResult(`${mutant.name}: ${result.killed ? `${result.killedBy} after ${result.runs}` : 'not killed'}`);
  });
  if (options.control === 'as-far') {
    await inParallel(mutantTasks, jobs);
    await inParallel(controlTasks, jobs);
  } else {
    // The control first: it takes longest, and is what the others are worth.
    await inParallel([...controlTasks, ...mutantTasks], jobs);
  }
  const controlResult = summary(families, control);
  const mutantResults = mutants.map(({ name }) => results.get(name)!);
  const isGood = controlResult.passed && mutantResults.every(({ killed }) => killed);
  const tookMs = Math.round(nowMs() - startedMs);
  return { verdict: isGood ? 'PASS' : 'FAIL', seed, budget, mutants: mutantResults, control: controlResult, tookMs };
}

/** By name, in the order of the catalogue; all where none is named. Throws ConfigurationError for an unknown one. */
export function chooseMutants(names: readonly string[]): readonly Mutant[] {
  const wanted = new Set(names.map(requireMutant));
  return wanted.size === 0 ? MUTANTS : MUTANTS.filter((mutant) => wanted.has(mutant));
}

async function runMutant(
  mutant: Mutant,
  { budget, seed, allFamilies }: MatrixOptions,
  families: readonly Family[],
): Promise<MutantResult> {
  const { name, guarantee, anomaly, family: home } = mutant;
  const run = (family: Family): Promise<BudgetResult> =>
    runBudgetInChild({ mutant: name, family, runs: budget, seed, until: { guarantee, anomaly } });
  const { plan, broke, runs } = await run(home);
  const killed = plan !== undefined;
  const others = Object.entries(broke) as [MustBreak, FirstTime][];
  const first = others.toSorted(([, a], [, b]) => a.run - b.run)[0]?.[0] ?? null;
  const result: MutantResult = {
    name,
    guarantee,
    anomaly,
    family: home,
    killed,
    killedBy: killed ? guarantee : first,
    runs,
    alsoBroke: others.filter(([what]) => !killed || what !== guarantee).map(([what, { kind }]) => `${what} ${kind}`),
  };
  if (allFamilies !== true) return result;
  const found: Partial<Record<Family, number | null>> = { [home]: killed ? runs : null };
  for (const family of families) {
    if (family === home) continue;
    const other = await run(family);
    found[family] = other.plan === undefined ? null : other.runs;
  }
  return { ...result, families: found };
}

function summary(families: readonly Family[], results: ReadonlyMap<Family, BudgetResult>): ControlResult {
  const all = families.map((family) => [family, results.get(family)!] as const);
  return {
    passed: all.every(([, { broke }]) => Object.keys(broke).length === 0),
    runs: all.reduce((sum, [, { runs }]) => sum + runs, 0),
    families: Object.fromEntries(all.map(([family, { runs, broke }]) => [family, { runs, broke }])),
  };
}

async function inParallel(tasks: readonly (() => Promise<void>)[], jobs: number): Promise<void> {
  const waiting = [...tasks];
  const worker = async (): Promise<void> => {
    for (let task = waiting.shift(); task !== undefined; task = waiting.shift()) await task();
  };
  await Promise.all(Array.from({ length: jobs }, worker));
}
