/**
 * Cases in which claims take effect long after they were made, beside owners that have only begun; who finds that rows and row
 * counts do not agree soon gives up waiting; and in the end one process is alone.
 */
import type { CasePlan } from '../../sim/case/case-plan.ts';
import { CALM } from '../../sim/case/noise.ts';
import type { Rng } from '../../sim/world/rng.ts';
import { base, many, takeoverFault } from './base.ts';

const PROCESSES = ['a', 'b', 'c'];

export function lateClaimsCase(rng: Rng, seed: number): CasePlan {
  // Either a new owner checkpoints before the late claim fences it, or it dies with rows that no checkpoint covers.
  const checkpointsSoon = rng.chance(0.5);
  return {
    ...base(rng, seed, { processes: PROCESSES }),
    separateGroups: true,
    noise: {
      ...CALM,
      latencyMsMax: rng.pick([5, 50]),
      slowMsMax: rng.pick([1_000, 4_000]),
      fetchRecordsMax: rng.pick([5, 15]),
      effects: {
        claim: { late: checkpointsSoon ? 0.5 : 0.2 },
        rows_from: { late: checkpointsSoon ? 0.05 : 0.4 },
      },
    },
    limits: {
      settleTimeoutMs: 1_500,
      fencedRetryMinMs: 100,
      fencedRetryMaxMs: 2_000,
      checkpointIntervalMs: checkpointsSoon ? 400 : 6_000,
    },
    faults: many(rng, [2, 5], (r) => takeoverFault(r, PROCESSES)),
    survivor: rng.pick(PROCESSES),
  };
}
