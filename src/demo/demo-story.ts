/**
 * The story of the demo: payments flow, a processor is killed with -9 in mid-batch, its local state is deleted, it
 * starts again, everything drains. demo-checks.ts says what that proves.
 */
import { randomInt } from 'node:crypto';
import { systemRuntime } from '../base/system-runtime.ts';
import type { RealWorld } from '../lab/real/real-world.ts';
import type { SimulationDials } from '../simulator/plan.ts';
import type { SimulationSummary } from '../simulator/summary.ts';
import { type Survived, survivedBy } from './survived.ts';

export interface DemoSize {
  readonly events: number;
  readonly ratePerSecond: number;
  readonly seed: number | undefined;
}

/** Reports what happens now, in one short line. */
export type Say = (text: string) => void;

const HOUR_MS = 3_600_000;
/**
 * The killed processor's fourth checkpoint row is never sent: it holds two partitions, so one of them has a checkpoint
 * already, and rows past it are in the tables.
 */
const CRASH_AT_CHECKPOINT = 4;
const WAIT_MS = 60_000;

export function demoDials(size: DemoSize): SimulationDials {
  return {
    seed: size.seed ?? randomInt(1, 1_000_000),
    count: size.events,
    ratePerSecond: size.ratePerSecond,
    spanMs: 4 * HOUR_MS,
    duplicateShare: 0.03,
    lateShare: 0.01,
    malformedShare: 0.003,
    futureShare: 0.002,
    missingKeyShare: 0.001,
  };
}

export interface StoryResult {
  readonly sent: SimulationSummary;
  readonly survived: Survived;
  /** From the first send until everything was below a checkpoint. */
  readonly flowMs: number;
}

/** Two processors at work; `alpha` will kill itself with SIGKILL between the rows of a batch and their checkpoint. */
export async function startProcessors(world: RealWorld): Promise<void> {
  const crashAt = { point: 'append.checkpoint_log.before', hit: CRASH_AT_CHECKPOINT } as const;
  const both = [world.start('alpha', { crashAt }), world.start('beta')];
  await Promise.all(both.map((child) => child.waitFor('takeover.running', WAIT_MS)));
}

/** Starts nothing more once `signal` is aborted. */
export async function sendAndCrash(
  world: RealWorld,
  size: DemoSize,
  say: Say,
  signal: AbortSignal,
): Promise<StoryResult> {
  const startedMs = systemRuntime.nowMs();
  const sending = world.send(demoDials(size));
  sending.catch(() => {}); // awaited below, after the crash
  const alpha = world.children.find((child) => child.name === 'alpha');
  if (alpha === undefined) throw new Error('startProcessors comes first');
  const exit = await withLimit(alpha.exited, WAIT_MS, 'alpha did not reach its crash point');
  signal.throwIfAborted();
  if (exit.signal !== 'SIGKILL')
    throw new Error(`alpha ended with ${exit.code ?? exit.signal} before its crash point: alpha.log says why`);
  say('alpha was killed with -9 in mid-batch');
  await world.loseCheckpoint('alpha');
  signal.throwIfAborted();
  say('alpha was killed with -9 and its local state deleted; it starts again');
  const restartedMs = systemRuntime.nowMs();
  const again = world.start('alpha');
  const firstRow = again.firstRowAfter(restartedMs);
  const sent = await sending;
  signal.throwIfAborted();
  say('everything is sent; waiting for checkpoints');
  await world.drain();
  const flowMs = systemRuntime.nowMs() - startedMs;
  const exits = await world.stopAll();
  const bad = exits.filter(({ code }) => code !== 0);
  if (bad.length > 0)
    throw new Error(`asked to stop, ${bad.map(({ name, code }) => `${name} ended with ${code}`).join(', ')}`);
  return {
    sent,
    survived: survivedBy(
      world.children.flatMap((child) => child.events),
      await firstRow,
      world.sinkKind,
    ),
    flowMs,
  };
}

async function withLimit<T>(promise: Promise<T>, limitMs: number, otherwise: string): Promise<T> {
  const finished = new AbortController();
  const limit = systemRuntime.sleep(limitMs, finished.signal).then(
    () => Promise.reject(new Error(`${otherwise} within ${limitMs} ms`)),
    () => new Promise<never>(() => {}),
  );
  try {
    return await Promise.race([promise, limit]);
  } finally {
    finished.abort(new Error('finished'));
  }
}
