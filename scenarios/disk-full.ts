import { FULL_DISK_ENV } from '../chaos/process-faults.ts';
import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;

/** No file of the processor takes another byte for a while; then there is room again. */
export const scenario = defineScenario({
  name: 'disk-full',
  title: 'the disk under the local state is full for three seconds',
  whatCouldGoWrong: 'The processor dies or waits for room, or a state that was written by half is believed later.',
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
    const full = world.inject({
      fault: 'processor.disk-full',
      processor: 'alpha',
      when: { acknowledged: 1_000 },
      lastsMs: 3_000,
    });
    const sent = await world.send(workload);
    world.expectSums(sent.expectedSums);
    await full.healed;
    world.bit('the processor said that it goes on without a local state', first.eventsOf('log.warning').length > 0);
    world.bit('it lived through it', first.running);
    await first.kill();

    // Copies of what came before, while and after the disk was full.
    await world.send({ ...workload, ratePerSecond: 0 });
    world.start('alpha');
    await world.drain();
  },
});
