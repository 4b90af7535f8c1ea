import { defineScenario, type ScenarioWorld } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;

/** Processors join and leave the group faster than it comes to rest: every join stops the whole group. */
export const scenario = defineScenario({
  name: 'rebalance-storm',
  title: 'processors join, are killed and leave, one after the other, while records flow',
  whatCouldGoWrong: 'Partitions change hands with rows in flight; two owners write, or none does.',
  guarantees: ['G1', 'G2', 'G3', 'G6'],
  tags: ['group', 'crash'],
  partitions: 4,
  settings: { CHECKPOINT_INTERVAL: '300ms', KAFKA_SESSION_TIMEOUT: '2s' },
  async run(world) {
    const steady = world.start('alpha');
    await steady.waitFor('takeover.running', 60_000);
    const storm = comeAndGo(world);
    const sent = await world.send(
      { seed: 1790, count: 60_000, ratePerSecond: 500, spanMs: 2 * HOUR_MS },
      { stopWhen: storm },
    );
    await storm;
    world.expectSums(sent.expectedSums);
    await world.drain();
    const changes = steady.eventsOf('assignment.changed').length;
    world.bit(`alpha's partitions changed at least three times (${changes})`, changes >= 3);
    const takeovers = world.allEventsOf('takeover.running').length;
    world.bit(`partitions changed hands (${takeovers} takeovers)`, takeovers > 6);
  },
});

async function comeAndGo(world: ScenarioWorld): Promise<void> {
  const beta = world.start('beta');
  await beta.waitFor('takeover.running', 60_000);
  const gamma = world.start('gamma');
  await world.inject({ what: 'crash', process: 'beta' }).fired;
  await gamma.waitFor('takeover.running', 60_000);
  world.start('delta');
  await world.inject({ what: 'stop', process: 'gamma' }).fired;
  const again = world.start('beta');
  await again.waitFor('takeover.running', 60_000);
}
