import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;

/** Two deployments that do not know of each other: Kafka gives both of them every partition. */
export const scenario = defineScenario({
  name: 'two-groups',
  title: 'two processors with different group ids fight over the same partitions',
  whatCouldGoWrong: 'Kafka fences nobody across groups: both write everything.',
  guarantees: ['G1', 'G2', 'G3', 'G6'],
  tags: ['test', 'group'],
  partitions: 2,
  settings: { CHECKPOINT_INTERVAL: '300ms' },
  async run(world) {
    const one = world.start('alpha', { groupId: 'team-one' });
    await one.waitFor('takeover.running', 60_000);
    const other = world.start('beta', { groupId: 'team-two' });
    const fight = Promise.all([one, other].map((processor) => processor.waitFor('partition.fenced', 60_000)));
    const sent = await world.send(
      { seed: 909, count: 40_000, ratePerSecond: 500, spanMs: 2 * HOUR_MS },
      { stopWhen: fight },
    );
    world.expectSums(sent.expectedSums);
    for (const { why } of await fight) world.bit(`each was fenced and says why (${why})`, why.length > 0);
    await world.drain();
    const epochs = await world.count('SELECT MAX(writer_epoch) FROM `{dataset}.payment_transactions`');
    world.bit('both wrote, one after the other', epochs >= 2);
    world.bit('neither gave up', one.running && other.running);
  },
});
