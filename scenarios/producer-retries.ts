import { defineScenario } from '../src/lab/scenario.ts';

/** Well below the watermark delay: what is sent again is not late, so it has to be known. */
const SPAN_MS = 30 * 60_000;

/**
 * A producer that lost its acknowledgements sends again: single payments at once (some with another amount under the same
 * id), then, restarted, everything it ever sent.
 */
export const scenario = defineScenario({
  name: 'producer-retries',
  title: 'every payment is sent at least twice: within one batch, later, and once more by a restarted producer',
  whatCouldGoWrong:
    'Deduplicating only within a batch, or only against what was written before the batch, lets copies through.',
  guarantees: ['G1', 'G2', 'G6'],
  tags: ['test', 'producer', 'mission'],
  partitions: 2,
  settings: { CHECKPOINT_INTERVAL: '300ms' },
  async run(world) {
    const processor = world.start('alpha');
    await processor.waitFor('takeover.running', 60_000);
    const workload = {
      seed: 202,
      count: 3_000,
      spanMs: SPAN_MS,
      baseTimeMs: world.nowMs() - SPAN_MS,
      duplicateShare: 0.2,
      changedShare: 0.3,
      distances: ['near', 'across'] as const,
    };
    const sent = await world.send(workload);
    world.expectSums(sent.expectedSums);
    await world.drain();
    const beforeRestart = await world.count('SELECT COUNT(*) FROM `{dataset}.payment_transactions`');

    await world.send(workload);
    await world.drain();
    const { accepted } = sent.byExpected;
    world.bit('the first sending alone brought all payments', beforeRestart === accepted);
    const again = await world.count(
      `SELECT COUNT(*) FROM \`{dataset}.deduplication_audit\` WHERE duplicate_occurrences > 0`,
    );
    world.bit('every single payment was refused at least once', again === accepted);

    // Offsets of one batch: those that one answer of the log brought, folded in one go.
    const batches = processor.eventsOf('batch.folded');
    const copies = await world.query(
      "SELECT kafka_partition, kafka_offset, first_kafka_offset, conflict FROM `{dataset}.payment_exceptions` WHERE disposition = 'duplicate'",
    );
    const inOneBatch = copies.filter((copy) =>
      batches.some(
        ({ partition, records, nextOffset }) =>
          partition === Number(copy.kafka_partition) &&
          Number(copy.first_kafka_offset) >= nextOffset - records &&
          Number(copy.kafka_offset) < nextOffset,
      ),
    );
    world.bit('copies came in the batch of their original', inOneBatch.length > 0);
    world.bit('copies came in later batches', inOneBatch.length < copies.length);
    const conflicts = copies.filter(({ conflict }) => conflict === true || conflict === 'true');
    world.bit('copies that say something else are marked', conflicts.length > 0 && conflicts.length < copies.length);
  },
});
