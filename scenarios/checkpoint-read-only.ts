import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;

/** The volume with the local state becomes read-only in mid-run, and stays so over a kill -9 and a restart. */
export const scenario = defineScenario({
  name: 'checkpoint-read-only',
  title: 'the checkpoint directory can no longer be written to, and the processor is killed and restarted on it',
  whatCouldGoWrong: 'A cache that cannot be written stops payments, or its old content is taken for the present one.',
  guarantees: ['G1', 'G2', 'G3', 'G5'],
  tags: ['checkpoint'],
  partitions: 2,
  settings: { CHECKPOINT_INTERVAL: '300ms', KAFKA_SESSION_TIMEOUT: '2s' },
  async run(world) {
    const first = world.start('alpha');
    const running = [0, 1].map((each) =>
      first.waitFor('takeover.running', 60_000, ({ partition }) => partition === each),
    );
    await Promise.all(running);
    const readOnly = world.inject({ what: 'disk_read_only', process: 'alpha', when: { acknowledged: 1_500 } });
    const sending = world.send({ seed: 1730, count: 6_000, ratePerSecond: 1_000, spanMs: HOUR_MS });
    await readOnly.fired;
    await first.waitFor('log.warning', 60_000);
    await first.kill();
    const second = world.start('alpha');
    await second.waitFor('takeover.running', 60_000);
    world.bit('it continues without a local state, and logs a warning', second.eventsOf('log.warning').length > 0);
    await readOnly.heal();
    world.expectSums((await sending).expectedSums);
    world.expectSums((await world.send({ seed: 1731, count: 500, spanMs: HOUR_MS / 2 })).expectedSums);
    await world.drain();
    world.bit('the second life worked to the end', second.running);
  },
});
