/** Cases in which processes have settings of their own, and histories get an entry whenever a partition changes hands. */
import type { CasePlan } from '../../sim/case/case-plan.ts';
import { CALM } from '../../sim/case/noise.ts';
import type { Rng } from '../../sim/world/rng.ts';
import { base, many, RECORDS } from './base.ts';

export function settingsCase(rng: Rng, seed: number): CasePlan {
  return rng.chance(0.5) ? everyLifeItsOwn(rng, seed) : racing(rng, seed);
}

function everyLifeItsOwn(rng: Rng, seed: number): CasePlan {
  return {
    ...base(rng, seed, { processes: ['a', 'b'] }),
    noise: { ...CALM, latencyMsMax: rng.pick([20, 150]) },
    decisions: Object.fromEntries(
      ['a.1', 'a.2', 'a.3', 'b.1', 'b.2', 'b.3'].map((life) => [
        life,
        { watermarkDelayMs: rng.pick([60_000, 200_000]), maxAmount: rng.pick(['5000', '1000000']) },
      ]),
    ),
    faults: many(rng, [2, 5], (r) => ({
      what: 'crash',
      process: r.pick(['a', 'b']),
      restartAfterMs: r.pick([1, 300]),
      when: { records: r.between(10, RECORDS) },
    })),
  };
}

/** Two owners that take a partition from each other, with one's entry still on its way when the other has read the history. */
function racing(rng: Rng, seed: number): CasePlan {
  return {
    ...base(rng, seed, { processes: ['a', 'b'] }),
    separateGroups: true,
    noise: {
      ...CALM,
      latencyMsMax: rng.pick([20, 60]),
      slowMsMax: rng.pick([1_000, 2_500]),
      fetchRecordsMax: 5,
      effects: { claim: { late: 0.5 }, add_settings: { late: 0.9 } },
    },
    limits: { fencedRetryMinMs: 50, fencedRetryMaxMs: 200, checkpointIntervalMs: 500 },
    decisions: Object.fromEntries([1, 2, 3].map((life) => [`a.${life}`, { maxAmount: '5000' }])),
  };
}
