/** Cases in which an operator gives the topic more partitions once all is drained, and old payments come again elsewhere. */

import type { SimFault } from '../../fault.ts';
import type { CasePlan } from '../../sim/case/case-plan.ts';
import { CALM } from '../../sim/case/noise.ts';
import { DEFAULT_DIALS, drawWorkload, type WorkloadRecord } from '../../sim/case/workload.ts';
import type { Rng } from '../../sim/world/rng.ts';

const BEFORE = 2;
const AFTER = 4;
const CHANGE_AT_MS = 40_000;
const RESTART_AT_MS = 60_000;

export function rescaledCase(rng: Rng, seed: number): CasePlan {
  const first = drawWorkload({
    ...DEFAULT_DIALS,
    seed,
    records: 60,
    partitions: BEFORE,
    spanMs: 10_000,
    transactionChance: 0,
  });
  const again = first.slice(20).map((record, i): WorkloadRecord => {
    const partition = (record.partition + rng.between(1, AFTER - 1)) % AFTER;
    return { ...record, partition, atMs: RESTART_AT_MS + 3_000 + 100 * i };
  });
  const restarts = ['a', 'b'].flatMap((process): SimFault[] => [
    { what: 'crash', process, restartAfterMs: 500, when: { atMs: RESTART_AT_MS } },
    { what: 'crash', process, restartAfterMs: 500, when: { atMs: RESTART_AT_MS + rng.between(3_000, 9_000) } },
  ]);
  return {
    seed,
    partitions: BEFORE,
    processes: ['a', 'b'],
    workload: [...first, ...again],
    faults: [{ what: 'rescale', partitions: AFTER, when: { atMs: CHANGE_AT_MS } }, ...restarts],
    noise: { ...CALM, fetchRecordsMax: rng.pick([5, 30]) },
    decisions: Object.fromEntries(
      ['a', 'b'].flatMap((name) => [1, 2, 3, 4, 5].map((life) => [`${name}.${life}`, { watermarkDelayMs: 600_000 }])),
    ),
    healAtMs: RESTART_AT_MS + 15_000,
  };
}
