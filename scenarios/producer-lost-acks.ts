import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;
const LOST = [5, 12, 13, 30];

/** Kafka stores what the producer sends, and the acknowledgement never reaches it: it sends again. */
export const scenario = defineScenario({
  name: 'producer-lost-acks',
  title: 'acknowledgements to the producer are lost after the broker stored the records',
  whatCouldGoWrong: 'Every retry of a producer becomes a second payment.',
  guarantees: ['G1', 'G2', 'G3'],
  tags: ['producer', 'answers'],
  partitions: 2,
  proxied: true,
  settings: { CHECKPOINT_INTERVAL: '300ms' },
  async run(world) {
    const processor = world.start('alpha');
    await processor.waitFor('takeover.running', 60_000);
    const lost = LOST.map((nth) => world.inject({ what: 'kafka_answer', request: 'produce', nth }));
    const sent = await world.send({ seed: 1770, count: 3_000, ratePerSecond: 1_000, spanMs: HOUR_MS });
    world.expectSums(sent.expectedSums);
    for (const { fired } of lost) await fired;
    await world.drain();
    world.bit('the producer believes that everything arrived', sent.complete && sent.unknown === 0);
    const taken = await world.count('SELECT SUM(consumed) FROM `{dataset}.pipeline_health`');
    world.bit('the log holds each record at least once', taken >= sent.acked);
  },
});
