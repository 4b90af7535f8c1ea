import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;

/** The connections over which rows are appended are reset three times, each time with requests in flight. */
export const scenario = defineScenario({
  name: 'append-connection-cut',
  title: 'connections to the Storage Write API are reset, and once refused for two seconds',
  whatCouldGoWrong: 'Nobody knows which of the requests in flight had arrived; guessing loses rows or doubles them.',
  only: { sink: 'bigquery', because: 'gRPC' },
  guarantees: ['G1', 'G2', 'G3', 'G4'],
  tags: ['network', 'bigquery'],
  partitions: 2,
  proxied: true,
  settings: { CHECKPOINT_INTERVAL: '300ms' },
  async run(world) {
    const processor = world.start('alpha');
    await processor.waitFor('takeover.running', 60_000);
    for (const acknowledged of [800, 1_600])
      world.inject({ what: 'network_cut', on: 'storage', when: { acknowledged } });
    const refused = world.inject({
      what: 'network_cut',
      on: 'storage',
      refuse: true,
      when: { acknowledged: 2_400 },
      forMs: 2_000,
    });
    const sent = await world.send({ seed: 1705, count: 4_000, ratePerSecond: 1_000, spanMs: 2 * HOUR_MS });
    world.expectSums(sent.expectedSums);
    await refused.healed;
    await world.drain();
    const waited = processor.eventsOf('service.waiting').filter(({ service }) => service === 'bigquery-write');
    world.bit('the processor says that it waits for the service', waited.length > 0);
    const epochs = await world.count('SELECT MAX(writer_epoch) FROM `{dataset}.payment_transactions`');
    world.bit('nobody had to take over', epochs === 1);
  },
});
