/**
 * The topic gets more partitions: copies whose keys go elsewhere from then on, with operators and processors that die at any
 * moment. The oracle recomputes across the change.
 */
import { describe, expect, it } from 'vitest';
import type { SimFault } from '../../fault.ts';
import { Rng } from '../world/rng.ts';
import type { World } from '../world/world.ts';
import type { CasePlan } from './case-plan.ts';
import { CALM } from './noise.ts';
import { type CaseOutcome, runCaseInWorld } from './sim-case.ts';
import { DEFAULT_DIALS, drawWorkload, type WorkloadRecord } from './workload.ts';

const BEFORE = 2;
const AFTER = 4;
const CHANGE_AT_MS = 45_000;
const RESTART_AT_MS = 75_000;
/** Past the last record. */
const HEAL_AT_MS = 95_000;
/** A watermark far enough behind for copies of ten minutes ago to be known. */
const PATIENT = Object.fromEntries(
  ['a', 'b'].flatMap((name) => [1, 2, 3, 4, 5, 6].map((life) => [`${name}.${life}`, { watermarkDelayMs: 600_000 }])),
);

/** Two partitions until the change; then four, with copies of what was sent before, every one in another partition. */
function workload(seed: number): WorkloadRecord[] {
  const first = drawWorkload({ ...DEFAULT_DIALS, seed, records: 120, partitions: BEFORE, transactionChance: 0 });
  const second = drawWorkload({
    ...DEFAULT_DIALS,
    seed: seed + 1_000,
    records: 80,
    partitions: AFTER,
    transactionChance: 0,
  });
  const copies = first
    .slice(60)
    .map((record, i) => ({ ...record, partition: (record.partition + 1 + (i % 3)) % AFTER }));
  const later = [...copies, ...second.map(asNew)].map((record, i) => ({
    ...record,
    atMs: RESTART_AT_MS + 5_000 + 40 * i,
  }));
  return [...first, ...later];
}

/** Another payment, a quarter of an hour later. */
function asNew(record: WorkloadRecord): WorkloadRecord {
  if (record.value?.startsWith('{"transaction_id":') !== true) return record;
  const event = JSON.parse(record.value);
  const value = JSON.stringify({
    ...event,
    transaction_id: `u${event.transaction_id}`,
    timestamp: event.timestamp + 900_000,
  });
  return { ...record, value };
}

function changing(faults: readonly SimFault[], seed = 1): CasePlan {
  const change: SimFault = { what: 'rescale', partitions: AFTER, when: { atMs: CHANGE_AT_MS } };
  // Both end when they see the change.
  const restarts = ['a', 'b'].map((process): SimFault => {
    return { what: 'crash', process, restartAfterMs: 1_000, when: { atMs: RESTART_AT_MS } };
  });
  return {
    seed,
    partitions: BEFORE,
    processes: ['a', 'b'],
    workload: workload(seed),
    faults: [change, ...restarts, ...faults],
    noise: CALM,
    decisions: PATIENT,
    healAtMs: HEAL_AT_MS,
  };
}

const countsOf = ({ bigquery, kafka }: World) =>
  bigquery.ownership.read(kafka.topic).map(({ history }) => history.at(-1)?.generation?.partitions);

function passed(outcome: CaseOutcome, seed?: number): void {
  expect([seed, outcome.verdict, outcome.failures, outcome.unknown]).toEqual([seed, 'PASS', [], []]);
}

describe('the topic gets more partitions', () => {
  it('and a copy in another partition is a duplicate of the payment before the change', async () => {
    const { outcome, world } = await runCaseInWorld(changing([]));
    passed(outcome);
    expect(countsOf(world)).toEqual([AFTER, AFTER, AFTER, AFTER]);
    const accepted = world.bigquery.rows('payment_transactions');
    const homes = new Map(accepted.map(({ row, stamp }) => [row.payment.transactionId, stamp.partition]));
    expect(homes.size).toBe(accepted.length);
    const moved = world.bigquery
      .rows('payment_exceptions')
      .filter(({ row, stamp }) => row.disposition === 'duplicate' && homes.get(row.transactionId!) !== stamp.partition);
    expect(moved.length).toBeGreaterThan(10);
    expect(new Set(moved.map(({ stamp }) => stamp.partition)).size).toBe(AFTER);
    // Partitions that there were not before took payments of their own, too.
    expect(new Set(homes.values()).size).toBe(AFTER);
  });

  it('twice: what was learnt at the first change is known after the second, once', async () => {
    const again: SimFault = { what: 'rescale', partitions: 6, when: { atMs: 140_000 } };
    const restarts = ['a', 'b'].map((process): SimFault => {
      return { what: 'crash', process, restartAfterMs: 1_000, when: { atMs: 170_000 } };
    });
    const plan = changing([again, ...restarts]);
    const copies = plan.workload
      .slice(120, 170)
      .map((record, i) => ({ ...record, partition: i % 6, atMs: 180_000 + 40 * i }));
    const { outcome, world } = await runCaseInWorld({
      ...plan,
      workload: [...plan.workload, ...copies],
      healAtMs: 190_000,
    });
    passed(outcome);
    expect(countsOf(world)).toEqual([6, 6, 6, 6, 6, 6]);
  });

  it('any process dies at any time: the generation is whole or not there, and the rows are exact', async () => {
    let whole = 0;
    let halted = 0;
    for (let seed = 1; seed <= 30; seed++) {
      const rng = new Rng(seed, 'rescale dies');
      const dies: SimFault = {
        what: 'crash',
        process: 'operator-2',
        restartAfterMs: 3_000,
        when: { atMs: CHANGE_AT_MS + rng.between(1, 6_500) },
      };
      const faults: SimFault[] = [
        ...(rng.chance(0.7) ? [dies] : []),
        {
          what: 'pause',
          process: 'b',
          forMs: rng.between(1_000, 60_000),
          when: { atMs: CHANGE_AT_MS - rng.between(0, 3_000) },
        },
        { what: 'crash', process: 'a', restartAfterMs: 300, when: { atMs: RESTART_AT_MS + rng.between(1, 12_000) } },
        {
          what: 'disk',
          process: 'a',
          effect: rng.pick(['lost', 'stale', 'foreign']),
          when: { atMs: RESTART_AT_MS + 4_000 },
        },
        { what: 'rebalance', when: { atMs: CHANGE_AT_MS + rng.between(1, 5_000) } },
      ];
      const { outcome, world } = await runCaseInWorld({
        ...changing(faults, seed),
        separateGroups: rng.chance(0.3),
      });
      const counts = countsOf(world);
      const isWhole = counts.every((count) => count === AFTER) && counts.length === AFTER;
      const isUntouched = counts.every((count) => count === undefined) && counts.length === BEFORE;
      expect([seed, isWhole || isUntouched, counts]).toEqual([seed, true, counts]);
      expect([seed, outcome.failures]).toEqual([seed, []]);
      if (isWhole) passed(outcome, seed);
      whole += isWhole ? 1 : 0;
      halted += outcome.timeline.some((line) => /operator-2 crashes/.test(line)) ? 1 : 0;
    }
    expect(whole).toBeGreaterThan(15);
    expect(halted).toBeGreaterThan(10);
  }, 180_000);
});
