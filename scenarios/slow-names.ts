import { NAMES_ENV } from '../chaos/host-faults.ts';
import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;
/** Those that have names; the tables of Delta Lake on a disk have none. */
const SERVICES = { bigquery: ['kafka', 'rest', 'storage'], delta: ['kafka'] } as const;

/**
 * Every name takes three seconds while a processor takes over and connections are cut; later no name resolves (EAI_AGAIN) while
 * they are cut once more, and a second processor starts meanwhile.
 */
export const scenario = defineScenario({
  name: 'slow-names',
  title: 'names resolve after seconds, then not at all for a while (EAI_AGAIN)',
  whatCouldGoWrong:
    'Waiting for a name counts as an answer that was lost, or a name that is not found as a service that is not there.',
  guarantees: ['G1', 'G2', 'G3', 'G6'],
  tags: ['machine', 'network'],
  partitions: 2,
  proxied: 'by-name',
  settings: { CHECKPOINT_INTERVAL: '300ms', KAFKA_SESSION_TIMEOUT: '6s', ...NAMES_ENV },
  async run(world) {
    const first = world.start('alpha');
    const slow = world.inject({ what: 'names', process: 'alpha', delayMs: 3_000 });
    const sending = world.send({ seed: 1760, count: 9_000, ratePerSecond: 400, spanMs: HOUR_MS });
    await first.waitFor('takeover.running', 120_000);
    await slow.fired;
    world.inject({ what: 'network_cut', on: world.sinkKind === 'bigquery' ? 'storage' : 'kafka' });
    await world.sleep(5_000);
    await slow.heal();

    const failing = world.inject({ what: 'names', process: 'alpha', error: 'EAI_AGAIN' });
    for (const on of SERVICES[world.sinkKind]) world.inject({ what: 'network_cut', on });
    await failing.fired;
    const second = world.start('beta');
    const neither = world.inject({ what: 'names', process: 'beta', error: 'EAI_AGAIN' });
    await neither.fired;
    await world.sleep(4_000);
    await Promise.all([failing.heal(), neither.heal()]);
    const waited = first.eventsOf('service.waiting').filter(({ error }) => error.includes('EAI_AGAIN'));
    world.bit('the processor says which name it waits for', waited.length > 0);
    await second.waitFor('takeover.running', 120_000);
    world.expectSums((await sending).expectedSums);
    await world.drain();
    world.bit('both lived through it', first.running && second.running);
  },
});
