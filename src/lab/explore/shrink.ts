/**
 * Shrinks a case that does not pass to a small one that fails the same way: the same guarantee and kind of finding (or, for
 * UNKNOWN, the same sort of reason). First what the noise did is written out as faults, so that it can be taken away one by
 * one; then the passes of a case run (shrink-passes.ts), by the shrinker of all plans (src/lab/delta-debugging.ts).
 */
import type { Runtime } from '../../base/runtime.ts';
import { bounded, shrinkBy } from '../delta-debugging.ts';
import type { CasePlan } from '../sim/case/case-plan.ts';
import { type CaseOutcome, runCase } from '../sim/case/sim-case.ts';
import { byTheClock, leap } from './shrink-leaps.ts';
import { PASSES, withoutNoise } from './shrink-passes.ts';

export interface ShrinkOptions {
  readonly runtime: Pick<Runtime, 'nowMs'>;
  readonly forMs: number;
  /** How a plan is run; default: runCase, with less time to drain. */
  readonly run?: (plan: CasePlan) => Promise<CaseOutcome>;
}

const ATTEMPTS_MAX = 20_000;
/** A broken processor often never drains; what it did wrong is seen before. */
const DRAIN_MS = 60_000;

/** What makes two failures the same: guarantee and kind. */
export function signature({
  verdict,
  failures,
  unknown,
}: Pick<CaseOutcome, 'verdict' | 'failures' | 'unknown'>): string {
  const [first] = failures;
  if (first !== undefined) return nameOf(first);
  // The sort of reason, without its numbers.
  return `${verdict} ${(unknown[0] ?? '').replace(/\d+/g, 'N').slice(0, 30)}`;
}

/** A smaller plan that fails as this one does; the plan itself where it passes. */
export async function shrink(plan: CasePlan, options: ShrinkOptions): Promise<CasePlan> {
  const { runtime, forMs, run = (candidate) => runCase(candidate, { drainMs: DRAIN_MS }) } = options;
  const original = await run(plan);
  if (original.verdict === 'PASS') return plan;
  const wanted = signature(original);
  const fails = async (candidate: CasePlan): Promise<boolean> => {
    const outcome = await run(candidate);
    return outcome.failures.some((failure) => nameOf(failure) === wanted) || signature(outcome) === wanted;
  };
  const { stillFails } = bounded<CasePlan>(fails, { runtime, forMs, attemptsMax: ATTEMPTS_MAX });
  let smallest = plan;
  const written = withoutNoise(plan, original.drawn);
  if (await stillFails(written)) smallest = written;
  const timed = byTheClock(smallest, await run(smallest));
  if (await stillFails(timed)) smallest = timed;
  return shrinkBy(await leap(smallest, stillFails), PASSES, stillFails);
}

function nameOf({ guarantee, kind }: CaseOutcome['failures'][number]): string {
  return `${guarantee ?? 'stop'} ${kind}`;
}
