import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;
const CUTS = 3;

/** Every connection to Kafka, the producer's and the processors', is reset in mid-run, again and again. */
export const scenario = defineScenario({
  name: 'kafka-connections-cut',
  title: 'all connections to Kafka are reset three times while records flow',
  whatCouldGoWrong:
    'A client that lost its connection continues at a wrong offset, or the producer sends twice what had arrived.',
  guarantees: ['G1', 'G2', 'G3', 'G6'],
  tags: ['test', 'smoke', 'network', 'kafka'],
  partitions: 2,
  proxied: true,
  settings: { CHECKPOINT_INTERVAL: '300ms', KAFKA_SESSION_TIMEOUT: '3s' },
  async run(world) {
    const processor = world.start('alpha');
    await processor.waitFor('takeover.running', 60_000);
    const cuts = Array.from({ length: CUTS }, (_, i) =>
      world.inject({ what: 'network_cut', on: 'kafka', when: { acknowledged: 800 * (i + 1) } }),
    );
    const sent = await world.send({ seed: 1601, count: 4_000, ratePerSecond: 1_000, spanMs: HOUR_MS });
    world.expectSums(sent.expectedSums);
    for (const { fired } of cuts) await fired;
    await world.drain();
    world.bit('the processor lived through it', processor.running);
    const rows = await world.count('SELECT SUM(consumed) FROM `{dataset}.pipeline_health`');
    world.bit('what was in doubt was not sent twice', rows === sent.acked);
  },
});
