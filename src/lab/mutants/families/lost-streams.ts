/** Cases in which streams are forgotten again and again, by an emulator that is restarted, while rows take their time to show. */

import type { SimFault } from '../../fault.ts';
import type { CasePlan } from '../../sim/case/case-plan.ts';
import { CALM } from '../../sim/case/noise.ts';
import type { Rng } from '../../sim/world/rng.ts';
import { APPEND_POINTS, base } from './base.ts';

export function lostStreamsCase(rng: Rng, seed: number): CasePlan {
  return {
    ...base(rng, seed, { processes: ['a', 'b'] }),
    noise: {
      ...CALM,
      latencyMsMax: rng.pick([5, 50]),
      fetchRecordsMax: rng.pick([5, 15]),
      visibilityLagChance: 0.5,
      visibilityLagMsMax: 4_000,
    },
    faults: Array.from({ length: rng.between(2, 5) }, () => lostStreams(rng)).flat(),
    isEmulator: true,
    dialect: 'emulator',
  };
}

/** Beside the process that has rows in flight, or just when it dies. */
function lostStreams(rng: Rng): SimFault[] {
  const when = { point: rng.pick(APPEND_POINTS), hit: rng.between(1, 12) };
  const lost: SimFault = { what: 'streams_lost', when };
  return rng.chance(0.5) ? [lost] : [{ what: 'crash', restartAfterMs: rng.pick([1, 500]), when }, lost];
}
