import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;

/** A firewall forgets every connection to Kafka: the broker sees them end, the clients wait for answers. */
export const scenario = defineScenario({
  name: 'kafka-half-open',
  title: 'the broker has forgotten all connections, and the clients are not told for four seconds',
  whatCouldGoWrong: 'A client waits for ever for the answer to its fetch while its partitions are given to nobody.',
  guarantees: ['G1', 'G2', 'G6'],
  tags: ['network', 'kafka'],
  partitions: 2,
  proxied: true,
  settings: { CHECKPOINT_INTERVAL: '300ms', KAFKA_SESSION_TIMEOUT: '3s' },
  async run(world) {
    const processor = world.start('alpha');
    await processor.waitFor('takeover.running', 60_000);
    const forgotten = world.inject({
      what: 'network_half_open',
      on: 'kafka',
      when: { acknowledged: 800 },
      forMs: 4_000,
    });
    const sent = await world.send({ seed: 1702, count: 2_500, ratePerSecond: 1_000, spanMs: HOUR_MS });
    world.expectSums(sent.expectedSums);
    await forgotten.healed;
    await world.drain();
    world.bit('the processor lived through it', processor.running);
    const taken = await world.count('SELECT SUM(consumed) FROM `{dataset}.pipeline_health`');
    world.bit('each record is there once', taken === sent.acked);
  },
});
