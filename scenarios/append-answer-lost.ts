import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;
const UNAVAILABLE = 14;

/** BigQuery stores rows of payments, and the answer that says so never comes: the call breaks off instead. */
export const scenario = defineScenario({
  name: 'append-answer-lost',
  title: 'acknowledgements of stored rows are lost on the way back, in several tables',
  whatCouldGoWrong:
    'Sending the rows again stores them twice; not sending them again loses those that had not arrived.',
  only: { sink: 'bigquery', because: 'gRPC' },
  guarantees: ['G1', 'G2', 'G3', 'G4'],
  tags: ['test', 'smoke', 'bigquery', 'answers'],
  partitions: 2,
  proxied: true,
  settings: { CHECKPOINT_INTERVAL: '300ms' },
  async run(world) {
    const processor = world.start('alpha');
    await processor.waitFor('takeover.running', 60_000);
    const lost = [3, 9, 10, 20].map((nth) =>
      world.inject({
        what: 'storage_answer',
        method: 'AppendRows',
        nth,
        answer: { kind: 'lose-answer', code: UNAVAILABLE },
      }),
    );
    const sent = await world.send({ seed: 1603, count: 4_000, ratePerSecond: 1_500, spanMs: 2 * HOUR_MS });
    world.expectSums(sent.expectedSums);
    for (const { fired } of lost) await fired;
    await world.drain();
    const epochs = await world.count('SELECT MAX(writer_epoch) FROM `{dataset}.payment_transactions`');
    world.bit('nobody had to take over: the rows were sent again at their offsets', epochs === 1);
  },
});
