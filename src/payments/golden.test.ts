/**
 * Bytes that must never change: what older releases stored is compared with what this one computes. A failure here means a new
 * FOLD_VERSION or DIGEST_VERSION, or a bug; never a new snapshot.
 */
import { expect, it } from 'vitest';
import { canonicalJson } from './event/event.ts';
import { formatHash, hashBytes, hashPayment, RecordDigest, recordFingerprint } from './event/hash.ts';
import { PartitionFold } from './fold.ts';
import { emptyOutput, event, FIXED, PLACE, record, rowsOf, START_MS, settings } from './testing/fold-fixture.ts';
import type { Payment } from './types.ts';

/** Every text another one: a hash over the same columns in another order is another hash. */
const PAYMENT: Payment = {
  transactionId: 'txn-é-1',
  senderAccountId: 'sender "1"',
  receiverAccountId: 'receiver\u2028',
  amount: 12_345_678_901n,
  currency: 'EUR',
  deviceId: 'device-\u{1f600}',
  ipAddress: '10.0.0.1',
  eventTimeMs: 1_748_779_200_123,
  region: 'eu-west',
  paymentMethod: 'card',
};
const LARGE: Payment = { ...PAYMENT, amount: 10n ** 30n + 7n, eventTimeMs: 0 };

it('the hash of a payment, and its columns in their order', () => {
  const hex = (payment: Payment) => {
    const { high, low } = hashPayment(payment);
    return formatHash(high, low);
  };
  expect([PAYMENT, LARGE].map(hex)).toMatchInlineSnapshot(`
    [
      "b88b435808aeda04",
      "67a3b8e79f36ad96",
    ]
  `);
});

it('the canonical form of a payment', () => {
  expect([PAYMENT, LARGE].map(canonicalJson)).toMatchInlineSnapshot(`
    [
      "{"transaction_id":"txn-é-1","sender_account_id":"sender \\"1\\"","receiver_account_id":"receiver ","amount":"12.345678901","currency":"EUR","device_id":"device-😀","ip_address":"10.0.0.1","timestamp":1748779200123,"region":"eu-west","payment_method":"card"}",
      "{"transaction_id":"txn-é-1","sender_account_id":"sender \\"1\\"","receiver_account_id":"receiver ","amount":"1000000000000000000000.000000007","currency":"EUR","device_id":"device-😀","ip_address":"10.0.0.1","timestamp":0,"region":"eu-west","payment_method":"card"}",
    ]
  `);
});

it('fingerprints of records', () => {
  const whole = { offset: 7, timestampMs: 1_748_779_200_123, key: Buffer.from('é'), value: Buffer.from('{}') };
  const pieces = new RecordDigest(7, 1_748_779_200_123, 2, 2);
  pieces.addKey(Buffer.from('é'));
  for (const piece of ['{', '}']) pieces.addValue(Buffer.from(piece));
  const prints = [whole, { ...whole, key: null }, { ...whole, value: null, timestampMs: -1 }].map(recordFingerprint);
  expect(pieces.finish().fingerprint).toBe(prints[0]);
  expect(prints).toMatchInlineSnapshot(`
    [
      "7:69eb9a41c18eb853",
      "7:1135535cde278dac",
      "7:2ca2f29e4f221497",
    ]
  `);
});

/** A fixed log over four windows: five senders, duplicates with and without a conflict, late and rejected records. */
function folded(foldVersion: number) {
  const fold = PartitionFold.fresh({ ...PLACE, startOffset: 0 });
  const out = emptyOutput();
  const by = settings({ watermarkDelayMs: 90_000 }, foldVersion);
  for (let offset = 0; offset < 60; offset += 1) {
    const idOf = offset % 6 === 5 ? offset - 5 : offset;
    const of = offset % 12 === 11 ? idOf : offset;
    const members = event(
      {
        transaction_id: `t${idOf}`,
        sender_account_id: `s${of % 5}`,
        amount: offset % 13 === 10 ? 'none' : `${of}.${(of * 37) % 1000}1`,
        device_id: `dév${of % 4}`,
        region: of % 3 === 0 ? 'eu-west' : 'africa',
      },
      of * 5_000 - (of % 9 === 8 ? 200_000 : 0),
    );
    fold.fold(record(offset, members), by, out);
  }
  return { fold, out: rowsOf(out) };
}

const json = (value: unknown): string =>
  JSON.stringify(value, (_, each) => (typeof each === 'bigint' ? String(each) : each));

it.each([1, 2])('the digest of a state, and the rows that led to it, by fold version %d', (foldVersion) => {
  const { fold, out } = folded(foldVersion);
  expect(fold.recomputeHead()).toEqual(fold.head());
  const { watermarkMs, ...head } = fold.head();
  expect(watermarkMs - START_MS).toBe(200_000);
  expect(head).toMatchSnapshot();
  expect([out.accepted, out.partials].map((rows) => formatHashOf(json(rows)))).toMatchSnapshot();
  expect(out.exceptions.map(json)).toMatchSnapshot();
  const stored = PartitionFold.fromStored({ ...PLACE, fixed: FIXED, stored: fold.export() });
  expect(stored.head().digest).toBe(head.digest);
});

function formatHashOf(text: string): string {
  const { high, low } = hashBytes(Buffer.from(text));
  return formatHash(high, low);
}
