import { paymentRecord } from '../src/lab/payment-record.ts';
import { defineScenario } from '../src/lab/scenario.ts';

/** The guide's first worked example: [txn-1, txn-2, txn-1, txn-3, txn-1] becomes txn-1, txn-2, txn-3. */
export const scenario = defineScenario({
  name: 'five-messages-to-three',
  title: 'five messages, two of them copies, become three payments',
  whatCouldGoWrong: 'The copies are counted as payments, or a payment is dropped together with its copies.',
  guarantees: ['G1', 'G2'],
  tags: ['test', 'smoke', 'mission'],
  settings: { CHECKPOINT_INTERVAL: '300ms' },
  async run(world) {
    const eventTimeMs = world.nowMs();
    const payments = ['txn-1', 'txn-2', 'txn-1', 'txn-3', 'txn-1'].map((id) => paymentRecord({ id, eventTimeMs }));
    const offsets = await world.sendRecords(payments);
    world.bit('five messages are in the topic', offsets.join() === '0,1,2,3,4');
    world.expectSums({ USD: { count: 3, amount: '30' } });
    await world.drain();

    const kept = await world.query(
      'SELECT transaction_id, kafka_offset FROM `{dataset}.payment_transactions` ORDER BY kafka_offset',
    );
    world.bit(
      'the payments are the first of each id',
      kept.map((row) => `${row.transaction_id}@${row.kafka_offset}`).join() === 'txn-1@0,txn-2@1,txn-3@3',
    );
    const copies = await world.query(
      'SELECT transaction_id, kafka_offset, first_kafka_offset, disposition FROM `{dataset}.payment_exceptions` ORDER BY kafka_offset',
    );
    world.bit(
      'the copies are on record with the message they repeat',
      copies
        .map((row) => `${row.disposition} ${row.transaction_id}@${row.kafka_offset} of ${row.first_kafka_offset}`)
        .join() === 'duplicate txn-1@2 of 0,duplicate txn-1@4 of 0',
    );
  },
});
