import { defineScenario } from '../src/lab/scenario.ts';
import { stopAt, takeoversUnderStops } from '../src/lab/takeover-stops.ts';

/** A processor gets SIGTERM twice in a row at each step of its takeover in turn: each life ends at once, with 143. */
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
    const { atOnce, lives } = await takeoversUnderStops(world, 'SIGTERM+SIGTERM', 2111);
    world.bit(`the second signal ended ${atOnce} of ${lives} at once`, atOnce >= lives - 2);
  },
});
