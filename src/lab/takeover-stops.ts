/**
 * For scenarios: a processor that stops at each step of its takeover in turn, by signals that it sends itself at a
 * crash point. A step that was not come by never ends the processor, and the story breaks off: that is its account.
 */
import type { CrashPoint, CrashSignals } from '../processor/crash-points.ts';
import type { ScenarioWorld, StartOptions } from './scenario.ts';

export type Stops = Exclude<CrashSignals, 'SIGKILL'>;

/** What a life needs besides, so that its takeover is certain to come by the point. */
type Needs = 'nothing' | 'other settings' | 'a lost checkpoint';

/**
 * Points of a takeover in their order, those of the first start of all aside. `state.discard` is none of them: it takes a
 * local state that is whole and lies.
 */
const TAKEOVER_POINTS: readonly { readonly point: CrashPoint; readonly needs: Needs }[] = [
  { point: 'stream.create.before', needs: 'nothing' },
  { point: 'stream.create.after', needs: 'nothing' },
  { point: 'ownership.claim.before', needs: 'nothing' },
  { point: 'ownership.claim.after', needs: 'nothing' },
  { point: 'stream.finalize.before', needs: 'nothing' },
  { point: 'stream.finalize.after', needs: 'nothing' },
  { point: 'ownership.settings.before', needs: 'other settings' },
  { point: 'ownership.settings.after', needs: 'other settings' },
  { point: 'state.replace.before', needs: 'a lost checkpoint' },
  { point: 'state.replace.after', needs: 'a lost checkpoint' },
];

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
  let [claimed, atOnce] = [0, 0];
  for (const [life, { point, needs }] of TAKEOVER_POINTS.entries()) {
    if (needs === 'a lost checkpoint') await world.loseCheckpoint(name);
    // Fraud rules change no sum; each life has its own.
    const settings =
      needs === 'other settings' ? { FRAUD_COUNT_HIGH: String(20 + life), SETTINGS_REVISION: String(20 + life) } : {};
    const end = await stopAt(world, name, point, signals, { settings });
    if (end.hasClaimed) claimed++;
    if (end.code === 143) atOnce++;
  }
  return { claimed, atOnce, lives: TAKEOVER_POINTS.length };
}

/** One life that is stopped there: once, it ends with 0; twice, at once, unless it was done with ending before the second. */
export async function stopAt(
  world: ScenarioWorld,
  name: string,
  point: CrashPoint,
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
