import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;

/**
 * The broker hangs (SIGSTOP) with an offset commit before it that it has not read: for less than a session, then for longer, so
 * that it wakes up to a commit of a member that its clock has already thrown out.
 */
export const scenario = defineScenario({
  name: 'broker-paused-at-commit',
  title: 'the broker hangs exactly at an offset commit, and resumes later',
  whatCouldGoWrong:
    'A commit that hangs holds up checkpoints, or one that comes late puts the group behind or ahead of the rows.',
  guarantees: ['G1', 'G2', 'G3', 'G6'],
  tags: ['kafka', 'group'],
  partitions: 2,
  proxied: true,
  needsOwnInfra: true,
  settings: { CHECKPOINT_INTERVAL: '300ms', KAFKA_SESSION_TIMEOUT: '3s' },
  async run(world) {
    const processor = world.start('alpha');
    await processor.waitFor('takeover.running', 120_000);
    const sending = world.send({ seed: 1780, count: 6_000, ratePerSecond: 500, spanMs: HOUR_MS });
    await processor.waitFor('checkpoint.written', 120_000, ({ nextOffset }) => nextOffset > 200);
    const shortly = world.inject({ what: 'broker_pause', at: 'offset-commit', nth: 2, forMs: 1_500 });
    await shortly.healed;
    const written = processor.eventsOf('checkpoint.written').length;
    await world.until('more checkpoints are written', 60_000, async () => {
      return processor.eventsOf('checkpoint.written').length > written + 3;
    });
    const long = world.inject({ what: 'broker_pause', at: 'offset-commit', nth: 2, forMs: 8_000 });
    await long.fired;
    await world.sleep(2_000);
    const second = world.start('beta');
    await long.healed;
    world.expectSums((await sending).expectedSums);
    await second.waitFor('takeover.running', 90_000);
    await world.drain();
    world.bit('both lived through it', processor.running && second.running);
  },
});
