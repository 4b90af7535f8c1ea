import { expect, test } from 'vitest';
import { hashPayment } from '../../payments/event/hash.ts';
import { exceptionRow } from '../../payments/exception-rows.ts';
import { compileSettings, DEFAULT_DECISION_SETTINGS } from '../../payments/settings.ts';
import type { Payment } from '../../payments/types.ts';
import { acceptedRow, FIXED, NOON_MS } from '../../sinks/bigquery/testing/sample-rows.ts';
import { type KeptPayment, LatePaymentReader, Unreadable } from './late-payment.ts';

const SETTINGS = compileSettings(DEFAULT_DECISION_SETTINGS);
const reader = new LatePaymentReader({ partition: 0, partitionCount: 1, minEventTimeMs: FIXED.minEventTimeMs });

/** The row that the fold makes of a late payment. */
function kept(change: Partial<Payment> = {}): KeptPayment {
  const { payment } = acceptedRow(7, change);
  const record = { offset: 7, timestampMs: NOON_MS + 1_000, key: null, value: null };
  const row = exceptionRow(record, payment, hashPayment(payment), 'late', null, false);
  return { ...row, offset: row.kafkaOffset };
}

test('what the fold keeps of a late payment reads back as the very payment', () => {
  const changes: Partial<Payment>[] = [
    {},
    { amount: 1n },
    { amount: 999_999_999_999_999_123_456_789n },
    { senderAccountId: 'Łukasz "the" \\ sender', deviceId: '4111 1111 1111 1111' },
  ];
  for (const change of changes) {
    expect(reader.read(kept(change), SETTINGS)).toEqual(acceptedRow(7, change).payment);
  }
});

test.each<[string, Partial<KeptPayment>, RegExp]>([
  ['is missing', { payload: null }, /no payload/],
  ['is cut short', { payload: kept().payload!.slice(0, -5) }, /not_json: ends early/],
  ['has another amount', { payload: kept().payload!.replace('"10"', '"100"') }, /another payment/],
  ['has an amount that rounds', { payload: kept().payload!.replace('"10"', '10.0000000000001') }, /amount_not_exact/],
  ['lacks a column', { payload: kept().payload!.replace('currency', 'coin') }, /field_missing/],
  ['is of another transaction than its row', { transactionId: 'txn-8' }, /not that of the payload/],
  ['is of another time than its row', { eventTimeMs: NOON_MS + 1 }, /not that of the payload/],
  ['has no hash', { payloadHash: null }, /another payment/],
])('a payload that %s is not taken', (_, change, why) => {
  const read = reader.read({ ...kept(), ...change }, SETTINGS);
  expect(read).toBeInstanceOf(Unreadable);
  expect((read as Unreadable).why).toMatch(why);
});
