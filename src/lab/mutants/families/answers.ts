/** Cases in which BigQuery answers with nothing, or refuses without a word of why, while partitions change hands. */

import type { SimFault } from '../../fault.ts';
import type { CasePlan } from '../../sim/case/case-plan.ts';
import { CALM } from '../../sim/case/noise.ts';
import { DEFAULT_DIALS, drawWorkload } from '../../sim/case/workload.ts';
import type { Rng } from '../../sim/world/rng.ts';

const PROCESSES = ['a', 'b'];
const RECORDS = 100;
const SPAN_MS = 12_000;
const HEAL_AFTER_MS = 8_000;
const POINTS = [
  'append.payment_transactions.before',
  'append.payment_transactions.after',
  'append.payment_exceptions.after',
  'append.checkpoint_log.before',
] as const;

export function answersCase(rng: Rng, seed: number): CasePlan {
  const partitions = rng.pick([1, 1, 2]);
  return {
    seed,
    partitions,
    processes: PROCESSES,
    separateGroups: rng.chance(0.5),
    workload: drawWorkload({ ...DEFAULT_DIALS, seed, records: RECORDS, partitions, spanMs: SPAN_MS }),
    noise: {
      ...CALM,
      latencyMsMax: rng.pick([5, 100]),
      effects: {
        append: { empty: rng.pick([0, 0.02]) },
        finalize: { invalid: 0.3, invalid_after: 0.2 },
        read_ownership: { empty: 0.2 },
        latest_checkpoint: { empty: 0.2 },
        rows_from: { empty: 0.3 },
        payments: { empty: 0.2 },
      },
    },
    faults: Array.from({ length: rng.between(2, 4) }, () => fault(rng)).flat(),
    dialect: rng.chance(0.5) ? 'emulator' : 'service',
    // Its streams can be lost.
    isEmulator: true,
    healAtMs: SPAN_MS + HEAL_AFTER_MS,
  };
}

function fault(rng: Rng): SimFault[] {
  const when = { point: rng.pick(POINTS), hit: rng.between(2, 10) };
  const kinds: (() => SimFault[])[] = [
    () => [{ what: 'crash', restartAfterMs: rng.pick([1, 500, 4_000]), when }],
    () => [
      { what: 'crash', restartAfterMs: 500, when },
      { what: 'streams_lost', when },
    ],
    () => [{ what: 'pause', forMs: rng.between(500, 15_000), when }],
    () => [{ what: 'rebalance', when: { atMs: rng.between(1, SPAN_MS) } }],
    () => [{ what: 'answer', effect: 'append_refused', when: { point: 'append', hit: rng.between(10, 60) } }],
  ];
  return rng.pick(kinds)();
}
