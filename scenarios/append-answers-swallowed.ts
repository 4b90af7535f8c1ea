import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;

/**
 * BigQuery stores rows and stops answering: the connection stays open, no answer comes, nothing is reset. Only the
 * processor's own deadline ends that, twice.
 */
export const scenario = defineScenario({
  name: 'append-answers-swallowed',
  title: 'appends are stored and never answered, on a connection that stays open',
  whatCouldGoWrong:
    'The writer waits for ever with a partition in its hands, or gives up and writes rows again that had arrived.',
  only: { sink: 'bigquery', because: 'gRPC' },
  guarantees: ['G1', 'G2', 'G3', 'G4'],
  tags: ['bigquery', 'answers'],
  partitions: 2,
  proxied: true,
  settings: { CHECKPOINT_INTERVAL: '300ms', APPEND_DEADLINE: '2s' },
  async run(world) {
    const processor = world.start('alpha');
    await processor.waitFor('takeover.running', 60_000);
    const swallowed = [4, 15].map((nth) =>
      world.inject({ what: 'storage_answer', method: 'AppendRows', nth, answer: { kind: 'swallow-answers' } }),
    );
    const sent = await world.send({ seed: 1830, count: 4_000, ratePerSecond: 1_500, spanMs: 2 * HOUR_MS });
    world.expectSums(sent.expectedSums);
    for (const { fired } of swallowed) await fired;
    await world.drain();
    const waited = processor
      .eventsOf('service.waiting')
      .filter(({ error }) => error.includes('no answer to an append'));
    world.bit('the processor gave the silent connections up, and says so', waited.length >= swallowed.length);
    const epochs = await world.count('SELECT MAX(writer_epoch) FROM `{dataset}.payment_transactions`');
    world.bit('nobody had to take over: the rows were sent again at their offsets', epochs === 1);
  },
});
