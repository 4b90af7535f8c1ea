import { sumsOf } from '../src/checks/by-sql/assertions.ts';
import { defineScenario } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;
const USAGE = 64;

/**
 * Retention has overtaken a stopped processor in one of two partitions. An operator gives up what is gone, and nothing
 * else: the command refuses to give up what is judged or what is not there yet, and says who did it ever after.
 */
export const scenario = defineScenario({
  name: 'offsets-skipped',
  title: 'what retention took is given up with skip, and the partition continues',
  whatCouldGoWrong:
    'A jump over the gap also jumps over records that are there, or nobody can tell later that there was one.',
  guarantees: ['G1', 'G5', 'G6'],
  tags: ['kafka', 'operations'],
  partitions: 2,
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
    // Originals only, in order: what a record becomes then does not depend on those that are given up.
    const plain = {
      duplicateShare: 0,
      lateShare: 0,
      futureShare: 0,
      malformedShare: 0,
      missingKeyShare: 0,
      jitterMs: 0,
    };
    const after = await world.send({ seed: 1506, count: 1_000, spanMs: HOUR_MS, ...plain });
    const from = await world.count('SELECT MAX(next_offset) FROM `{dataset}.checkpoint_log` WHERE kafka_partition = 0');
    const to = from + 100;
    await world.deleteRecords(0, to);
    const second = world.start('alpha', { flags: ['--until-caught-up'] });
    await second.waitForExit(90_000);
    world.bit('it stopped at the gap', second.eventsOf('partition.stopped')[0]?.code === 'retention_gap');

    const skip = (...args: string[]) =>
      world.operate('skip', '--partition', '0', '--reason', 'retention was too short', '--by', 'ann', ...args);
    const judged = await skip('--from', String(from - 1), '--to', String(to));
    const ahead = await skip('--from', String(from), '--to', '100000');
    world.bit(
      'what is judged cannot be given up',
      judged.code === USAGE && /is judged already/.test(judged.complaints),
    );
    world.bit(
      'nor what is not there yet',
      ahead.code === USAGE && /the log of partition 0 ends at/.test(ahead.complaints),
    );
    const looked = await skip('--from', String(from), '--to', String(to), '--dry-run');
    const skippedRows = () => world.query('SELECT * FROM `{dataset}.skipped_offsets`');
    world.bit('a dry run changes nothing', looked.code === 0 && (await skippedRows()).length === 0);
    const done = await skip('--from', String(from), '--to', String(to));
    world.bit('it was done', done.code === 0);
    const again = await skip('--from', String(from), '--to', String(to));
    world.bit('doing it again changes nothing', again.code === 0 && /nothing to do/.test(again.output));

    world.start('alpha');
    await world.drain();
    const [row, ...others] = await skippedRows();
    const isListed = row?.first_offset === from && row.offsets === 100 && row.skipped_by === 'ann';
    world.bit('the tables say which offsets, and who', isListed && others.length === 0);
    const verified = await world.operate('verify');
    const [line] = verified.output.split('\n').filter((text) => text.startsWith('skipped:'));
    world.bit(
      'verify passes and lists them',
      verified.code === 0 && line?.includes(`offsets ${from} to ${to - 1}`) === true,
    );

    world.expectSums(before.expectedSums);
    world.expectSums(
      await sumsOf(
        await world.ledger(after),
        ({ partition, offset, expected }) =>
          expected === 'accepted' && (partition === 1 || offset === null || offset >= to),
      ),
    );
  },
});
