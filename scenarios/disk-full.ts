import { FULL_DISK_ENV } from '../chaos/process-faults.ts';
import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;

/** No file of the processor takes another byte, until it is killed. Its next life has room again, and finds an old local state. */
export const scenario = defineScenario({
  name: 'disk-full',
  title: 'the disk under the local state is full until a kill -9; the next life finds what was saved before',
  whatCouldGoWrong: 'The processor dies or waits for room, or a state that was written by half is believed later.',
  // On Delta Lake the tables may be on that disk too: tables-disk-full.
  only: { sink: 'bigquery', because: 'disk' },
  guarantees: ['G1', 'G2', 'G3'],
  tags: ['checkpoint'],
  partitions: 2,
  settings: { CHECKPOINT_INTERVAL: '300ms', KAFKA_SESSION_TIMEOUT: '2s', ...FULL_DISK_ENV },
  async run(world) {
    const workload = {
      seed: 1740,
      count: 5_000,
      ratePerSecond: 1_000,
      spanMs: HOUR_MS / 2,
      baseTimeMs: world.nowMs() - HOUR_MS / 2,
    };
    const first = world.start('alpha');
    await first.waitFor('takeover.running', 60_000);
    const full = world.inject({ what: 'disk_full', process: 'alpha', when: { acknowledged: 1_500 } });
    const sent = await world.send(workload);
    world.expectSums(sent.expectedSums);
    await full.fired;
    await world.drain();
    world.bit('the processor logged that it continues without a local state', first.eventsOf('log.warning').length > 0);
    world.bit('it lived through it', first.running);
    await first.kill();
    await full.heal();

    // Copies of what came before and while the disk was full.
    await world.send({ ...workload, ratePerSecond: 0 });
    const second = world.start('alpha');
    await world.drain();
    const old = second
      .eventsOf('state.restored')
      .filter(({ how, fromOffset, atOffset }) => how === 'local' && fromOffset < atOffset);
    world.bit('what was saved last was older than the checkpoint, and was brought up to it', old.length > 0);
  },
});
