import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;

/** The disk with the tables is mounted read-only in mid-run, as after an error of the disk. Writable again, a new life continues. */
export const scenario = defineScenario({
  name: 'tables-read-only',
  title: 'the folder of the tables can no longer be written: the processor stops by name, and the next one continues',
  whatCouldGoWrong: 'The processor takes refused writes for rows, or waits for ever for what no retry can mend.',
  only: { sink: 'delta', because: 'disk' },
  guarantees: ['G1', 'G2', 'G3', 'G6'],
  tags: ['delta', 'machine'],
  partitions: 2,
  settings: { CHECKPOINT_INTERVAL: '300ms', DELTA_COMMIT_INTERVAL: '200ms', KAFKA_SESSION_TIMEOUT: '2s' },
  async run(world) {
    const first = world.start('alpha');
    await first.waitFor('takeover.running', 60_000);
    const readOnly = world.inject({ what: 'tables_read_only', when: { acknowledged: 1_500 } });
    const sent = await world.send({ seed: 1_950, count: 4_000, ratePerSecond: 1_000, spanMs: HOUR_MS });
    world.expectSums(sent.expectedSums);
    await readOnly.fired;
    const exit = await first.waitForExit(60_000);
    world.bit(`it ended with an error (${exit.code})`, exit.code !== 0 && exit.code !== null);
    world.bit('it says that it may not write there', /not permitted|no permission|read-only/.test(first.tail));
    const second = world.start('alpha');
    await second.waitForExit(60_000);
    await readOnly.heal();
    world.start('alpha');
    await world.drain();
  },
});
