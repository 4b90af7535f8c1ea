import { defineScenario } from '../src/lab/scenario.ts';
import { stopAt, stopAtEachStep } from '../src/lab/takeover-stops.ts';

const HOUR_MS = 3_600_000;

/**
 * A deployment that cannot make up its mind: whoever takes over is told to stop, at each step of the takeover in turn. Each
 * ends by itself, with 0, and the last one finds nothing but what was there before.
 */
export const scenario = defineScenario({
  name: 'stopped-in-takeover',
  title: 'SIGTERM at every step of a takeover, one life after the other',
  whatCouldGoWrong:
    'A stop waits for a partition that is not there yet, or writes what it has folded half way; the next takeover misreads what was left.',
  guarantees: ['G1', 'G2', 'G5', 'G6'],
  tags: ['crash', 'group'],
  partitions: 2,
  settings: { CHECKPOINT_INTERVAL: '300ms' },
  storyMs: 15 * 60_000,
  async run(world) {
    await stopAt(world, 'alpha', 'ownership.seed.after', 'SIGTERM');
    const seeded = await world.count('SELECT COUNT(*) FROM `{dataset}.partition_ownership`');
    world.bit('every partition was seeded by the first', seeded === 2);
    const working = world.start('alpha');
    const baseTimeMs = world.nowMs() - 3 * HOUR_MS;
    world.expectSums((await world.send({ seed: 2101, count: 1_000, spanMs: HOUR_MS, baseTimeMs })).expectedSums);
    await world.drain();
    await working.stop();

    const storm = stopAtEachStep(world, 'alpha', 'SIGTERM');
    const load = { seed: 2102, count: 40_000, ratePerSecond: 50, spanMs: HOUR_MS };
    const sent = await world.send(load, { stopWhen: storm });
    const { claimed } = await storm;
    world.bit(`they were stopped after they had claimed (${claimed})`, claimed >= 6);
    world.expectSums(sent.expectedSums);
    await world.start('alpha').waitFor('takeover.running', 60_000);
    await world.drain();
    const positions = world.allEventsOf('takeover.positioned');
    const untouched = positions.every((at) => at.rowsAlreadyThere === 0 && at.resumeOffset === at.checkpointOffset);
    world.holds('G6', 'nobody wrote a row in a takeover that was stopped', untouched);
  },
});
