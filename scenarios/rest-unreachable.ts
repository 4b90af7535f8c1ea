import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;
const AWAY_MS = 2_000;

/** BigQuery's REST side is not to be reached when a processor wants its partitions, and slow when the next one does. */
export const scenario = defineScenario({
  name: 'rest-unreachable',
  title: 'queries and claims are refused for two seconds; after a kill -9, each takes a third of a second longer',
  whatCouldGoWrong:
    'The processor gives up its partitions, or continues with what it remembers of them without asking who owns them.',
  only: { sink: 'bigquery', because: 'REST' },
  guarantees: ['G1', 'G2', 'G6'],
  tags: ['network', 'bigquery'],
  partitions: 2,
  proxied: true,
  settings: { CHECKPOINT_INTERVAL: '300ms', KAFKA_SESSION_TIMEOUT: '2s' },
  async run(world) {
    const workload = (part: number) => ({
      seed: 1850 + part,
      count: 1_500,
      spanMs: HOUR_MS,
      baseTimeMs: world.nowMs() - (3 - part) * HOUR_MS,
    });
    world.expectSums((await world.send(workload(0))).expectedSums);
    const refused = world.inject({
      what: 'network_cut',
      on: 'rest',
      refuse: true,
      when: { event: 'assignment.changed' },
      forMs: AWAY_MS,
    });
    const first = world.start('alpha');
    await refused.healed;
    await first.waitFor('checkpoint.written', 60_000);
    const waited = first.eventsOf('service.waiting').filter(({ service }) => service === 'bigquery');
    world.bit('the processor says that it waits for the service', waited.length > 0);
    await first.kill();

    world.expectSums((await world.send(workload(1))).expectedSums);
    const slow = world.inject({ what: 'network_delay', on: 'rest', delayMs: 300 });
    const second = world.start('alpha');
    await second.waitFor('takeover.running', 60_000);
    await slow.heal();
    await world.drain();
    world.bit('the second one lived through it', second.running);
  },
});
