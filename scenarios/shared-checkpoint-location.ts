import { defineScenario } from '../src/lab/scenario.ts';

const CONFIGURATION = 64;

/** Two processes are given one CHECKPOINT_LOCATION, as a copied deployment file does. */
export const scenario = defineScenario({
  name: 'shared-checkpoint-location',
  title: 'a second processor on the same checkpoint directory is refused',
  whatCouldGoWrong: "Two processes write into one local state, and each restores the other's.",
  guarantees: ['G1', 'G2'],
  tags: ['checkpoint', 'refusal'],
  settings: { CHECKPOINT_INTERVAL: '300ms' },
  async run(world) {
    const first = world.start('alpha');
    await first.waitFor('takeover.running', 60_000);
    const second = world.start('beta', { checkpointOf: 'alpha' });
    const { code } = await second.waitForExit(60_000);
    world.bit('the second one ended with 64', code === CONFIGURATION);
    world.bit('and said who holds the directory', /CHECKPOINT_LOCATION .* is in use by process \d+/.test(second.tail));
    const sent = await world.send({ seed: 1404, count: 1_000 });
    world.expectSums(sent.expectedSums);
    await world.drain();
    world.bit('the first one kept running', first.running && first.eventsOf('partition.fenced').length === 0);
  },
});
