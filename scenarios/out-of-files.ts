import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;
/** Those that can be cut off; the tables of Delta Lake on a disk are files as others. */
const SERVICES = { bigquery: ['kafka', 'rest', 'storage'], delta: ['kafka'] } as const;

/**
 * The processor can open nothing more, neither files nor connections, and has just lost its connections: first those to the
 * Storage Write API, if it has any, then all. The next life loses them before it has reached anybody.
 */
export const scenario = defineScenario({
  name: 'out-of-files',
  title: 'the limit on open files is reached in mid-run, and again while a processor starts',
  whatCouldGoWrong:
    'A refused connection is taken for an answer, a state that cannot be opened for an empty one, or the process hangs for ever.',
  guarantees: ['G1', 'G2', 'G3', 'G6'],
  tags: ['machine', 'network'],
  partitions: 2,
  proxied: true,
  settings: { CHECKPOINT_INTERVAL: '300ms', KAFKA_SESSION_TIMEOUT: '3s' },
  async run(world) {
    const first = world.start('alpha');
    await first.waitFor('takeover.running', 120_000);
    const without = { what: 'out_of_files', process: 'alpha' } as const;
    const appends = world.inject({
      ...without,
      cut: world.sinkKind === 'bigquery' ? ['storage'] : [],
      when: { acknowledged: 800 },
      forMs: 2_500,
    });
    const workload = { seed: 1750, count: 6_000, ratePerSecond: 600, spanMs: HOUR_MS };
    const sending = world.send(workload);
    await appends.healed;
    const all = world.inject({
      ...without,
      cut: SERVICES[world.sinkKind],
      when: { acknowledged: 2_400 },
      forMs: 6_000,
    });
    await all.healed;
    const waited = first.eventsOf('service.waiting').filter(({ error }) => error.includes('EMFILE'));
    world.bit('the processor says what it cannot open', waited.length > 0);
    if (first.running) await first.kill();

    // Once it runs, and before it has reached anybody: it waits.
    const started = { event: 'processor.started', process: 'alpha' };
    const starting = world.inject({ ...without, when: started, forMs: 5_000 });
    const second = world.start('alpha');
    await starting.healed;
    await second.waitFor('takeover.running', 120_000);
    world.expectSums((await sending).expectedSums);
    await world.drain();
  },
});
