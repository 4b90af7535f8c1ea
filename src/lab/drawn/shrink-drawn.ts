/**
 * Shrinks a drawn plan that broke a guarantee. First in the simulated world, where a run takes milliseconds: the same plan as
 * far as its faults exist there, from a few seeds; if the same guarantee breaks, that case is shrunk. Otherwise faults are left
 * out, every candidate running on real parts.
 */
import type { Runtime } from '../../base/runtime.ts';
import { bounded, fewerOf, shrinkBy } from '../delta-debugging.ts';
import { shrink } from '../explore/shrink.ts';
import { runPlanInChild, type ToldOutcome } from '../mutants/start-child.ts';
import type { CasePlan } from '../sim/case/case-plan.ts';
import { type CaseOutcome, runCase } from '../sim/case/sim-case.ts';
import type { DrawnFault, DrawnPlan } from './drawn-plan.ts';
import type { DrawnOutcome } from './run-drawn-plan.ts';
import { simCounterpart } from './sim-counterpart.ts';

export interface ShrinkDrawnOptions {
  readonly runtime: Pick<Runtime, 'nowMs'>;
  readonly forMs: number;
  readonly mutant?: string;
  /** On real parts. */
  readonly run: (plan: DrawnPlan, attempt: number) => Promise<Pick<DrawnOutcome, 'verdict' | 'failures'>>;
}

export interface Shrunk {
  /** Where the plan below fails. */
  readonly world: 'sim' | 'real';
  readonly plan: CasePlan | DrawnPlan;
  readonly attempts: number;
  /** What the simulated world cannot do of it, and whether it was asked. */
  readonly sim: { readonly runs: number; readonly leftOut: readonly string[] };
}

const SIM_SEEDS = 10;
const SIM_SEEDS_AS_MUTANT = 3;
const REAL_ATTEMPTS_MAX = 20;
const DRAIN_MS = 60_000;

export async function shrinkDrawn(
  plan: DrawnPlan,
  outcome: Pick<DrawnOutcome, 'failures'>,
  options: ShrinkDrawnOptions,
): Promise<Shrunk> {
  const endsAtMs = options.runtime.nowMs() + options.forMs;
  const wanted = new Set(outcome.failures.map(({ guarantee }) => guarantee));
  const inSim = await trySim(plan, wanted, endsAtMs, options);
  if (inSim.plan !== undefined) {
    return { world: 'sim', plan: inSim.plan, attempts: inSim.runs, sim: { runs: inSim.runs, leftOut: inSim.leftOut } };
  }
  const failsOnRealParts = async (candidate: DrawnPlan): Promise<boolean> =>
    breaks(await options.run(candidate, shrinking.attempts()), wanted);
  const forMs = endsAtMs - options.runtime.nowMs();
  const bounds = { runtime: options.runtime, forMs, attemptsMax: REAL_ATTEMPTS_MAX };
  const shrinking = bounded(failsOnRealParts, bounds);
  const smallest = await shrinkBy(plan, [fewerFaults], shrinking.stillFails);
  return {
    world: 'real',
    plan: smallest,
    attempts: shrinking.attempts(),
    sim: { runs: inSim.runs, leftOut: inSim.leftOut },
  };
}

/** The only pass on real parts: every candidate costs seconds. */
const fewerFaults = fewerOf<DrawnPlan, DrawnFault>(
  ({ faults }) => faults,
  (plan, faults) => ({ ...plan, faults: [...faults] }),
  1,
);

type Guarantees = ReadonlySet<DrawnOutcome['failures'][number]['guarantee']>;
type Judged = Pick<CaseOutcome, 'failures'>;

const breaks = ({ failures }: Judged, wanted: Guarantees): boolean =>
  failures.some(({ guarantee }) => wanted.has(guarantee));

async function trySim(
  plan: DrawnPlan,
  wanted: Guarantees,
  endsAtMs: number,
  { mutant, runtime }: ShrinkDrawnOptions,
): Promise<{ plan?: CasePlan; runs: number; leftOut: readonly string[] }> {
  const run = (candidate: CasePlan): Promise<CaseOutcome | ToldOutcome> =>
    mutant === undefined ? runCase(candidate, { drainMs: DRAIN_MS }) : runPlanInChild(mutant, candidate);
  let runs = 0;
  let leftOut: readonly string[] = [];
  for (let seed = 1; seed <= (mutant === undefined ? SIM_SEEDS : SIM_SEEDS_AS_MUTANT); seed++) {
    const counterpart = simCounterpart(plan, seed);
    leftOut = counterpart.leftOut;
    if (counterpart.plan === undefined || runtime.nowMs() >= endsAtMs) break;
    runs++;
    if (!breaks(await run(counterpart.plan), wanted)) continue;
    // What a child tells has everything that shrinking asks of an outcome.
    const asOutcome = async (candidate: CasePlan): Promise<CaseOutcome> => (await run(candidate)) as CaseOutcome;
    const forMs = endsAtMs - runtime.nowMs();
    return { plan: await shrink(counterpart.plan, { runtime, forMs, run: asOutcome }), runs, leftOut };
  }
  return { runs, leftOut };
}
