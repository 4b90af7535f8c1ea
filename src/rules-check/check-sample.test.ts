import { expect, test } from 'vitest';
import { cellsOf } from '../base/text/wrap.ts';
import type { Rules } from '../payments/rules/rules.ts';
import { readRules } from '../rules/read-rules.ts';
import { checkSample, isClean } from './check-sample.ts';
import { checkText } from './check-text.ts';
import { PathsThere } from './paths.ts';
import { sampleOfLines } from './sample.ts';
import { settingsToTry } from './settings-to-try.ts';

const NOW_MS = 1_764_007_200_000;
const PLACE = { partitionCount: 1, minEventTimeMs: 0 };
const GOOD = {
  transaction_id: 't-1',
  sender_account_id: 'acct-1',
  receiver_account_id: 'acct-2',
  amount: '12.50',
  currency: 'EUR',
  device_id: 'd-1',
  ip_address: '192.0.2.1',
  timestamp: NOW_MS,
  region: 'eu-west',
  payment_method: 'card',
};

/** As the built-in event. */
function check(...lines: readonly string[]) {
  return checkSample(sampleOfLines(lines.join('\n'), NOW_MS), { ...settingsToTry({}), ...PLACE });
}

const line = (changes: object = {}): string => JSON.stringify({ ...GOOD, ...changes });

test('a record is shown with the values of its row, a rejected one with its reason', () => {
  const { records, payments, rejected, reasons } = check(line(), line({ amount: undefined }), '{');
  expect(records[0]).toMatchObject({
    offset: 0,
    becomes: 'payment',
    values: {
      transaction_id: 't-1',
      amount: '12.5',
      currency: 'EUR',
      event_time: '2025-11-24T18:00:00.000Z',
      region: 'eu-west',
    },
  });
  expect(records.slice(1).map(({ reason }) => reason)).toEqual(['field_missing: amount', 'not_json: ends early']);
  expect([payments, rejected]).toEqual([1, 2]);
  expect(reasons.map(({ code, count, offset }) => [code, count, offset])).toEqual([
    ['field_missing', 1, 1],
    ['not_json', 1, 2],
  ]);
});

test('sums are exact, by currency', () => {
  const lines = [line({ amount: '0.1' }), line({ amount: '0.2' }), line({ amount: 500, currency: 'JPY' })];
  expect(check(...lines).sums).toEqual([
    { currency: 'EUR', payments: 2, total: '0.3' },
    { currency: 'JPY', payments: 1, total: '500' },
  ]);
});

test('a key that the sample says is checked; one that it does not say is not', () => {
  const { records } = check(`acct-9\t${line()}`, `acct-1\t${line()}`, line(), '\t', 'k\t');
  expect(records.map(({ reason }) => reason)).toEqual(['key_not_sender', null, null, 'no_value', 'no_value']);
});

test('card numbers are masked', () => {
  const { records } = check(
    line({ transaction_id: '4111111111111111' }),
    line({ transaction_id: '4111111111111111', amount: 'x' }),
  );
  expect(records.map(({ values }) => values.transaction_id)).toEqual(['************1111', '************1111']);
});

test('each record is judged alone: a copy is a payment again', () => {
  expect(check(line(), line()).payments).toBe(2);
});

test.each([60, 80, 200])('the text fits %i columns, and hostile values stay in their lines', (width) => {
  const hostile = line({ transaction_id: `a\u0000\u202e${'x'.repeat(200)}`, region: 'r\nr' });
  const text = checkText(check(line(), hostile, '{', line({ currency: 'eur' })), width);
  expect(text).toContain('2 of 4 records become payments, 2 are rejected.');
  expect(['\u0000', '\u202e'].filter((unseen) => text.includes(unseen))).toEqual([]);
  // A word that is longer than a line stays whole: it can be copied.
  const tooWide = text.split('\n').filter((one) => cellsOf(one) > width && !/\S{60}/.test(one));
  expect(tooWide).toEqual([]);
});

const RULES = ruleSet(`revision: 1
event:
  transaction_id: { path: /transaction_id }
  sender_account_id: { path: /sender_account_id }
  amount: { path: /amount }
  currency: { path: /currency }
  timestamp: { path: /timestamp }
  region: { path: /regoin }
columns:
  - { name: coupon, path: /coupon, type: string }`);

function ruleSet(text: string): Rules {
  const rules = readRules(text, 'rules.yaml');
  if (Array.isArray(rules)) throw new Error(rules.map((mistake) => mistake.text).join('\n'));
  return rules;
}

const byRules = (rules: Rules, lines: readonly string[]) =>
  checkSample(sampleOfLines(lines.join('\n'), NOW_MS), { rules, ...settingsToTry({}, rules), ...PLACE });

test('an optional role or column that a small sample does not have is a note, with the names that are like it', () => {
  const few = byRules(RULES, [line(), line()]);
  expect(few.missingPaths).toEqual([]);
  expect(few.absentPaths).toMatchObject([
    { path: '/regoin', use: 'region', nearest: ['/region'] },
    { path: '/coupon', use: 'column coupon' },
  ]);
  expect(isClean(few)).toBe(true);
  const text = checkText(few);
  expect(text).toContain('Optional paths that none of these records has: their columns are NULL.');
  expect(text).toContain('/regoin (region): there is /region');
});

test('in a larger sample it is a mistake, and so is a required path in any sample', () => {
  const many = byRules(
    RULES,
    Array.from({ length: 100 }, () => line()),
  );
  expect(many.absentPaths).toEqual([]);
  expect(many.missingPaths.map(({ path }) => path)).toEqual(['/regoin', '/coupon']);
  expect(isClean(many)).toBe(false);
  const required = { ...RULES, event: { ...RULES.event, amount: { path: '/amuont' } } };
  expect(byRules(required, [line()]).missingPaths).toMatchObject([{ path: '/amuont', nearest: ['/amount'] }]);
});

test('paths that are nearest to one that is not there come first', () => {
  const there = new PathsThere();
  there.add({ data: { object: { amount: 1, amount_refunded: 2, id: 'x' } }, 'a/b': { 'm~n': 1 } });
  expect(there.nearest('/data/amount')[0]).toBe('/data/object/amount');
  expect(there.nearest('/data/object/amuont')[0]).toBe('/data/object/amount');
  expect(there.has('/a~1b/m~0n')).toBe(true);
  expect(there.has('/data/object/none')).toBe(false);
});

test('objects and members with another name are not offered for a path', () => {
  const there = new PathsThere();
  there.add({ meta: { kind: 'x', v: 3 }, payload: { ref: 'r', customers: { id: 1 } } });
  expect(there.nearest('/NOT_FOUND')).toEqual([]);
  expect(there.nearest('/payload/customer')).toEqual([]);
  expect(there.nearest('/data/object/ref')).toEqual(['/payload/ref']);
  expect(there.has('/payload/customers')).toBe(true);
});
