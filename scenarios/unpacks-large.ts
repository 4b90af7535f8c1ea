import { paymentRecord } from '../src/lab/payment-record.ts';
import { defineScenario } from '../src/lab/scenario.ts';

const MINUTE_MS = 60_000;
const MIB = 1024 * 1024;
const VALUE_BYTES = 300 * MIB;

/**
 * Any producer can send a record that is 10 KiB in Kafka and 300 MiB once it is unpacked. It is one bad record like others: it
 * gets its row, and the payments behind it are processed.
 */
export const scenario = defineScenario({
  name: 'unpacks-large',
  title: 'batches of some KiB that unpack to 300 MiB, behind good payments and before others',
  whatCouldGoWrong:
    'The processor runs out of memory at every start, or refuses the batch and asks for it again for ever: the partition stands still.',
  guarantees: ['G1', 'G5', 'G6'],
  tags: ['kafka', 'input'],
  partitions: 2,
  settings: { CHECKPOINT_INTERVAL: '300ms' },
  async run(world) {
    const payments = (name: string, partition: number) =>
      Array.from({ length: 50 }, (_, i) =>
        paymentRecord({ id: `${name}-${partition}-${i}`, eventTimeMs: world.nowMs() - 10 * MINUTE_MS, partition }),
      );
    const both = (name: string) => [...payments(name, 0), ...payments(name, 1)];
    await world.sendRecords(both('before'));
    const offsets = [await world.sendBlanks(0, VALUE_BYTES), await world.sendBlanks(1, VALUE_BYTES)];
    await world.sendBlanks(0, VALUE_BYTES);
    await world.sendRecords(both('behind'));
    const first = world.start('alpha', { flags: ['--until-caught-up'] });
    const { code } = await first.waitForExit(90_000);
    world.bit('it caught up by itself', code === 0);
    world.bit('and stopped nothing', first.eventsOf('partition.stopped').length === 0);
    world.expectSums({ USD: { count: 200, amount: '2000' } });
    const rows = await world.query(
      "SELECT kafka_partition, kafka_offset, reason, LENGTH(payload) AS kept FROM `{dataset}.payment_exceptions` WHERE disposition = 'rejected'",
    );
    world.holds('G1', 'each of them has its row', rows.length === 3);
    const isTooLarge = rows.every(({ reason, kept }) => reason === 'value_too_large' && Number(kept) === 64 * 1024);
    world.holds('G5', 'which says that the value is too large, and keeps its beginning', isTooLarge);
    const [place] = offsets;
    world.bit(
      'the first of them stands where it was sent',
      rows.some(({ kafka_offset }) => Number(kafka_offset) === place),
    );
  },
});
