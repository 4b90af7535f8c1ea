import { defineScenario } from '../src/lab/scenario.ts';
import { stopAt, takeoversUnderStops } from '../src/lab/takeover-stops.ts';

/** A processor gets SIGTERM at each step of its takeover in turn. Each life ends by itself, with 0. */
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
    await takeoversUnderStops(world, 'SIGTERM', 2101);
  },
});
