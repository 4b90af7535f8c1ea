import { FULL_DISK_ENV } from '../chaos/process-faults.ts';
import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;

/** No file takes another byte for some seconds: neither rows nor commits nor local state. Then there is room again. */
export const scenario = defineScenario({
  name: 'tables-disk-full',
  title: 'the disk with the tables is full for some seconds, and the processor waits for room',
  whatCouldGoWrong: 'A file that was cut short is taken for a commit, or the processor gives up where waiting helps.',
  only: { sink: 'delta', because: 'disk' },
  guarantees: ['G1', 'G2', 'G3', 'G6'],
  tags: ['delta', 'machine'],
  partitions: 2,
  settings: { CHECKPOINT_INTERVAL: '300ms', DELTA_COMMIT_INTERVAL: '200ms', ...FULL_DISK_ENV },
  async run(world) {
    const processor = world.start('alpha');
    await processor.waitFor('takeover.running', 60_000);
    const full = world.inject({ what: 'disk_full', process: 'alpha', when: { acknowledged: 1_500 } });
    const sending = world.send({ seed: 1_960, count: 5_000, ratePerSecond: 500, spanMs: HOUR_MS });
    await full.fired;
    await processor.waitFor('service.waiting', 60_000);
    await world.sleep(3_000);
    await full.heal();
    world.expectSums((await sending).expectedSums);
    await world.drain();
    world.bit('it lived through it', processor.running);
    world.bit('nobody took over', (await world.count('SELECT MAX(epoch) FROM `{dataset}.partition_ownership`')) === 1);
  },
});
