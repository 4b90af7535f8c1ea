/**
 * Cases in which an owner waits for rows to be visible while another one takes the partition over, brings settings of its own
 * and checkpoints: the first one then reads a checkpoint that was made by settings it does not know.
 */
import type { CasePlan } from '../../sim/case/case-plan.ts';
import { CALM } from '../../sim/case/noise.ts';
import type { Rng } from '../../sim/world/rng.ts';
import { base } from './base.ts';

export function supersededCase(rng: Rng, seed: number): CasePlan {
  return {
    ...base(rng, seed, { processes: ['a', 'b', 'c'] }),
    separateGroups: true,
    noise: {
      ...CALM,
      latencyMsMax: rng.pick([3, 20]),
      visibilityLagChance: 0.3,
      visibilityLagMsMax: 2_000,
      fetchRecordsMax: 10,
    },
    limits: { checkpointIntervalMs: 500 },
    decisions: Object.fromEntries(
      ['a.1', 'b.2'].map((life) => [life, { watermarkDelayMs: 20_000, maxAmount: '5000' }]),
    ),
  };
}
