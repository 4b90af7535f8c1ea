/**
 * Named points before and after every external effect of the processor, for the lab: `<effect>.before` and
 * `<effect>.after`. They exist only in ports wrapped by `withCrashPoints`; without it there is no cost and no code path.
 *
 * A point is reported by calling `hit`, which may end the process (kill -9 in the real world, a destroyed process in the
 * simulated one), throw, or wait.
 */
import { APPEND_TABLES } from '../payments/types.ts';
import type { AppendRows, EncodedRows, StreamAppender, StreamRef } from './ports.ts';
import type { ProcessorPorts } from './processor.ts';

const EFFECTS = [
  'stream.create',
  'ownership.seed',
  'ownership.claim',
  'ownership.settings',
  'stream.finalize',
  ...APPEND_TABLES.map((table) => `append.${table}` as const),
  'offset.commit',
  'state.replace',
  'state.save',
  'state.discard',
] as const;
export type Effect = (typeof EFFECTS)[number];
export type CrashPoint = `${Effect}.before` | `${Effect}.after`;

/** All points, for `lab list` and for drawing fault plans. */
export const CRASH_POINTS: readonly CrashPoint[] = EFFECTS.flatMap(
  (effect) => [`${effect}.before`, `${effect}.after`] as const,
);

/** Of the command `backfill`, in their order within a turn (operations/backfill). */
export const BACKFILL_EFFECTS = ['turn.take', 'backfill.payments', 'backfill.metrics', 'turn.end'] as const;
export type BackfillPoint =
  | `${(typeof BACKFILL_EFFECTS)[number]}.before`
  | `${(typeof BACKFILL_EFFECTS)[number]}.after`;
export const BACKFILL_POINTS: readonly BackfillPoint[] = BACKFILL_EFFECTS.flatMap(
  (effect) => [`${effect}.before`, `${effect}.after`] as const,
);

/** What a process sends itself at a point: a kill, or a stop, once or twice. */
export const CRASH_SIGNALS = ['SIGKILL', 'SIGTERM', 'SIGTERM+SIGTERM'] as const;
export type CrashSignals = (typeof CRASH_SIGNALS)[number];

/** Of the command `rescale`, in their order (operations/rescale-points.ts). */
export const RESCALE_EFFECTS = [
  'rescale.claim',
  'rescale.finalize',
  'rescale.partitions',
  'rescale.generation',
  'rescale.seed',
] as const;
export type RescaleEffect = (typeof RESCALE_EFFECTS)[number];
export type RescalePoint = `${RescaleEffect}.before` | `${RescaleEffect}.after`;
export const RESCALE_POINTS: readonly RescalePoint[] = RESCALE_EFFECTS.flatMap(
  (effect) => [`${effect}.before`, `${effect}.after`] as const,
);

export type HitCrashPoint = (point: CrashPoint) => void | Promise<void>;

/** The same ports, reporting each effect just before it is asked for and just after its answer arrived. */
export function withCrashPoints(ports: ProcessorPorts, hit: HitCrashPoint): ProcessorPorts {
  const around = async <R>(effect: Effect, act: () => Promise<R>): Promise<R> => {
    await hit(`${effect}.before`);
    const result = await act();
    await hit(`${effect}.after`);
    return result;
  };
  const { log, queries, streams, state } = ports;
  return {
    ...ports,
    log: overriding(log, {
      commit: (...args) => around('offset.commit', () => log.commit(...args)),
    }),
    queries: overriding(queries, {
      seed: (...args) => around('ownership.seed', () => queries.seed(...args)),
      claim: (...args) => around('ownership.claim', () => queries.claim(...args)),
      addSettings: (...args) => around('ownership.settings', () => queries.addSettings(...args)),
    }),
    streams: overriding(streams, {
      create: (table) => around('stream.create', () => streams.create(table)),
      finalize: (stream) => around('stream.finalize', () => streams.finalize(stream)),
      open: (stream) => new CrashingAppender(streams.open(stream), stream, hit),
    }),
    state: overriding(state, {
      replace: (...args) => around('state.replace', () => state.replace(...args)),
      save: (...args) => around('state.save', () => state.save(...args)),
      discard: (...args) => around('state.discard', () => state.discard(...args)),
    }),
  };
}

/** Appends stay in order although a point may wait: each waits for the one before it to be sent. */
class CrashingAppender implements StreamAppender {
  readonly #inner: StreamAppender;
  readonly #effect: Effect;
  readonly #hit: HitCrashPoint;
  #sent: Promise<void> = Promise.resolve();

  constructor(inner: StreamAppender, stream: StreamRef, hit: HitCrashPoint) {
    this.#inner = inner;
    this.#effect = `append.${stream.table satisfies keyof AppendRows}`;
    this.#hit = hit;
  }

  async append(rows: EncodedRows): Promise<void> {
    let acknowledged: Promise<void> | undefined;
    const sending = this.#sent.then(async () => {
      await this.#hit(`${this.#effect}.before`);
      acknowledged = this.#inner.append(rows);
      acknowledged.catch(() => {}); // awaited below
    });
    this.#sent = sending.catch(() => {}); // the failure is this append's own
    await sending;
    await acknowledged;
    await this.#hit(`${this.#effect}.after`);
  }

  close(): void {
    this.#inner.close();
  }
}

/** `target` with some methods replaced; the others keep their `this`. */
export function overriding<T extends object>(target: T, methods: Partial<T>): T {
  return new Proxy(target, {
    get(object, name) {
      const replacement = methods[name as keyof T];
      if (replacement !== undefined) return replacement;
      const value = object[name as keyof T];
      return typeof value === 'function' ? value.bind(object) : value;
    },
  });
}
