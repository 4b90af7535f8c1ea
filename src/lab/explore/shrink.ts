/**
 * Shrinks a case that does not pass to a small one that fails the same way: the same guarantee and kind of finding (or, for
 * UNKNOWN, the same sort of reason). First what the noise did is written out as faults, so that it can be taken away one by
 * one; then everything that can go goes, and numbers get round. Each change is kept only if the case still fails.
 * Bounded by time and by attempts. The result is a plan like any other.
 */
import type { Runtime } from '../../base/runtime.ts';
import type { CasePlan } from '../sim/case/case-plan.ts';
import { type CaseOutcome, runCase } from '../sim/case/sim-case.ts';
import { byTheClock, leap } from './shrink-leaps.ts';
import { PASSES, type StillFails, withoutNoise } from './shrink-passes.ts';

export interface ShrinkOptions {
  readonly runtime: Pick<Runtime, 'nowMs'>;
  readonly forMs: number;
  /** How a plan is run; default: runCase, with less time to drain. */
  readonly run?: (plan: CasePlan) => Promise<CaseOutcome>;
}

const ATTEMPTS_MAX = 20_000;
/** A broken processor often never drains; what it did wrong is seen before. */
const DRAIN_MS = 60_000;
const ROUNDS_MAX = 5;

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
  const endsAtMs = runtime.nowMs() + forMs;
  const original = await run(plan);
  if (original.verdict === 'PASS') return plan;
  const wanted = signature(original);
  let attempts = 0;
  const stillFails: StillFails = async (candidate) => {
    if (attempts >= ATTEMPTS_MAX || runtime.nowMs() >= endsAtMs) return false;
    attempts++;
    const outcome = await run(candidate);
    return outcome.failures.some((failure) => nameOf(failure) === wanted) || signature(outcome) === wanted;
  };
  let smallest = plan;
  const written = withoutNoise(plan, original.drawn);
  if (await stillFails(written)) smallest = written;
  const timed = byTheClock(smallest, await run(smallest));
  if (await stillFails(timed)) smallest = timed;
  smallest = await leap(smallest, stillFails);
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const before = smallest;
    for (const pass of PASSES) smallest = await pass(smallest, stillFails);
    if (smallest === before) break;
  }
  return smallest;
}

function nameOf({ guarantee, kind }: CaseOutcome['failures'][number]): string {
  return `${guarantee ?? 'stop'} ${kind}`;
}
