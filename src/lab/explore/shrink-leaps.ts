/**
 * Large steps that come before the small ones of shrink-passes.ts, because a fault that waits for its n-th hit or record
 * keeps all the records that bring it there.
 */

import { firstFailing, type StillFails } from '../delta-debugging.ts';
import type { SimFault, SimWhen } from '../fault.ts';
import type { CasePlan } from '../sim/case/case-plan.ts';
import type { CaseOutcome } from '../sim/case/sim-case.ts';
import type { WorkloadRecord } from '../sim/case/workload.ts';
import { withOtherSeeds } from './shrink-passes.ts';

const SIZES = [2, 5, 10, 20, 40];
const BURST_LATER_MS = 500;

/** Faults that waited for a number of records strike at the time at which they did. */
export function byTheClock(plan: CasePlan, { fired, firedAtMs }: Pick<CaseOutcome, 'fired' | 'firedAtMs'>): CasePlan {
  const faults = plan.faults.map((fault) => {
    const at = fired.indexOf(fault);
    return at >= 0 && 'records' in fault.when ? { ...fault, when: { atMs: firedAtMs[at] as number } } : fault;
  });
  return { ...plan, faults };
}

/** The smallest sample of the records that fails, with the faults moved to where they strike it. */
export async function leap(plan: CasePlan, stillFails: StillFails<CasePlan>): Promise<CasePlan> {
  const { workload } = plan;
  for (const size of SIZES.filter((size) => size < workload.length)) {
    const share = size / workload.length;
    const first = workload.slice(0, size);
    const spread = Array.from({ length: size }, (_, i) => workload[Math.floor(i / share)] as WorkloadRecord);
    const scaled = plan.faults.map((fault) => ({ ...fault, when: scale(fault.when, share, 1) }));
    const early = plan.faults.map((fault) => ({ ...fault, when: scale(fault.when, share, share) }));
    const firstHits = scaled.map(
      (fault): SimFault => ('point' in fault.when ? { ...fault, when: { ...fault.when, hit: 1 } } : fault),
    );
    const candidates = [
      { ...plan, workload: spread, faults: scaled },
      { ...plan, workload: spread, faults: firstHits },
      { ...plan, workload: spread },
      { ...plan, workload: first, faults: early },
      ...burstTimes(plan).map((atMs) => ({ ...plan, workload: spread.map((record) => ({ ...record, atMs })) })),
    ];
    const tried = [...candidates, ...candidates.map(withSmallAppends)].flatMap(withOtherSeeds);
    const found = await firstFailing(tried, stillFails);
    if (found !== undefined) return found;
  }
  return plan;
}

/** Moments at which all records could come at once: as the first timed fault strikes, or a little later. */
function burstTimes({ faults }: CasePlan): number[] {
  const times = faults.flatMap(({ when }) => ('atMs' in when ? [when.atMs] : []));
  return times.length === 0 ? [0] : [Math.min(...times), Math.min(...times) + BURST_LATER_MS];
}

/** One row a request: few records then make many requests. */
function withSmallAppends(plan: CasePlan): CasePlan {
  return { ...plan, limits: { ...plan.limits, maxAppendRows: 1 } };
}

function scale(when: SimWhen, share: number, timeShare: number): SimWhen {
  if ('atMs' in when) return { atMs: Math.ceil(when.atMs * timeShare) };
  if ('records' in when) return { records: Math.max(1, Math.floor(when.records * share)) };
  return { ...when, hit: Math.max(1, Math.round(when.hit * share)) };
}
