import { sumsOf } from '../src/checks/by-sql/assertions.ts';
import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;
const CONTRADICTION = 65;

/**
 * Records are deleted before they were processed, in one of two partitions. That partition stops and says which offsets
 * are gone; the other one continues to its end.
 */
export const scenario = defineScenario({
  name: 'retention-gap',
  title: 'retention overtakes a stopped processor in one partition',
  whatCouldGoWrong: "The client resets itself to the log's new start, and the lost payments are never missed.",
  guarantees: ['G1', 'G6'],
  tags: ['kafka', 'refusal'],
  partitions: 2,
  ending: 'stopped',
  settings: { CHECKPOINT_INTERVAL: '300ms' },
  async run(world) {
    const first = world.start('alpha');
    const before = await world.send({
      seed: 1505,
      count: 1_000,
      spanMs: HOUR_MS,
      baseTimeMs: world.nowMs() - 2 * HOUR_MS,
    });
    await world.drain();
    await first.stop();
    const after = await world.send({ seed: 1506, count: 1_000, spanMs: HOUR_MS });
    const next = await world.count('SELECT MAX(next_offset) FROM `{dataset}.checkpoint_log` WHERE kafka_partition = 0');
    const logStart = next + 100;
    await world.deleteRecords(0, logStart);

    const second = world.start('alpha', { flags: ['--until-caught-up'] });
    const { code } = await second.waitForExit(90_000);
    world.bit('it ended with 65', code === CONTRADICTION);
    const [stopped] = second.eventsOf('partition.stopped');
    world.bit(
      'only partition 0 was stopped',
      second.eventsOf('partition.stopped').length === 1 && stopped?.partition === 0,
    );
    world.bit('for a retention gap', stopped?.code === 'retention_gap');
    world.bit('whose offsets it names', stopped?.error.includes(`offsets ${next} to ${logStart - 1}`) === true);

    // Partition 1 was processed to its end, partition 0 not past the gap: nothing jumped.
    world.expectSums(before.expectedSums);
    world.expectSums(
      await sumsOf(await world.ledger(after), ({ partition, expected }) => expected === 'accepted' && partition === 1),
    );
    const past = await world.count(
      `SELECT COUNT(*) FROM \`{dataset}.payment_transactions\` WHERE kafka_partition = 0 AND kafka_offset >= ${next}`,
    );
    world.holds('G6', 'nothing of partition 0 was written past the gap', past === 0);
  },
});
