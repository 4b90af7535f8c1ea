/** Cases with a rules file: payments in a form of somebody's own, and files of other revisions that lives bring. */
import type { CasePlan } from '../../sim/case/case-plan.ts';
import { withRules } from '../../sim/case/draw-rules.ts';
import { CALM } from '../../sim/case/noise.ts';
import { DEFAULT_DIALS, drawWorkload } from '../../sim/case/workload.ts';
import type { Rng } from '../../sim/world/rng.ts';
import { base, RECORDS, restartsAndLostDisk, SPAN_MS } from './base.ts';

export function mappedCase(rng: Rng, seed: number): CasePlan {
  const dials = { ...DEFAULT_DIALS, seed, records: RECORDS, spanMs: SPAN_MS, duplicateChance: 0.2, lateChance: 0.1 };
  const drawn = base(rng, seed, { processes: ['a', 'b'], workload: drawWorkload({ ...dials, partitions: 1 }) });
  const faults = restartsAndLostDisk(rng);
  const plan = { ...drawn, noise: { ...CALM, latencyMsMax: rng.pick([20, 150]) }, faults };
  return withRules(plan, rng);
}
