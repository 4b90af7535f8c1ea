/** What the families of cases have in common. */

import type { SimFault } from '../../fault.ts';
import type { CasePlan } from '../../sim/case/case-plan.ts';
import { CALM, type Noise } from '../../sim/case/noise.ts';
import { DEFAULT_DIALS, drawWorkload, type WorkloadRecord } from '../../sim/case/workload.ts';
import type { Rng } from '../../sim/world/rng.ts';

export const SPAN_MS = 12_000;
/** Long enough for several lives: the group takes back the partitions of a dead member after 10 s at most. */
export const LONG_SPAN_MS = 45_000;
export const RECORDS = 100;
/** Ends the faulty phase so long after the last record. */
const HEAL_AFTER_MS = 8_000;

export interface Base {
  readonly processes: readonly string[];
  readonly workload?: readonly WorkloadRecord[];
  readonly spanMs?: number;
  /** Default: drawn, 1 or 2. */
  readonly partitions?: number;
}

/** A case in which nothing goes wrong. */
export function base(
  rng: Rng,
  seed: number,
  { processes, workload, spanMs = SPAN_MS, partitions: given }: Base,
): CasePlan & { noise: Noise } {
  const partitions = given ?? rng.pick([1, 1, 2]);
  const drawn = drawWorkload({ ...DEFAULT_DIALS, seed, records: RECORDS, partitions, spanMs });
  return {
    seed,
    partitions: workload === undefined ? partitions : 1,
    processes,
    workload: workload ?? drawn,
    faults: [],
    noise: CALM,
    dialect: rng.chance(0.5) ? 'emulator' : 'service',
    healAtMs: spanMs + HEAL_AFTER_MS,
    isEmulator: false,
  };
}

export function many(rng: Rng, [from, to]: readonly [number, number], draw: (rng: Rng) => SimFault): SimFault[] {
  return Array.from({ length: rng.between(from, to) }, () => draw(rng));
}

/** Crashes of the processes a and b, each soon back, and the local state of a gone at some moment. */
export function restartsAndLostDisk(rng: Rng): SimFault[] {
  const restarts = Array.from(
    { length: 4 },
    (): SimFault => ({
      what: 'crash',
      process: rng.pick(['a', 'b']),
      restartAfterMs: rng.pick([1, 300]),
      when: { records: rng.between(10, RECORDS) },
    }),
  );
  return [...restarts, { what: 'disk', process: 'a', effect: 'lost', when: { records: rng.between(20, RECORDS) } }];
}

const TAKEOVER_POINTS = [
  'ownership.claim.before',
  'ownership.claim.after',
  'stream.create.after',
  'stream.finalize.before',
  'stream.finalize.after',
  'claim',
  'claim:applied',
  'rows_from',
] as const;
export const APPEND_POINTS = [
  'append.payment_transactions.before',
  'append.payment_transactions.after',
  'append.payment_exceptions.before',
  'append.payment_exceptions.after',
  'append.payment_metrics_partials.after',
  'append.checkpoint_log.before',
  'append.checkpoint_log.after',
] as const;

/** What makes partitions change hands, or strikes while they do. */
export function takeoverFault(rng: Rng, processes: readonly string[]): SimFault {
  const restartAfterMs = rng.pick([1, 500, 4_000]);
  const point = rng.pick(rng.chance(0.5) ? TAKEOVER_POINTS : APPEND_POINTS);
  const when = { point, hit: rng.between(1, 10) };
  const kinds: (() => SimFault)[] = [
    () => ({ what: 'crash', restartAfterMs, when }),
    () => ({ what: 'pause', forMs: rng.between(500, 15_000), when }),
    () => ({ what: 'rebalance', when: { atMs: rng.between(1, SPAN_MS) } }),
    () => ({ what: 'session_expiry', process: rng.pick(processes), when: { atMs: rng.between(1, SPAN_MS) } }),
    () => ({
      what: 'answer',
      effect: rng.pick(['late', 'lost_after', 'lost_before']),
      delayMs: rng.between(100, 8_000),
      when: { point: 'claim', hit: rng.between(1, 6) },
    }),
    () => ({
      what: 'answer',
      effect: 'late',
      delayMs: rng.between(100, 8_000),
      when: { point: 'append', hit: rng.between(1, 20) },
    }),
  ];
  return rng.pick(kinds)();
}
