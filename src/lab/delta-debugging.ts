/**
 * Makes a failing plan of any sort smaller. The plan gives the passes; this file runs them, bounds them by
 * time and attempts, and leaves out parts of lists (delta debugging).
 *
 * Invariant: a change is kept only if the plan still fails as it did. The result is a plan like any other.
 */
import type { Runtime } from '../base/runtime.ts';

/** Whether a plan still fails as it should. */
export type StillFails<Plan> = (plan: Plan) => Promise<boolean>;

/** One way of making a plan smaller. Gives a plan that still fails: the one it got, where nothing helped. */
export type Pass<Plan> = (plan: Plan, stillFails: StillFails<Plan>) => Promise<Plan>;

export interface ShrinkBounds {
  readonly runtime: Pick<Runtime, 'nowMs'>;
  readonly forMs: number;
  readonly attemptsMax: number;
}

const ROUNDS_MAX = 5;

/** All passes, again and again, until a round of them changes nothing. */
export async function shrinkBy<Plan>(
  plan: Plan,
  passes: readonly Pass<Plan>[],
  stillFails: StillFails<Plan>,
): Promise<Plan> {
  let smallest = plan;
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const before = smallest;
    for (const pass of passes) smallest = await pass(smallest, stillFails);
    if (smallest === before) break;
  }
  return smallest;
}

/** The same question within bounds: past them it answers no, so that shrinking ends. */
export function bounded<Plan>(
  stillFails: StillFails<Plan>,
  { runtime, forMs, attemptsMax }: ShrinkBounds,
): { readonly stillFails: StillFails<Plan>; readonly attempts: () => number } {
  const endsAtMs = runtime.nowMs() + forMs;
  let attempts = 0;
  return {
    attempts: () => attempts,
    stillFails: async (plan) => {
      if (attempts >= attemptsMax || runtime.nowMs() >= endsAtMs) return false;
      attempts++;
      return stillFails(plan);
    },
  };
}

/** The pass that leaves out parts of one list of a plan. `atLeast`: the smallest number that is kept. */
export function fewerOf<Plan, T>(
  listOf: (plan: Plan) => readonly T[],
  withList: (plan: Plan, list: readonly T[]) => Plan,
  atLeast = 0,
): Pass<Plan> {
  return async (plan, stillFails) => {
    const list = listOf(plan);
    const kept = await fewer(list, async (some) => some.length >= atLeast && (await stillFails(withList(plan, some))));
    return kept === list ? plan : withList(plan, kept);
  };
}

/** Leaves out ever smaller parts of a list. Gives the list itself where nothing could go. */
export async function fewer<T>(
  items: readonly T[],
  isEnough: (kept: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  let kept = items;
  if (kept.length > 0 && (await isEnough([]))) return [];
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < kept.length; ) {
      const candidate = [...kept.slice(0, from), ...kept.slice(from + size)];
      if (candidate.length < kept.length && (await isEnough(candidate))) kept = candidate;
      else from += size;
    }
  }
  return kept;
}

export async function firstFailing<Plan>(
  candidates: readonly Plan[],
  stillFails: StillFails<Plan>,
): Promise<Plan | undefined> {
  for (const candidate of candidates) if (await stillFails(candidate)) return candidate;
  return undefined;
}
