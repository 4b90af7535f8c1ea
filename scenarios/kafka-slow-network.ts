import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;

/** Every byte to and from Kafka takes a quarter of a second longer; later the line carries only 60 kB a second. */
export const scenario = defineScenario({
  name: 'kafka-slow-network',
  title: 'the network to Kafka is slow, then narrow',
  whatCouldGoWrong:
    'Requests that time out are sent again and their late answers are taken for answers to something else.',
  guarantees: ['G1', 'G2', 'G3'],
  tags: ['network', 'kafka'],
  partitions: 2,
  proxied: true,
  settings: { CHECKPOINT_INTERVAL: '300ms', KAFKA_SESSION_TIMEOUT: '6s' },
  async run(world) {
    const processor = world.start('alpha');
    await processor.waitFor('takeover.running', 60_000);
    const slow = world.inject({
      what: 'network_delay',
      on: 'kafka',
      delayMs: 250,
      when: { acknowledged: 500 },
      forMs: 2_500,
    });
    const sending = world.send({ seed: 1701, count: 3_000, ratePerSecond: 1_000, spanMs: HOUR_MS });
    await slow.healed;
    const narrow = world.inject({ what: 'network_throttle', on: 'kafka', bytesPerSecond: 60_000, forMs: 2_500 });
    const sent = await sending;
    world.expectSums(sent.expectedSums);
    await narrow.healed;
    await world.drain();
    world.bit('the processor lived through it', processor.running);
    const taken = await world.count('SELECT SUM(consumed) FROM `{dataset}.pipeline_health`');
    world.bit('each record is there once', taken === sent.acked);
  },
});
