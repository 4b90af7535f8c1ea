import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;

/** Somebody finalizes the write streams of one partition under the process that writes them, twice. */
export const scenario = defineScenario({
  name: 'stream-finalized-by-another',
  title: 'write streams are finalized by someone who does not take over',
  whatCouldGoWrong:
    'The writer takes it for a fence and waits for an owner that does not exist, or opens new streams and writes twice.',
  only: { sink: 'bigquery', because: 'streams' },
  guarantees: ['G1', 'G2', 'G3', 'G6'],
  tags: ['bigquery'],
  partitions: 2,
  settings: { CHECKPOINT_INTERVAL: '300ms' },
  async run(world) {
    const processor = world.start('alpha');
    const running = [0, 1].map((each) =>
      processor.waitFor('takeover.running', 60_000, ({ partition }) => partition === each),
    );
    await Promise.all(running);
    const finalized = [1_000, 3_000].map((acknowledged) =>
      world.inject({ what: 'streams_finalized', partition: 0, when: { acknowledged } }),
    );
    const sent = await world.send({ seed: 1709, count: 5_000, ratePerSecond: 1_000, spanMs: 2 * HOUR_MS });
    world.expectSums(sent.expectedSums);
    for (const { fired } of finalized) await fired;
    await world.drain();
    const fenced = processor.eventsOf('partition.fenced');
    world.bit('partition 0 was dropped and taken again', fenced.length > 0);
    world.bit(
      'partition 1 was left alone',
      fenced.every(({ partition }) => partition === 0),
    );
    const epochs = await world.count(
      'SELECT MAX(writer_epoch) FROM `{dataset}.payment_transactions` WHERE kafka_partition = 0',
    );
    world.bit('with a new claim, not with new streams at an old epoch', epochs > 1);
  },
});
