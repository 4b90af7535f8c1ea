/** Cases in which retention overtakes the processor, or the topic is made anew and filled again. */
import type { CasePlan } from '../../sim/case/case-plan.ts';
import { DEFAULT_DIALS, drawWorkload, type WorkloadRecord } from '../../sim/case/workload.ts';
import type { Rng } from '../../sim/world/rng.ts';
import { base, RECORDS, SPAN_MS } from './base.ts';

export function cutLogCase(rng: Rng, seed: number): CasePlan {
  return rng.chance(0.5) ? overtaken(rng, seed) : madeAnew(rng, seed);
}

/** The new log must be longer than the old one was, or its end tells. */
export function madeAnewCase(rng: Rng, seed: number): CasePlan {
  return rng.pick([besideRunning, whileShort, beforeFirstCheckpoint])(rng, seed);
}

function overtaken(rng: Rng, seed: number): CasePlan {
  return {
    ...onePartition(rng, seed),
    faults: [
      { what: 'crash', process: 'a', restartAfterMs: 8_000, when: { atMs: rng.between(2_500, 4_000) } },
      { what: 'retention', partition: 0, records: rng.between(50, 70), when: { atMs: 10_000 } },
    ],
  };
}

function madeAnew(rng: Rng, seed: number): CasePlan {
  const plan = onePartition(rng, seed);
  const recreatedAtMs = rng.between(2_000, 4_000);
  return {
    ...plan,
    faults: [
      { what: 'crash', process: 'a', restartAfterMs: 9_000, when: { atMs: recreatedAtMs - 50 } },
      { what: 'recreate', when: { atMs: recreatedAtMs } },
    ],
  };
}

/** Nobody starts again: only a processor that runs can notice. */
function besideRunning(rng: Rng, seed: number): CasePlan {
  return { ...onePartition(rng, seed), faults: [{ what: 'recreate', when: { atMs: rng.between(2_000, 4_000) } }] };
}

/** A process starts while the new log is shorter than what was folded, and then it grows past that. */
function whileShort(rng: Rng, seed: number): CasePlan {
  const recreatedAtMs = rng.between(2_500, 4_500);
  return {
    ...onePartition(rng, seed),
    faults: [
      { what: 'stop', process: 'a', restartAfterMs: rng.between(100, 900), when: { atMs: recreatedAtMs - 400 } },
      { what: 'recreate', when: { atMs: recreatedAtMs } },
    ],
  };
}

/**
 * What was written first are rows of one table, without a checkpoint that could tell what they were made from; and the new log
 * has no row for that table.
 */
function beforeFirstCheckpoint(rng: Rng, seed: number): CasePlan {
  const unreadable = Array.from(
    { length: rng.between(3, 10) },
    (_, i): WorkloadRecord => ({ atMs: 100 * i, partition: 0, key: 's0', value: '{' }),
  );
  const dials = { ...DEFAULT_DIALS, seed, records: RECORDS, partitions: 1, spanMs: SPAN_MS / 2, transactionChance: 0 };
  const valid = drawWorkload({ ...dials, duplicateChance: 0, lateChance: 0, malformedChance: 0 });
  const crashAtMs = rng.between(1_500, 3_000);
  return {
    ...onePartition(rng, seed),
    workload: [...unreadable, ...valid.map((record) => ({ ...record, atMs: SPAN_MS / 2 + record.atMs }))],
    faults: [
      { what: 'crash', process: 'a', restartAfterMs: SPAN_MS, when: { atMs: crashAtMs } },
      { what: 'recreate', when: { atMs: crashAtMs + 50 } },
    ],
    limits: { checkpointIntervalMs: 3_600_000 },
  };
}

function onePartition(rng: Rng, seed: number): CasePlan {
  const plan = base(rng, seed, { processes: ['a'] });
  const workload = drawWorkload({ ...DEFAULT_DIALS, seed, records: RECORDS, partitions: 1, spanMs: SPAN_MS });
  return { ...plan, partitions: 1, workload };
}
