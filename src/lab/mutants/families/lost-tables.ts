/** Cases in which a table is dropped and made again beside running processors, and restored by an operator some time later. */

import type { SimFault } from '../../fault.ts';
import type { CasePlan } from '../../sim/case/case-plan.ts';
import { CALM } from '../../sim/case/noise.ts';
import type { Rng } from '../../sim/world/rng.ts';
import { drawPayments } from './payments-workload.ts';

const SPAN_MS = 20_000;
const RESTORED_AT_MS = 24_000;

/** Many copies: the exceptions are written to all the time. What was written to the table in between is lost when it is restored. */
export function lostTableCase(rng: Rng, seed: number): CasePlan {
  const table = 'payment_exceptions';
  const processes = rng.pick([['a'], ['a', 'b']]);
  const restarts = processes.map(
    (process): SimFault => ({ what: 'crash', process, restartAfterMs: 500, when: { atMs: RESTORED_AT_MS + 1 } }),
  );
  return {
    seed,
    partitions: 1,
    processes,
    workload: drawPayments(rng, { count: 160, spanMs: SPAN_MS, copyChance: 0.5 }),
    faults: [
      { what: 'table_replaced', table, when: { records: rng.between(30, 80) } },
      { what: 'table_restored', table, when: { atMs: RESTORED_AT_MS } },
      ...restarts,
    ],
    noise: { ...CALM, latencyMsMax: rng.pick([5, 50]), fetchRecordsMax: rng.pick([5, 30]) },
    healAtMs: RESTORED_AT_MS + 8_000,
  };
}
