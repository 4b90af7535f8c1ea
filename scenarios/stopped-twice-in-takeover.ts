import { defineScenario } from '../src/lab/scenario.ts';
import { stopAt, stopAtEachStep } from '../src/lab/takeover-stops.ts';

const HOUR_MS = 3_600_000;

/** Whoever takes over is told to stop twice in a row, at each step of the takeover in turn: each ends at once, with 143. */
export const scenario = defineScenario({
  name: 'stopped-twice-in-takeover',
  title: 'SIGTERM twice at every step of a takeover, one life after the other',
  whatCouldGoWrong: 'A stop that is cut short leaves streams, claims and settings that the next takeover misreads.',
  guarantees: ['G1', 'G2', 'G5', 'G6'],
  tags: ['crash', 'group'],
  partitions: 2,
  settings: { CHECKPOINT_INTERVAL: '300ms' },
  storyMs: 15 * 60_000,
  async run(world) {
    await stopAt(world, 'alpha', 'ownership.seed.before', 'SIGTERM+SIGTERM');
    const working = world.start('alpha');
    const baseTimeMs = world.nowMs() - 3 * HOUR_MS;
    world.expectSums((await world.send({ seed: 2111, count: 1_000, spanMs: HOUR_MS, baseTimeMs })).expectedSums);
    await world.drain();
    await working.stop();

    const storm = stopAtEachStep(world, 'alpha', 'SIGTERM+SIGTERM');
    const load = { seed: 2112, count: 40_000, ratePerSecond: 50, spanMs: HOUR_MS };
    const sent = await world.send(load, { stopWhen: storm });
    const { claimed, atOnce, lives } = await storm;
    world.bit(`they were stopped after they had claimed (${claimed})`, claimed >= 6);
    world.bit(`the second signal ended ${atOnce} of ${lives} at once`, atOnce >= lives - 2);
    world.expectSums(sent.expectedSums);
    await world.start('alpha').waitFor('takeover.running', 60_000);
    await world.drain();
    const positions = world.allEventsOf('takeover.positioned');
    world.holds(
      'G6',
      'nobody wrote a row in a takeover that was stopped',
      positions.every((at) => at.rowsAlreadyThere === 0),
    );
  },
});
