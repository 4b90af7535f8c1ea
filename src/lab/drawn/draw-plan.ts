/**
 * Draws plans for real parts with fast-check, so that a failure shrinks to fewer strikes. Only what the
 * guarantee covers without a stop is drawn, and only what is as good as certain to happen: the points that a takeover or
 * a load passes, answers that are asked for.
 *
 * fast-check is a development dependency: whoever loads this file loads it with `import()`, as the infra does with containers.
 */
import { constants } from 'node:http2';
import fc from 'fast-check';
import type { CrashPoint } from '../../processor/crash-points.ts';
import { DAMAGES, type DrawnPlan, type FaultStrike, laneOf, PROCESSORS, type Strike } from './drawn-plan.ts';

type Drawn<What extends Strike['what']> = fc.Arbitrary<Extract<Strike, { what: What }>>;
type DrawnFault = FaultStrike['fault'];

const HOUR_MS = 3_600_000;
const PARTITIONS = 2;
/** Enough for the longest plan at its rate. */
const COUNT_MAX = 40_000;
/** Words of the statement by which a processor makes partitions its own. */
const CLAIM = 'claim_id = c.claim_id';

/** Passed for certain by a processor that takes a partition over and has a load; with how often at least. */
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

/** The process that is struck: one of those that run. */
function processorStrikes(processors: DrawnPlan['processors']): fc.Arbitrary<Strike> {
  const processor = fc.constantFrom(...processors);
  // A processor that holds one partition has no second state to swap it with.
  const damages = DAMAGES.filter((damage) => damage !== 'swap' || processors.length === 1);
  const common = { afterRecords, processor, restartAfterMs };
  const restart = <What extends 'kill' | 'stop'>(what: What) =>
    fc.oneof(
      fc.record({ what: constant(what), ...common }),
      fc.record({ what: constant(what), ...common, damage: fc.constantFrom(...damages) }),
    ) as Drawn<What>;
  const crashPoint = fc
    .record({ ...common, at: fc.constantFrom(...POINTS), hit: fc.nat({ max: 99 }) })
    .map(({ at: [point, hits], hit, ...rest }) => ({
      what: 'crash-point' as const,
      ...rest,
      point,
      hit: 1 + (hit % hits),
    }));
  const pause = fc.record({
    what: constant('pause'),
    afterRecords,
    processor,
    lastsMs: fc.constantFrom(4_000, 5_000, 300),
  });
  const outOfFiles = fc.record({
    what: constant('out-of-files'),
    afterRecords,
    processor,
    lastsMs: fc.constantFrom(1_000, 3_000),
  });
  const resetGroup = fc.record({
    what: constant('reset-group'),
    afterRecords,
    to: fc.constantFrom('earliest' as const, 'latest' as const),
  });
  const secondGroup = fc.record({
    what: constant('second-group'),
    afterRecords,
    lastsMs: fc.constantFrom(4_000, 6_000),
  });
  return fc.oneof(
    restart('kill'),
    { arbitrary: restart('kill'), weight: 2 },
    restart('stop'),
    { arbitrary: crashPoint, weight: 3 },
    pause,
    outOfFiles,
    resetGroup,
    secondGroup,
  );
}

const kafkaFault: fc.Arbitrary<DrawnFault> = fc.oneof(
  constant({ fault: 'network.cut', on: 'kafka' }),
  fc.record({
    fault: constant('network.cut'),
    on: constant('kafka'),
    refuse: constant(true),
    lastsMs: fc.constantFrom(500, 1_500),
  }),
  fc.record({
    fault: constant('network.delay'),
    on: constant('kafka'),
    delayMs: fc.constantFrom(50, 200, 400),
    lastsMs: fc.constantFrom(1_000, 2_000),
  }),
  fc.record({ fault: constant('network.black-hole'), on: constant('kafka'), lastsMs: fc.constantFrom(1_000, 3_500) }),
  fc.record({ fault: constant('network.half-open'), on: constant('kafka'), lastsMs: fc.constantFrom(1_000, 2_500) }),
  fc.record({
    fault: constant('kafka.answer'),
    request: fc.constantFrom('produce' as const, 'fetch' as const, 'offset-commit' as const, 'heartbeat' as const),
    nth: fc.integer({ min: 1, max: 3 }),
  }),
);

const storageFault: fc.Arbitrary<DrawnFault> = fc.oneof(
  constant({ fault: 'network.cut', on: 'storage' }),
  fc.record({
    fault: constant('network.cut'),
    on: constant('storage'),
    refuse: constant(true),
    lastsMs: fc.constantFrom(500, 1_500),
  }),
  fc.record({
    fault: constant('network.delay'),
    on: constant('storage'),
    delayMs: fc.constantFrom(50, 300),
    lastsMs: fc.constantFrom(1_000, 2_000),
  }),
  fc.record({ fault: constant('sink.finalize-streams'), partition: fc.nat({ max: PARTITIONS - 1 }) }),
  ...[1, 2].map(() =>
    fc.record({
      fault: constant('storage.answer'),
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

/** A first takeover of two partitions asks for at least so many of each. */
const takeoverFault: fc.Arbitrary<DrawnFault> = fc.oneof(
  fc.record({
    fault: constant('rest.answer'),
    match: constant({ method: 'POST', path: '/jobs', body: CLAIM }),
    nth: constant(1),
    answer: fc.constantFrom({ kind: 'lose-answer' } as const, { kind: 'hold-answer', delayMs: 1_000 } as const),
  }),
  fc.record({
    fault: constant('rest.answer'),
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
    fault: constant('storage.answer'),
    method: constant('CreateWriteStream'),
    nth: fc.integer({ min: 1, max: 5 }),
    answer: fc.constantFrom(
      { kind: 'lose-answer', code: 14 } as const,
      { kind: 'refuse', code: 14, message: 'Unavailable' } as const,
    ),
  }),
);

function strikesOf(processors: DrawnPlan['processors']): fc.Arbitrary<Strike> {
  const inLane = (lane: FaultStrike['lane'], fault: fc.Arbitrary<DrawnFault>): Drawn<'fault'> =>
    fc.record({
      what: constant('fault'),
      afterRecords: lane === 'takeover' ? constant(0) : afterRecords,
      lane: constant(lane),
      fault,
    });
  return fc.oneof(
    { arbitrary: processorStrikes(processors), weight: 4 },
    { arbitrary: inLane('kafka', kafkaFault), weight: 3 },
    { arbitrary: inLane('storage', storageFault), weight: 3 },
    { arbitrary: inLane('takeover', takeoverFault), weight: 1 },
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

/** Shrinks by leaving strikes out, and no further: on real parts every candidate costs seconds. */
export const anyDrawnPlan: fc.Arbitrary<DrawnPlan> = fc
  .noShrink(fc.constantFrom<DrawnPlan['processors']>(['alpha'], [...PROCESSORS], [...PROCESSORS]))
  .chain((processors) =>
    fc.record({
      world: constant('real'),
      partitions: constant(PARTITIONS),
      processors: constant(processors),
      checkpointIntervalMs: fc.noShrink(fc.constantFrom(300, 200, 1_000)),
      watermarkDelayMs: fc.noShrink(fc.constantFrom(600_000, 60_000)),
      workload: fc.noShrink(workload),
      strikes: fc
        .array(fc.noShrink(strikesOf(processors)), { maxLength: 4, size: 'max' })
        // Not by minLength: then the last one could not be left out.
        .filter((strikes) => strikes.length > 0)
        .map(oneTakeover),
    }),
  );

/** Two rules for the answers of one takeover could mean the same answer: only one of them could happen. */
function oneTakeover(strikes: Strike[]): Strike[] {
  const first = strikes.findIndex((each) => laneOf(each) === 'takeover');
  return strikes.filter((each, at) => at === first || laneOf(each) !== 'takeover');
}

/** Uniform: small values are not drawn more often. One plan per seed. */
export const DRAWING = { numRuns: 1, unbiased: true } as const;

export function drawPlan(seed: number): DrawnPlan {
  const [plan] = fc.sample(anyDrawnPlan, { ...DRAWING, seed: intSeed(seed) });
  return plan!;
}

/** fast-check takes 32 bits. */
export function intSeed(seed: number): number {
  return (seed ^ Math.floor(seed / 2 ** 32)) | 0;
}
