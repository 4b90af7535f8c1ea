/**
 * Makes a drawn case one in which the topic gets more partitions: an operator does it as the runbook says, as often as it
 * takes, and then copies of what was sent before come in other partitions than their originals.
 */

import type { SimFault } from '../../fault.ts';
import type { Rng } from '../world/rng.ts';
import type { CasePlan } from './case-plan.ts';
import type { WorkloadRecord } from './workload.ts';

const COPIES = 40;
const EVERY_MS = 150;
/** After the last record, and before healing. */
const RESCALE_AT_MS = 21_000;
const HEAL_AT_MS = 60_000;
const LIVES = 6;
/** So long that copies of all that is sent again are duplicates, or so short that most are late. */
const WATERMARK_DELAYS_MS = [600_000, 600_000, 120_000];

export function withRescale(plan: CasePlan, rng: Rng): CasePlan {
  const after = plan.partitions + rng.between(1, 3);
  const originals = plan.workload.filter(({ transaction, value }) => transaction === undefined && value !== null);
  // A producer's partitioner sends all records of a key to one partition, also those that were sent twice before.
  const partitions = new Map<string, number>();
  const copies = originals.slice(-COPIES).map(({ timestampMs: _, ...record }, i): WorkloadRecord => {
    const drawn = (record.partition + rng.between(1, after - 1)) % after;
    const partition = partitions.get(String(record.key)) ?? drawn;
    partitions.set(String(record.key), partition);
    return { ...record, partition, atMs: EVERY_MS * i, afterRescale: true };
  });
  const crashes = plan.processes.map(
    (process): SimFault => ({
      what: 'crash',
      process,
      restartAfterMs: rng.pick([1, 500]),
      when: { atMs: rng.between(RESCALE_AT_MS + 6_000, HEAL_AT_MS) },
    }),
  );
  const watermarkDelayMs = rng.pick(WATERMARK_DELAYS_MS);
  const lives = plan.processes.flatMap((name) => Array.from({ length: LIVES }, (_, i) => `${name}.${i + 1}`));
  return {
    ...plan,
    workload: [...plan.workload, ...copies],
    faults: [
      ...plan.faults,
      { what: 'rescale', partitions: after, untilDone: true, when: { atMs: RESCALE_AT_MS } },
      ...crashes,
    ],
    decisions: Object.fromEntries(lives.map((life) => [life, { ...plan.decisions?.[life], watermarkDelayMs }])),
    healAtMs: HEAL_AT_MS,
  };
}
