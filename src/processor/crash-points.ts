/**
 * Named points before and after every external effect of the processor, for the lab: `<effect>.before` and
 * `<effect>.after`. They exist only in ports wrapped by `withCrashPoints`, and in a sink wrapped by its own; without that there is no
 * cost and no code path.
 *
 * A point is reported by calling `hit`, which may end the process (kill -9 in the real world, a destroyed process in the
 * simulated one), throw, or wait.
 */
import type { ProcessorPorts } from './process-scope.ts';
import { DELTA_EFFECTS, type DeltaCrashPoint, RESCALE_EFFECTS, SINK_EFFECTS } from './sink-words.ts';

const EFFECTS = [...SINK_EFFECTS, 'offset.commit', 'state.replace', 'state.save', 'state.discard'] as const;
export type Effect = (typeof EFFECTS)[number];
export type CrashPoint = `${Effect}.before` | `${Effect}.after` | DeltaCrashPoint;

/** All points, for `lab list` and for drawing fault plans. */
export const CRASH_POINTS: readonly CrashPoint[] = EFFECTS.flatMap(
  (effect) => [`${effect}.before`, `${effect}.after`] as const,
);

/** Those of a processor on Delta Lake. */
export const DELTA_CRASH_POINTS: readonly CrashPoint[] = [
  ...DELTA_EFFECTS.flatMap((effect) => [`${effect}.before`, `${effect}.after`] as const),
  ...CRASH_POINTS.filter((point) => point.startsWith('offset.') || point.startsWith('state.')),
];

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

export type RescaleEffect = (typeof RESCALE_EFFECTS)[number];
export type RescalePoint = `${RescaleEffect}.before` | `${RescaleEffect}.after`;
export const RESCALE_POINTS: readonly RescalePoint[] = RESCALE_EFFECTS.flatMap(
  (effect) => [`${effect}.before`, `${effect}.after`] as const,
);

export type HitCrashPoint = (point: CrashPoint) => void | Promise<void>;

/** Does what `act` does, and reports it just before it is asked for and just after its answer arrived. */
export async function around<Effect extends string, R>(
  hit: (point: `${Effect}.before` | `${Effect}.after`) => void | Promise<void>,
  effect: Effect,
  act: () => Promise<R>,
): Promise<R> {
  await hit(`${effect}.before`);
  const result = await act();
  await hit(`${effect}.after`);
  return result;
}

/** The same ports, reporting each effect on the log and on the local state. Those on the sink are the sink's to report. */
export function withCrashPoints(ports: ProcessorPorts, hit: HitCrashPoint): ProcessorPorts {
  const { log, state } = ports;
  return {
    ...ports,
    log: overriding(log, {
      commit: (...args) => around(hit, 'offset.commit', () => log.commit(...args)),
    }),
    state: overriding(state, {
      replace: (...args) => around(hit, 'state.replace', () => state.replace(...args)),
      save: (...args) => around(hit, 'state.save', () => state.save(...args)),
      discard: (...args) => around(hit, 'state.discard', () => state.discard(...args)),
    }),
  };
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
