/**
 * Cases for the simulated world, drawn by fast-check as plain data: a failure shrinks to few records and few faults, and the
 * counterexample is a plan that `lab replay` runs. Only faults are drawn that the guarantee covers without a stop.
 */
import fc from 'fast-check';
import type { SimFault, SimWhen } from '../src/lab/fault.ts';
import { EFFECTS_OF, OPERATIONS, PLANNED_ONLY } from '../src/lab/sim/case/answers.ts';
import type { CasePlan } from '../src/lab/sim/case/case-plan.ts';
import { CALM, type Noise } from '../src/lab/sim/case/noise.ts';
import { DRAWN_DISK_EFFECTS } from '../src/lab/sim/case/swarm.ts';
import type { WorkloadRecord } from '../src/lab/sim/case/workload.ts';
import { EPOCH_MS } from '../src/lab/sim/world/context.ts';
import { CRASH_POINTS } from '../src/processor/crash-points.ts';

const PROCESSES = ['a', 'b'];
const PARTITIONS = 2;
const SPAN_MS = 15_000;
const process = fc.constantFrom(...PROCESSES);
const partition = fc.nat({ max: PARTITIONS - 1 });
const restartAfterMs = fc.constantFrom(500, 1, 5_000);
const passing: fc.Arbitrary<SimWhen> = fc.record({
  point: fc.constantFrom(...CRASH_POINTS),
  hit: fc.integer({ min: 1, max: 8 }),
});
const anytime: fc.Arbitrary<SimWhen> = fc.oneof(
  fc.record({ atMs: fc.nat({ max: SPAN_MS }) }),
  fc.record({ records: fc.integer({ min: 1, max: 60 }) }),
);

const answers = OPERATIONS.flatMap((point) =>
  EFFECTS_OF[point].filter((effect) => !PLANNED_ONLY.includes(effect)).map((effect) => ({ point, effect })),
);
const answer: fc.Arbitrary<SimFault> = fc
  .record({ at: fc.constantFrom(...answers), hit: fc.integer({ min: 1, max: 8 }), delayMs: fc.nat({ max: 15_000 }) })
  .map(({ at, hit, delayMs }) => ({ what: 'answer', effect: at.effect, delayMs, when: { point: at.point, hit } }));

const fault: fc.Arbitrary<SimFault> = fc.oneof(
  fc.record({ what: fc.constant('crash' as const), restartAfterMs, when: passing }),
  fc.record({ what: fc.constant('crash' as const), process, restartAfterMs, when: anytime }),
  fc.record({ what: fc.constant('pause' as const), forMs: fc.integer({ min: 1, max: 20_000 }), when: passing }),
  fc.record({ what: fc.constant('stop' as const), process, restartAfterMs, when: anytime }),
  fc.record({
    what: fc.constant('clock_jump' as const),
    process,
    byMs: fc.constantFrom(-3_600_000, 7_200_000),
    when: anytime,
  }),
  fc.record({
    what: fc.constant('disk' as const),
    process,
    effect: fc.constantFrom(...DRAWN_DISK_EFFECTS),
    when: anytime,
  }),
  fc.record({ what: fc.constant('rebalance' as const), when: anytime }),
  fc.record({ what: fc.constant('session_expiry' as const), process, when: anytime }),
  fc.record({
    what: fc.constant('reset_offsets' as const),
    to: fc.constantFrom('earliest' as const, 'latest' as const),
    when: anytime,
  }),
  fc.record({ what: fc.constant('leader_loss' as const), forMs: fc.integer({ min: 1, max: 8_000 }), when: anytime }),
  fc.record({ what: fc.constant('streams_lost' as const), partition, when: anytime }),
  fc.record({ what: fc.constant('streams_finalized' as const), partition, when: anytime }),
  fc.record({ what: fc.constant('bigquery_down' as const), forMs: fc.integer({ min: 1, max: 15_000 }), when: anytime }),
  answer,
  answer,
);

/** Ids, senders and times from small sets, so that copies, late payments and closing windows are common. */
const record: fc.Arbitrary<WorkloadRecord> = fc
  .record({
    sender: fc.nat({ max: 5 }),
    id: fc.nat({ max: 40 }),
    atMs: fc.nat({ max: SPAN_MS }),
    cents: fc.integer({ min: 1, max: 900_000 }),
    value: fc.option(fc.constantFrom('{', '[]', '{"amount": 1}', 'text'), { freq: 12, nil: undefined }),
    transaction: fc.option(
      fc.record({ outcome: fc.constantFrom('commit' as const, 'abort' as const), openForMs: fc.nat({ max: 2_000 }) }),
      { freq: 15, nil: undefined },
    ),
  })
  .map(({ sender, id, atMs, cents, value, transaction }) => ({
    atMs,
    partition: sender % PARTITIONS,
    key: `s${sender}`,
    value: value ?? JSON.stringify(paymentOf(`s${sender}`, id, cents)),
    ...(transaction === undefined ? {} : { transaction }),
  }));

function paymentOf(sender: string, id: number, cents: number): Record<string, unknown> {
  return {
    // An id belongs to one sender, as producers have it.
    transaction_id: `${sender}-${id}`,
    sender_account_id: sender,
    receiver_account_id: 'r1',
    amount: `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`,
    currency: cents % 2 === 0 ? 'EUR' : 'USD',
    device_id: `d${cents % 4}`,
    ip_address: '192.0.2.1',
    // Copies keep the event time of their original: a condition on the input.
    timestamp: EPOCH_MS - 3_600_000 + id * 30_000,
    region: cents % 3 === 0 ? 'africa' : 'eu-west',
    payment_method: 'card',
  };
}

const noise: fc.Arbitrary<Noise> = fc
  .record({
    latencyMsMax: fc.constantFrom(10, 3, 100),
    slowChance: fc.constantFrom(0, 0.05),
    visibilityLagChance: fc.constantFrom(0, 0.2),
    fetchRecordsMax: fc.constantFrom(50, 3, 10),
    redeliveryChance: fc.constantFrom(0, 0.1),
    rejoinFromCommittedChance: fc.constantFrom(0, 0.5),
  })
  .map((drawn) => ({ ...CALM, ...drawn, slowMsMax: 3_000, visibilityLagMsMax: 2_000 }));

/** Batches and appends of any size: what the tables hold must not depend on them. */
const limits = fc.record({
  maxBatchRecords: fc.constantFrom(16, 1, 7, 200),
  maxAppendRows: fc.constantFrom(8, 1, 3, 200),
  checkpointIntervalMs: fc.constantFrom(1_000, 50, 5_000),
});

export const anyCase: fc.Arbitrary<CasePlan> = fc
  .record({
    seed: fc.nat(),
    workload: fc.array(record, { minLength: 1, maxLength: 80 }),
    faults: fc.array(fault, { maxLength: 8 }),
    separateGroups: fc.boolean(),
    dialect: fc.constantFrom('service' as const, 'emulator' as const),
    noise,
    limits,
  })
  .map((drawn) => ({
    ...drawn,
    partitions: PARTITIONS,
    processes: PROCESSES,
    healAtMs: SPAN_MS + 10_000,
    // Only where streams can be lost may NOT_FOUND be taken for the truth.
    isEmulator: drawn.faults.some(({ what }) => what === 'streams_lost'),
  }));
