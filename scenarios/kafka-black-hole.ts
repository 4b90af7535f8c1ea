import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;
/** Longer than the session: the group gives the partitions away while their owner hears nothing. */
const SILENCE_MS = 6_000;

/** Nothing gets through to Kafka: no reset, no refusal, only silence. Then the network is healed. */
export const scenario = defineScenario({
  name: 'kafka-black-hole',
  title: 'the network to Kafka swallows everything for longer than a session',
  whatCouldGoWrong:
    'The processor hangs for good on a connection that will never answer, or comes back as a second owner and writes twice.',
  guarantees: ['G1', 'G2', 'G6'],
  tags: ['network', 'kafka'],
  partitions: 2,
  proxied: true,
  settings: { CHECKPOINT_INTERVAL: '300ms', KAFKA_SESSION_TIMEOUT: '3s' },
  async run(world) {
    const processor = world.start('alpha');
    await processor.waitFor('takeover.running', 60_000);
    const silence = world.inject({
      what: 'network_black_hole',
      on: 'kafka',
      when: { acknowledged: 1_000 },
      forMs: SILENCE_MS,
    });
    const sent = await world.send({ seed: 1602, count: 3_000, ratePerSecond: 1_000, spanMs: HOUR_MS });
    world.expectSums(sent.expectedSums);
    await silence.healed;
    await world.drain();
    world.bit('the processor lived through it', processor.running);
    const rows = await world.count('SELECT SUM(consumed) FROM `{dataset}.pipeline_health`');
    world.bit('everything was processed', rows === sent.acked);
  },
});
