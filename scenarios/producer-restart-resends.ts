import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;
const BEFORE_RESTART = 1_500;

/** A producer ends in the middle of its work. The next one does not know how far it came, and sends everything again. */
export const scenario = defineScenario({
  name: 'producer-restart-resends',
  title: 'a producer is restarted twice and starts over each time; the processor is killed in between',
  whatCouldGoWrong: 'Copies that come after a crash of the processor are taken for new payments.',
  guarantees: ['G1', 'G2', 'G3', 'G6'],
  tags: ['producer', 'crash'],
  partitions: 2,
  settings: { CHECKPOINT_INTERVAL: '300ms', KAFKA_SESSION_TIMEOUT: '2s' },
  async run(world) {
    const workload = {
      seed: 1780,
      count: 3_000,
      ratePerSecond: 1_500,
      spanMs: HOUR_MS / 2,
      baseTimeMs: world.nowMs() - HOUR_MS,
      lateShare: 0,
    };
    const first = world.start('alpha');
    await first.waitFor('takeover.running', 60_000);
    const cut = await world.send(workload, { stopAfter: BEFORE_RESTART });
    const killed = world.inject({ what: 'crash', process: 'alpha', when: { acknowledged: 2_000 } });
    const resending = world.send(workload);
    await killed.fired;
    world.start('alpha');
    const sent = await resending;
    world.expectSums(sent.expectedSums);
    await world.drain();
    world.bit('the first producer ended in mid-run', !cut.complete && cut.acked >= BEFORE_RESTART);
    const copies = await world.count(
      "SELECT COUNT(*) FROM `{dataset}.payment_exceptions` WHERE disposition = 'duplicate'",
    );
    world.bit('everything it had sent came again, and was refused', copies >= cut.byExpected.accepted);
  },
});
