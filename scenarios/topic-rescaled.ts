import { defineScenario, type ScenarioRecord } from '../src/lab/scenario.ts';

const HOUR_MS = 3_600_000;
const USAGE = 64;

/**
 * The topic goes from two partitions to four. Copies of payments from before the change come in other partitions than
 * their originals, as when a producer sends again by the new count: each must end as a duplicate.
 */
export const scenario = defineScenario({
  name: 'topic-rescaled',
  title: 'the topic gets two more partitions with rescale, and copies come in other partitions than their originals',
  whatCouldGoWrong: 'The partition of the copy does not know the original, and the payment is counted twice.',
  guarantees: ['G1', 'G2', 'G4', 'G5'],
  tags: ['kafka', 'operations'],
  partitions: 2,
  settings: { CHECKPOINT_INTERVAL: '300ms' },
  async run(world) {
    const first = world.start('alpha');
    const plain = { duplicateShare: 0, lateShare: 0, futureShare: 0, malformedShare: 0, missingKeyShare: 0 };
    const sent = await world.send({
      seed: 1760,
      count: 600,
      spanMs: 10 * 60_000,
      baseTimeMs: world.nowMs() - HOUR_MS,
      ...plain,
    });
    const rescale = (...args: string[]) => world.operate('rescale', '--partitions', '4', '--by', 'ann', ...args);
    await world.drain();
    await first.stop();
    const unsaid = await rescale('--dry-run');
    world.bit(
      'it asks whether producers are stopped',
      unsaid.code === USAGE && /--producers-stopped/.test(unsaid.complaints),
    );
    const looked = await rescale('--producers-stopped', '--dry-run');
    world.bit(
      'a dry run says what would be done',
      looked.code === 0 && /would go from 2 to 4 partitions/.test(looked.output),
    );
    const done = await rescale('--producers-stopped');
    world.bit('it was done', done.code === 0 && /went from 2 to 4 partitions/.test(done.output));
    const again = await rescale('--producers-stopped');
    world.bit('doing it again changes nothing', again.code === 0 && /nothing to do/.test(again.output));

    const payments = await world.query(
      'SELECT kafka_partition, transaction_id, sender_account_id, receiver_account_id, CAST(amount AS STRING) AS amount, currency, device_id, ' +
        'ip_address, UNIX_MILLIS(event_time) AS timestamp, region, payment_method FROM `{dataset}.payment_transactions` ORDER BY kafka_partition, kafka_offset',
    );
    // Every copy elsewhere than its original, those of one sender together, as a partitioner would have it.
    const elsewhere = (home: unknown, sender: unknown) =>
      (Number(home) + 1 + ([...String(sender)].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 3)) % 4;
    const copies = payments
      .filter((_, i) => i % 3 === 0)
      .map(({ kafka_partition: home, ...event }): ScenarioRecord => {
        const sender = String(event.sender_account_id);
        return { key: sender, value: JSON.stringify(event), partition: elsewhere(home, sender) };
      })
      .sort((x, y) => x.partition - y.partition);
    await world.sendRecords(copies);
    world.start('alpha');
    await world.until('the copies are judged in all four partitions', 90_000, async () => {
      const judged = await world.count(
        "SELECT COUNT(*) FROM `{dataset}.payment_exceptions` WHERE disposition = 'duplicate'",
      );
      return judged === copies.length;
    });
    const places = await world.count('SELECT COUNT(DISTINCT kafka_partition) FROM `{dataset}.payment_exceptions`');
    world.bit('they were duplicates in partitions old and new', places === 4);
    await world.drain();
    const verified = await world.operate('verify');
    world.bit(
      'verify passes, and finds no sender out of place',
      verified.code === 0 && !/has records in partitions/.test(verified.output),
    );
    world.expectSums(sent.expectedSums);
  },
});
