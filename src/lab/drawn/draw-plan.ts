/**
 * Draws plans for real parts with fast-check. Only faults that the guarantee covers without a stop are drawn, and only those
 * that are almost certain to strike: at points that a takeover or a load passes, at answers that a processor asks for.
 *
 * Invariant: a seed gives the same plan in every release. The order of the members of a drawn record is part of that.
 *
 * fast-check is a development dependency: load this file with `import()`.
 */
import { constants } from 'node:http2';
import fc from 'fast-check';
import type { CrashPoint } from '../../processor/crash-points.ts';
import { type DrawnFault, type DrawnPlan, laneOf, PROCESSORS } from './drawn-plan.ts';

/** A fault before it has its time. */
type Timeless = DrawnFault extends infer Each ? (Each extends DrawnFault ? Omit<Each, 'when'> : never) : never;

const HOUR_MS = 3_600_000;
const PARTITIONS = 2;
/** Enough for the longest plan at its rate. */
const COUNT_MAX = 40_000;
/** Part of the statement by which a processor claims partitions. */
const CLAIM = 'claim_id = c.claim_id';

/** Points that a processor passes for certain when it takes a partition over and has a load, and how often at least. */
const POINTS: readonly (readonly [CrashPoint, number])[] = (
  [
    ['stream.create', 5],
    ['ownership.claim', 1],
    ['stream.finalize', 4],
    ['append.payment_transactions', 4],
    ['append.payment_transactions_fraud', 4],
    ['append.payment_exceptions', 2],
    ['append.payment_metrics_partials', 2],
    ['append.checkpoint_log', 3],
    ['offset.commit', 2],
    ['state.save', 2],
  ] as const
).flatMap(([effect, hits]) => [[`${effect}.before`, hits] as const, [`${effect}.after`, hits] as const]);

const afterRecords = fc.integer({ min: 0, max: 200 });
const restartAfterMs = fc.constantFrom(1, 300, 1_000);
const constant = <const T>(value: T): fc.Arbitrary<T> => fc.constant(value);

/** The drawn number is how many records come before the fault. */
function timed(drawn: fc.Arbitrary<{ readonly afterRecords: number }>): fc.Arbitrary<DrawnFault> {
  return drawn.map(({ afterRecords, ...fault }) => ({ ...fault, when: { afterRecords } }) as unknown as DrawnFault);
}

/** To one of the processors that run. */
function processorFaults(processors: DrawnPlan['processors']): fc.Arbitrary<DrawnFault> {
  const process = fc.constantFrom(...processors);
  // A processor that holds one partition has no second state to swap it with.
  const effects = (['lost', 'truncated', 'corrupted', 'foreign'] as const).filter(
    (effect) => effect !== 'foreign' || processors.length === 1,
  );
  const common = { afterRecords, process, restartAfterMs };
  const restart = <What extends 'crash' | 'stop'>(what: What) =>
    fc.oneof(
      timed(fc.record({ what: constant(what), ...common })),
      timed(fc.record({ what: constant(what), ...common, disk: fc.constantFrom(...effects) })),
    );
  const crashAtPoint: fc.Arbitrary<DrawnFault> = fc
    .record({ ...common, at: fc.constantFrom(...POINTS), hit: fc.nat({ max: 99 }) })
    .map(({ at: [point, hits], hit, afterRecords, ...rest }) => ({
      what: 'crash' as const,
      ...rest,
      when: { afterRecords, point, hit: 1 + (hit % hits) },
    }));
  const pause = fc.record({
    what: constant('pause'),
    afterRecords,
    process,
    forMs: fc.constantFrom(4_000, 5_000, 300),
  });
  const outOfFiles = fc.record({
    what: constant('out_of_files'),
    cut: constant<['storage']>(['storage']),
    afterRecords,
    process,
    forMs: fc.constantFrom(1_000, 3_000),
  });
  const resetOffsets = fc.record({
    what: constant('reset_offsets'),
    afterRecords,
    to: fc.constantFrom('earliest' as const, 'latest' as const),
  });
  const secondOwner = fc.record({
    what: constant('second_owner'),
    afterRecords,
    forMs: fc.constantFrom(4_000, 6_000),
  });
  return fc.oneof(
    restart('crash'),
    { arbitrary: restart('crash'), weight: 2 },
    restart('stop'),
    { arbitrary: crashAtPoint, weight: 3 },
    timed(pause),
    timed(outOfFiles),
    timed(resetOffsets),
    timed(secondOwner),
  );
}

const kafkaFault: fc.Arbitrary<Timeless> = fc.oneof(
  constant({ what: 'network_cut', on: 'kafka' }),
  fc.record({
    what: constant('network_cut'),
    on: constant('kafka'),
    refuse: constant(true),
    forMs: fc.constantFrom(500, 1_500),
  }),
  fc.record({
    what: constant('network_delay'),
    on: constant('kafka'),
    delayMs: fc.constantFrom(50, 200, 400),
    forMs: fc.constantFrom(1_000, 2_000),
  }),
  fc.record({ what: constant('network_black_hole'), on: constant('kafka'), forMs: fc.constantFrom(1_000, 3_500) }),
  fc.record({ what: constant('network_half_open'), on: constant('kafka'), forMs: fc.constantFrom(1_000, 2_500) }),
  fc.record({
    what: constant('kafka_answer'),
    request: fc.constantFrom('produce' as const, 'fetch' as const, 'offset-commit' as const, 'heartbeat' as const),
    nth: fc.integer({ min: 1, max: 3 }),
  }),
);

const storageFault: fc.Arbitrary<Timeless> = fc.oneof(
  constant({ what: 'network_cut', on: 'storage' }),
  fc.record({
    what: constant('network_cut'),
    on: constant('storage'),
    refuse: constant(true),
    forMs: fc.constantFrom(500, 1_500),
  }),
  fc.record({
    what: constant('network_delay'),
    on: constant('storage'),
    delayMs: fc.constantFrom(50, 300),
    forMs: fc.constantFrom(1_000, 2_000),
  }),
  fc.record({ what: constant('streams_finalized'), partition: fc.nat({ max: PARTITIONS - 1 }) }),
  ...[1, 2].map(() =>
    fc.record({
      what: constant('storage_answer'),
      method: constant('AppendRows'),
      nth: fc.integer({ min: 1, max: 8 }),
      answer: fc.constantFrom(
        { kind: 'lose-answer', code: 14 } as const,
        { kind: 'lose-answer', code: 13 } as const,
        { kind: 'refuse-in-band', code: 8, message: 'Exceeds AppendRows throughput quota' } as const,
        { kind: 'refuse-in-band', code: 10, message: 'Aborted' } as const,
        { kind: 'refuse', code: 14, message: 'Connection is draining' } as const,
        { kind: 'refuse', code: 13, message: 'Internal error' } as const,
        { kind: 'hold-answer', delayMs: 1_500 } as const,
        { kind: 'reset', at: 'answered', what: constants.NGHTTP2_INTERNAL_ERROR } as const,
        { kind: 'reset', at: 'asked', what: constants.NGHTTP2_REFUSED_STREAM } as const,
        { kind: 'reset', at: 'asked', what: 'connection' } as const,
      ),
    }),
  ),
);

/** A first takeover of two partitions asks for at least this number of each. */
const takeoverFault: fc.Arbitrary<Timeless> = fc.oneof(
  fc.record({
    what: constant('rest_answer'),
    match: constant({ method: 'POST', path: '/jobs', body: CLAIM }),
    nth: constant(1),
    answer: fc.constantFrom({ kind: 'lose-answer' } as const, { kind: 'hold-answer', delayMs: 1_000 } as const),
  }),
  fc.record({
    what: constant('rest_answer'),
    match: constant({ method: 'POST', path: '/jobs' }),
    nth: fc.integer({ min: 1, max: 6 }),
    answer: fc.constantFrom(
      { kind: 'lose-answer' } as const,
      { kind: 'answer', status: 429, reason: 'rateLimitExceeded' } as const,
      { kind: 'answer', status: 403, reason: 'rateLimitExceeded' } as const,
      { kind: 'answer', status: 500, reason: 'internalError' } as const,
      { kind: 'answer', status: 503, reason: 'backendError' } as const,
      { kind: 'garbage', what: 'cut-json' } as const,
      { kind: 'garbage', what: 'html' } as const,
      { kind: 'garbage', what: 'empty-object' } as const,
      { kind: 'garbage', what: 'other-object' } as const,
    ),
  }),
  fc.record({
    what: constant('storage_answer'),
    method: constant('CreateWriteStream'),
    nth: fc.integer({ min: 1, max: 5 }),
    answer: fc.constantFrom(
      { kind: 'lose-answer', code: 14 } as const,
      { kind: 'refuse', code: 14, message: 'Unavailable' } as const,
    ),
  }),
);

function faultsOf(processors: DrawnPlan['processors']): fc.Arbitrary<DrawnFault> {
  // With its time a fault has every member that its kind asks for. A record draws a number of its own, so both have one.
  const inLane = (timeless: fc.Arbitrary<Timeless>): fc.Arbitrary<DrawnFault> =>
    fc.record({ afterRecords, timeless }).map((drawn) => {
      return { ...drawn.timeless, when: { afterRecords: drawn.afterRecords } } as DrawnFault;
    });
  const takeover = fc.record({ timeless: takeoverFault }).map(({ timeless }) => timeless as DrawnFault);
  return fc.oneof(
    { arbitrary: processorFaults(processors), weight: 4 },
    { arbitrary: inLane(kafkaFault), weight: 3 },
    { arbitrary: inLane(storageFault), weight: 3 },
    { arbitrary: takeover, weight: 1 },
  );
}

const workload = fc.record({
  seed: fc.nat(),
  countMax: constant(COUNT_MAX),
  ratePerSecond: fc.constantFrom(100, 200, 300),
  spanMs: fc.constantFrom(20 * HOUR_MS, 40 * HOUR_MS),
  duplicateShare: fc.constantFrom(0.1, 0.03, 0.3),
  lateShare: fc.constantFrom(0.02, 0, 0.1),
  malformedShare: fc.constantFrom(0.01, 0.05),
  hotShare: fc.constantFrom(0.1, 0.8),
});

const anyDrawnPlan: fc.Arbitrary<DrawnPlan> = fc
  .constantFrom<DrawnPlan['processors'][]>(['alpha'], [...PROCESSORS], [...PROCESSORS])
  .chain((processors) =>
    fc.record({
      world: constant('real'),
      partitions: constant(PARTITIONS),
      processors: constant(processors),
      checkpointIntervalMs: fc.constantFrom(300, 200, 1_000),
      watermarkDelayMs: fc.constantFrom(600_000, 60_000),
      workload,
      faults: fc
        .array(faultsOf(processors), { maxLength: 4, size: 'max' })
        .filter((faults) => faults.length > 0)
        .map(oneTakeover),
    }),
  );

/** Two rules for the answers of one takeover could mean the same answer: only one of them could happen. */
function oneTakeover(faults: DrawnFault[]): DrawnFault[] {
  const first = faults.findIndex((each) => laneOf(each) === 'takeover');
  return faults.filter((each, at) => at === first || laneOf(each) !== 'takeover');
}

/** Uniform: small values are not drawn more often. */
export function drawPlan(seed: number): DrawnPlan {
  const [plan] = fc.sample(anyDrawnPlan, { numRuns: 1, unbiased: true, seed: intSeed(seed) });
  return plan!;
}

/** fast-check takes 32 bits. */
function intSeed(seed: number): number {
  return (seed ^ Math.floor(seed / 2 ** 32)) | 0;
}
