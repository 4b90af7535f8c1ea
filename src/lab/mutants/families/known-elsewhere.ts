/**
 * Cases in which another pipeline had written part of what the log holds, and more of it comes again as copies; the topic
 * may get more partitions later.
 */
import type { SimFault } from '../../fault.ts';
import type { CasePlan } from '../../sim/case/case-plan.ts';
import { CALM } from '../../sim/case/noise.ts';
import { DEFAULT_DIALS, drawWorkload, type WorkloadRecord } from '../../sim/case/workload.ts';
import { EPOCH_MS } from '../../sim/world/context.ts';
import type { Rng } from '../../sim/world/rng.ts';

const BEFORE = 2;
const AFTER = 4;
const CHANGE_AT_MS = 40_000;
const RESTART_AT_MS = 60_000;
const DELAY_MS = 600_000;

export function knownElsewhereCase(rng: Rng, seed: number): CasePlan {
  const isRescaled = rng.chance(0.5);
  const dials = { ...DEFAULT_DIALS, seed, partitions: BEFORE, transactionChance: 0 };
  const first = drawWorkload({ ...dials, records: 80, spanMs: 12_000 });
  const payments = paymentsOf(first).filter(() => rng.chance(0.4));
  // A producer's partitioner sends all records of a key to one partition.
  const moved = new Map<string, number>();
  const partitionOf = (key: string, before: number): number => {
    const found = moved.get(key) ?? (before + rng.between(1, AFTER - 1)) % AFTER;
    moved.set(key, found);
    return found;
  };
  const again = first.slice(20).map((record, i): WorkloadRecord => {
    const partition = isRescaled ? partitionOf(String(record.key), record.partition) : record.partition;
    const later = isRescaled
      ? { atMs: 2_000 + 100 * i, afterRescale: true }
      : { atMs: RESTART_AT_MS + 3_000 + 100 * i };
    return { ...record, partition, ...later };
  });
  const restarts = ['a', 'b'].flatMap((process): SimFault[] => [
    { what: 'crash', process, restartAfterMs: 500, when: { atMs: rng.between(2_000, 12_000) } },
    {
      what: 'disk',
      process,
      effect: rng.pick(['lost', 'stale', 'foreign']),
      when: { atMs: rng.between(5_000, 14_000) },
    },
    { what: 'crash', process, restartAfterMs: 500, when: { atMs: RESTART_AT_MS } },
    { what: 'crash', process, restartAfterMs: 500, when: { atMs: RESTART_AT_MS + rng.between(3_000, 9_000) } },
  ]);
  const change: SimFault[] = isRescaled
    ? [{ what: 'rescale', partitions: AFTER, untilDone: true, when: { atMs: CHANGE_AT_MS } }]
    : [];
  const floorMs = Math.min(...payments.map(({ eventTimeMs }) => eventTimeMs), EPOCH_MS) + rng.between(0, 300_000);
  return {
    seed,
    partitions: BEFORE,
    processes: ['a', 'b'],
    workload: [...first, ...again],
    known: { payments, floorMs },
    faults: [...change, ...restarts],
    noise: { ...CALM, fetchRecordsMax: rng.pick([5, 30]) },
    decisions: Object.fromEntries(
      ['a', 'b'].flatMap((name) =>
        [1, 2, 3, 4, 5, 6].map((life) => [`${name}.${life}`, { watermarkDelayMs: DELAY_MS }]),
      ),
    ),
    healAtMs: RESTART_AT_MS + 40_000,
  };
}

/** The payments of the records, by their ids. */
function paymentsOf(records: readonly WorkloadRecord[]): { transactionId: string; eventTimeMs: number }[] {
  const times = new Map<string, number>();
  for (const { value } of records) {
    if (value?.startsWith('{"transaction_id":') !== true) continue;
    const event = JSON.parse(value) as { transaction_id: unknown; timestamp: unknown };
    if (typeof event.transaction_id !== 'string' || !Number.isSafeInteger(event.timestamp)) continue;
    times.set(event.transaction_id, Number(event.timestamp));
  }
  return [...times].map(([transactionId, eventTimeMs]) => ({ transactionId, eventTimeMs }));
}
