import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;

/** The store is away while rows are written, then while partitions are taken over; between that it swallows everything. */
export const scenario = defineScenario({
  name: 'store-unreachable',
  title: 'the store of the tables refuses connections, then swallows what it is sent, while partitions are taken over',
  whatCouldGoWrong: 'Silence is taken for a refusal, and rows are written again beside those that land later.',
  only: { sink: 'delta', because: 'store' },
  needsStore: true,
  guarantees: ['G1', 'G2', 'G3', 'G6'],
  tags: ['delta', 'network'],
  partitions: 2,
  proxied: true,
  settings: { CHECKPOINT_INTERVAL: '300ms', DELTA_COMMIT_INTERVAL: '200ms', KAFKA_SESSION_TIMEOUT: '3s' },
  async run(world) {
    const first = world.start('alpha');
    await first.waitFor('takeover.running', 60_000);
    const away = { what: 'network_cut', on: 'store', refuse: true } as const;
    const refused = world.inject({ ...away, when: { acknowledged: 1_000 }, forMs: 4_000 });
    const sending = world.send({ seed: 1_980, count: 8_000, ratePerSecond: 400, spanMs: HOUR_MS });
    await refused.healed;
    world.bit('the processor says what it waits for', first.eventsOf('service.waiting').length > 0);
    const silent = world.inject({ what: 'network_black_hole', on: 'store', forMs: 4_000 });
    await silent.fired;
    await first.kill();
    const second = world.start('alpha');
    await silent.healed;
    await second.waitFor('takeover.running', 120_000);
    world.expectSums((await sending).expectedSums);
    await world.drain();
    world.bit('it lived through it', second.running);
  },
});
