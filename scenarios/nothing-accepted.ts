import { defineScenario } from '../src/lab/scenario.ts';

const CONTRADICTION = 65;
const FOREIGN = 1_000;
const PARTITIONS = 2;

/**
 * A topic of somebody else: its first records are no payments by the rules that the process has. They are looked at, and neither folded
 * nor written. An operator who knows them begins all the same.
 */
export const scenario = defineScenario({
  name: 'nothing-accepted',
  title: 'a new dataset, a topic whose first thousand records are all rejected, then payments',
  whatCouldGoWrong: 'A wrong first rules file turns the topic into rejected rows, and is fixed for the dataset.',
  guarantees: ['G1', 'G2', 'G6'],
  tags: ['test', 'input', 'refusal'],
  partitions: PARTITIONS,
  settings: { CHECKPOINT_INTERVAL: '300ms', ACCEPT_NOTHING: 'false' },
  async run(world) {
    const first = world.start('alpha');
    await first.waitFor('first_look.waiting', 60_000, ({ records }) => records === 0);
    const value = JSON.stringify({ id: 'ch_1', object: 'charge', amount: 2_000, currency: 'usd' });
    const foreign = Array.from({ length: FOREIGN }, (_, n) => ({ key: `cus_${n}`, value, partition: n % PARTITIONS }));
    await world.sendRecords(foreign);
    const { code } = await first.waitForExit(60_000);
    world.bit('it ended with 65', code === CONTRADICTION);
    world.bit('it names what happened', /nothing_accepted/.test(first.tail));
    world.bit('it says why, and of how many', /field_missing 1000 \(100 %\)/.test(first.tail));
    const rows = await world.count(
      'SELECT (SELECT COUNT(*) FROM `{dataset}.partition_ownership`) + (SELECT COUNT(*) FROM `{dataset}.checkpoint_log`) + ' +
        '(SELECT COUNT(*) FROM `{dataset}.payment_exceptions`)',
    );
    world.holds('G1', 'nothing was written', rows === 0);

    const sent = await world.send({ seed: 90, count: 500 });
    world.expectSums(sent.expectedSums);
    const second = world.start('alpha', { settings: { ACCEPT_NOTHING: 'true' } });
    await world.drain();
    const rejected = await world.count(
      "SELECT COUNT(*) FROM `{dataset}.payment_exceptions` WHERE disposition = 'rejected' AND reason LIKE 'field_missing%'",
    );
    world.bit('the first records are rows now', rejected >= FOREIGN);
    world.bit('it reported them', second.eventsOf('records.rejected').length > 0);
  },
});
