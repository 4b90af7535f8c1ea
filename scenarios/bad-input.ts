import { paymentRecord } from '../src/lab/payment-record.ts';
import { defineScenario } from '../src/lab/scenario.ts';
import { REASON_CODES, type ReasonCode } from '../src/payments/types.ts';
import type { LedgerEntry } from '../src/simulator/ledger.ts';
import { MALFORMED_KINDS } from '../src/simulator/plan.ts';

const PARTITIONS = 2;
/** Of fold version 1, and of records that are read by a rules file. */
const NOT_OF_THE_BUILT_IN_EVENT: ReadonlySet<ReasonCode> = new Set([
  'not_utf8_json',
  'not_wire_format',
  'schema_rejected',
  'value_undecodable',
  'not_a_payment',
  'currency_unknown',
  'timestamp_not_exact',
  'key_not_transaction',
  'key_not_path',
  'column_invalid',
]);
const TWO_MEGABYTES = 2 * 1024 * 1024;

/** Every way in which a record can be wrong, mixed with good payments in the same partitions, and one value of 2 MB. */
export const scenario = defineScenario({
  name: 'bad-input',
  title: 'records that are no payments, for every reason there is, among payments',
  whatCouldGoWrong: 'One poison message crashes the processor again and again, or holds up its partition for good.',
  guarantees: ['G1', 'G2', 'G6'],
  tags: ['test', 'input'],
  partitions: PARTITIONS,
  settings: { CHECKPOINT_INTERVAL: '300ms', PARTITIONER: 'murmur2' },
  async run(world) {
    const processor = world.start('alpha');
    await processor.waitFor('takeover.running', 60_000);
    const sent = await world.send({
      seed: 505,
      count: 1_200,
      // In small requests: a broker takes no request of many values of over 1 MiB.
      ratePerSecond: 1_000,
      malformedShare: 0.1,
      malformedKinds: MALFORMED_KINDS,
      futureShare: 0.02,
      missingKeyShare: 0.02,
      duplicateShare: 0,
      lateShare: 0,
    });
    world.expectSums(sent.expectedSums);
    const plain = paymentRecord({ id: 'none', eventTimeMs: world.nowMs() });
    const [offset, withoutTime] = await world.sendRecords([
      { key: plain.key, value: Buffer.alloc(TWO_MEGABYTES, 'x'), partition: 0 },
      { ...plain, partition: 0, timestampMs: 0 },
    ]);
    await world.drain();

    const rows = await world.query(
      "SELECT kafka_partition, kafka_offset, reason FROM `{dataset}.payment_exceptions` WHERE disposition = 'rejected'",
    );
    // A reason may be followed by the member that it is about.
    const reasons = new Map(
      rows.map((row) => [`${row.kafka_partition}:${row.kafka_offset}`, String(row.reason).split(':')[0]]),
    );
    const wrong = (await world.ledger(sent))
      .filter(({ expected }) => expected === 'rejected')
      .filter((entry) => reasons.get(`${entry.partition}:${entry.offset}`) !== reasonOf(entry));
    world.bit(`every bad record is on record with its reason (not: ${JSON.stringify(wrong[0])})`, wrong.length === 0);
    world.bit('the 2 MB value is on record', reasons.get(`0:${offset}`) === 'value_too_large');
    world.bit('a record without a clock is', reasons.get(`0:${withoutTime}`) === 'record_time_missing');
    const missing = REASON_CODES.filter((code) => !NOT_OF_THE_BUILT_IN_EVENT.has(code)).filter(
      (code) => ![...reasons.values()].includes(code),
    );
    world.bit(`every reason code came up (not: ${missing.join(', ')})`, missing.length === 0);
    world.bit('it was one process all along', processor.running && world.allEventsOf('takeover.running').length === 2);
  },
});

function reasonOf({ kind, malformed }: LedgerEntry): string | null {
  if (kind === 'future') return 'event_time_in_future';
  return kind === 'missing_key' ? 'key_missing' : malformed;
}
