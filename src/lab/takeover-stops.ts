/**
 * For scenarios: a processor that stops at each step of its takeover in turn, by signals that it sends itself at a
 * crash point. A step that was not come by never ends the processor, and the story breaks off: that is its account.
 */
import type { CrashSignals, Effect } from '../processor/crash-points.ts';
import type { DeltaEffect } from '../processor/sink-words.ts';
import type { ScenarioWorld, StartOptions, StoryCrashPoint } from './scenario.ts';
import type { SinkName } from './sink-names.ts';

export type Stops = Exclude<CrashSignals, 'SIGKILL'>;

/** What a life needs besides, so that its takeover is certain to come by the point. */
type Needs = 'nothing' | 'other settings' | 'a lost checkpoint';

interface TakeoverPoint {
  readonly point: StoryCrashPoint;
  readonly needs: Needs;
}

function around(effect: Effect | DeltaEffect, needs: Needs): TakeoverPoint[] {
  return [
    { point: `${effect}.before`, needs },
    { point: `${effect}.after`, needs },
  ];
}

/**
 * Points of a takeover in their order, those of the first start of all aside. `state.discard` is none of them: it takes a
 * local state that is whole and lies.
 */
const TAKEOVER_POINTS: Readonly<Record<SinkName, readonly TakeoverPoint[]>> = {
  bigquery: [
    ...(['stream.create', 'ownership.claim', 'stream.finalize'] as const).flatMap((effect) =>
      around(effect, 'nothing'),
    ),
    ...around('ownership.settings', 'other settings'),
    ...around('state.replace', 'a lost checkpoint'),
  ],
  delta: [
    ...(['ownership.claim', 'table.fence'] as const).flatMap((effect) => around(effect, 'nothing')),
    ...around('ownership.settings', 'other settings'),
    ...around('state.replace', 'a lost checkpoint'),
  ],
};

/** How the lives ended. */
export interface StoppedLives {
  /** Had claimed a partition when they were stopped. */
  readonly claimed: number;
  /** Ended at once, by the second signal. */
  readonly atOnce: number;
  readonly lives: number;
}

const HOUR_MS = 3_600_000;

/**
 * The story: a first processor works and ends, then each takeover is stopped at another step while a load runs, and the last
 * one finds nothing but what was there before. `seed`: of the payments; the load has the next one.
 */
export async function takeoversUnderStops(world: ScenarioWorld, signals: Stops, seed: number): Promise<StoppedLives> {
  const working = world.start('alpha');
  const baseTimeMs = world.nowMs() - 3 * HOUR_MS;
  world.expectSums((await world.send({ seed, count: 1_000, spanMs: HOUR_MS, baseTimeMs })).expectedSums);
  await world.drain();
  await working.stop();

  const stops = stopAtEachStep(world, 'alpha', signals);
  const load = { seed: seed + 1, count: 40_000, ratePerSecond: 50, spanMs: HOUR_MS };
  const sent = await world.send(load, { stopWhen: stops });
  const lives = await stops;
  world.bit(`they were stopped after they had claimed (${lives.claimed})`, lives.claimed >= 6);
  world.expectSums(sent.expectedSums);
  await world.start('alpha').waitFor('takeover.running', 60_000);
  await world.drain();
  const positions = world.allEventsOf('takeover.positioned');
  const untouched = positions.every((at) => at.rowsAlreadyThere === 0 && at.resumeOffset === at.checkpointOffset);
  world.holds('G6', 'nobody wrote a row in a takeover that was stopped', untouched);
  return lives;
}

/** One life of `name` for each point of a takeover. It must have run before, to its end. */
async function stopAtEachStep(world: ScenarioWorld, name: string, signals: Stops): Promise<StoppedLives> {
  const points = TAKEOVER_POINTS[world.sinkKind];
  let [claimed, atOnce] = [0, 0];
  for (const [life, { point, needs }] of points.entries()) {
    if (needs === 'a lost checkpoint') await world.loseCheckpoint(name);
    // Fraud rules change no sum; each life has its own.
    const settings =
      needs === 'other settings' ? { FRAUD_COUNT_HIGH: String(20 + life), SETTINGS_REVISION: String(20 + life) } : {};
    const end = await stopAt(world, name, point, signals, { settings });
    if (end.hasClaimed) claimed++;
    if (end.code === 143) atOnce++;
  }
  return { claimed, atOnce, lives: points.length };
}

/** One life that is stopped there: once, it ends with 0; twice, at once, unless it was done with ending before the second. */
export async function stopAt(
  world: ScenarioWorld,
  name: string,
  point: StoryCrashPoint,
  signals: Stops,
  options: StartOptions = {},
): Promise<{ readonly code: number | null; readonly hasClaimed: boolean }> {
  const processor = world.start(name, { ...options, crashAt: { point, hit: 1, signals } });
  const { code, signal } = await processor.waitForExit(180_000);
  const hasStopped = code === 0 && processor.eventsOf('processor.stopped').length === 1;
  const isWanted = hasStopped || (signals === 'SIGTERM+SIGTERM' && code === 143);
  world.bit(`${signals} at ${point}: ended with ${code ?? signal}`, isWanted);
  return { code, hasClaimed: processor.eventsOf('takeover.claimed').length > 0 };
}
