/**
 * Shrinks a drawn plan that broke a guarantee. First in the simulated world, where a run takes milliseconds: the same plan as
 * far as its faults exist there, from a few seeds; if the same guarantee breaks, that case is shrunk. Otherwise fast-check
 * shrinks the drawing and every candidate runs on real parts: bounded by time and by attempts.
 */
import fc from 'fast-check';
import type { Runtime } from '../../base/runtime.ts';
import { shrink } from '../explore/shrink.ts';
import { runPlanInChild, type ToldOutcome } from '../mutants/start-child.ts';
import type { CasePlan } from '../sim/case/case-plan.ts';
import { type CaseOutcome, runCase } from '../sim/case/sim-case.ts';
import { anyDrawnPlan, DRAWING, intSeed } from './draw-plan.ts';
import type { DrawnPlan } from './drawn-plan.ts';
import type { DrawnOutcome } from './run-drawn-plan.ts';
import { simCounterpart } from './sim-counterpart.ts';

export interface ShrinkDrawnOptions {
  /** That the plan was drawn from. */
  readonly seed: number;
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
  const { smallest, attempts } = await shrinkOnRealParts(plan, wanted, endsAtMs, options);
  return { world: 'real', plan: smallest, attempts, sim: { runs: inSim.runs, leftOut: inSim.leftOut } };
}

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

/** Drawn once more from its seed, as a value that fast-check knows how to make smaller. */
async function shrinkOnRealParts(
  plan: DrawnPlan,
  wanted: Guarantees,
  endsAtMs: number,
  { seed, runtime, run }: ShrinkDrawnOptions,
): Promise<{ smallest: DrawnPlan; attempts: number }> {
  let attempts = 0;
  let smallest = plan;
  let isFirst = true;
  const property = fc.asyncProperty(anyDrawnPlan, async (candidate) => {
    if (isFirst) {
      isFirst = false;
      return false; // it is known to fail
    }
    if (attempts >= REAL_ATTEMPTS_MAX || runtime.nowMs() >= endsAtMs) return true;
    attempts++;
    if (!breaks(await run(candidate, attempts), wanted)) return true;
    smallest = candidate;
    return false;
  });
  await fc.check(property, { ...DRAWING, seed: intSeed(seed) });
  return { smallest, attempts };
}
