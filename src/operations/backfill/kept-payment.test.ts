/** Late rows of mapped records: what the fold keeps reads back as the very payment, and nothing else is taken for one. */
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../payments/event/event.ts';
import { hashPayment } from '../../payments/event/hash.ts';
import { exceptionRow } from '../../payments/exception-rows.ts';
import { FURTHER_TYPES, type FurtherColumn } from '../../payments/rules/rules.ts';
import { compileSettings, DEFAULT_DECISION_SETTINGS } from '../../payments/settings.ts';
import type { Payment } from '../../payments/types.ts';
import { acceptedRow, FIXED, NOON_MS } from '../../sinks/bigquery/testing/sample-rows.ts';
import { keptPayment } from './kept-payment.ts';
import { LatePaymentReader, Unreadable } from './late-payment.ts';

const COLUMNS: FurtherColumn[] = FURTHER_TYPES.map((type) => ({ name: `of_${type}`, path: `/${type}`, type }));
const FURTHER = {
  of_string: '',
  of_int64: '-9223372036854775808',
  of_numeric: '-0.5',
  of_timestamp: '1748779200123',
  of_bool: 'true',
  of_json: '{"a":[1e400]}',
};
const { payment: FULL } = acceptedRow(7, { further: FURTHER, amount: 10n ** 38n - 1n });
const { receiverAccountId: _, deviceId: __, ipAddress: ___, region: ____, paymentMethod: _____, ...BARE } = FULL;

describe('the canonical form of a mapped payment', () => {
  const { further: ______, ...withoutColumns } = BARE;
  test.each<[string, Payment]>([
    ['with everything', FULL],
    ['without optional roles', BARE],
    ['without columns', withoutColumns],
    ['before 1970', { ...BARE, eventTimeMs: -5, further: { of_int64: '0' } }],
  ])('%s reads back exactly', (_name, payment) => {
    expect(keptPayment(canonicalJson(payment), COLUMNS)).toEqual(payment);
  });

  const text = canonicalJson(FULL);
  test.each<[string, string]>([
    ['is no JSON', text.slice(0, -1)],
    ['is a list', '[]'],
    ['has blanks', text.replace(',', ', ')],
    ['has another member', text.replace('{', '{"note":"x",')],
    [
      'has its members in another order',
      canonicalJson(BARE).replace(/("transaction_id":"[^"]*"),("sender_account_id":"[^"]*")/, '$2,$1'),
    ],
    ['lacks its id', text.replace(/"transaction_id":"[^"]*",/, '')],
    ['has an empty role', text.replace('"eu-west"', '""')],
    ['has an amount as a number', text.replace(/"amount":"([^"]*)"/, '"amount":$1')],
    [
      'has an amount that is not the shortest',
      canonicalJson({ ...FULL, amount: 5n * 10n ** 9n }).replace('"5"', '"5.0"'),
    ],
    ['has no amount', canonicalJson({ ...FULL, amount: 0n })],
    ['has another currency', text.replace('"EUR"', '"eur"')],
    ['has a time with a fraction', text.replace(String(NOON_MS), `${NOON_MS}.5`)],
    ['has a column that the rules lack', text.replace('of_string', 'of_nothing')],
    ['has no column in columns', canonicalJson({ ...FULL, further: {} })],
    ['has a whole number past 64 bits', text.replace('-9223372036854775808', '9223372036854775808')],
    ['has a whole number with a sign of nothing', text.replace('-9223372036854775808', '-0')],
    ['has a decimal that is not the shortest', text.replace('-0.5', '-0.50')],
    ['has a truth that is none', text.replace('"of_bool":"true"', '"of_bool":"yes"')],
    ['has a time that no TIMESTAMP holds', text.replace('1748779200123', '253402300800000')],
    ['has JSON that is none', text.replace('[1e400]', '[1e400')],
  ])('is not taken where it %s', (_name, changed) => {
    expect(changed).not.toBe(text);
    expect(keptPayment(changed, COLUMNS)).toBeUndefined();
  });
});

describe('a late row of a mapped record', () => {
  const settings = compileSettings(DEFAULT_DECISION_SETTINGS);
  const reader = new LatePaymentReader({ partition: 0, partitionCount: 1, minEventTimeMs: FIXED.minEventTimeMs });
  const record = { offset: 7, timestampMs: NOON_MS, key: null, value: null };
  const row = { ...exceptionRow(record, BARE, hashPayment(BARE), 'late', null, false), offset: 7 };

  test('is its payment with its further columns, however its key was read', () => {
    expect(reader.read(row, settings, { columns: COLUMNS })).toEqual(BARE);
  });

  test.each([
    ['a payload of another payment', { payload: canonicalJson({ ...BARE, amount: 5n }) }, /another payment/],
    ['another id', { transactionId: 'other' }, /not that of the payload/],
    ['a payload that is not canonical', { payload: `${row.payload} ` }, /not the canonical form/],
    ['no payload', { payload: null }, /no payload/],
  ])('with %s is not taken', (_name, change, why) => {
    const read = reader.read({ ...row, ...change }, settings, { columns: COLUMNS });
    expect(read).toBeInstanceOf(Unreadable);
    expect((read as Unreadable).why).toMatch(why);
  });
});
