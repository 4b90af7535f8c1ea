/** What a check says of the values behind its reasons. */
import { expect, test } from 'vitest';
import { type AvroJson, AvroWriter } from '../payments/drawn/avro-bytes.ts';
import { seededChance } from '../payments/drawn/draw.ts';
import { treeOf } from '../payments/drawn/given.ts';
import type { Rules } from '../payments/rules/rules.ts';
import { parseSchema } from '../registry/parse-schema.ts';
import { readRules } from '../rules/read-rules.ts';
import { checkSample } from './check-sample.ts';
import { checkText } from './check-text.ts';
import { decodeSample } from './decode-sample.ts';
import { sampleOfLines } from './sample.ts';
import { settingsToTry } from './settings-to-try.ts';

const NOW_MS = 1_764_007_200_000;
const TIME = '2025-11-24T17:00:00Z';

interface Given {
  readonly key?: string;
  readonly timestamp?: string;
  readonly more?: string;
  readonly columns?: string;
}

function rulesOf({ key = 'sender', timestamp = 'path: /at, type: iso8601', more = '', columns = '' }: Given): Rules {
  const text = `revision: 1
event:
  key: ${key}
  transaction_id: { path: /ref }
  sender_account_id: { path: /from }
  amount: { path: /amount }
  currency: { path: /currency }
  timestamp: { ${timestamp} }
${more}
fraud: { activity: off }
${columns}`;
  const rules = readRules(text, 'rules.yaml');
  if (Array.isArray(rules)) throw new Error(rules.map((mistake) => mistake.text).join('\n'));
  return rules;
}

const GOOD = { ref: 'r-1', from: 'acct-1', amount: '1.5', currency: 'EUR', at: TIME };
const line = (changes: object = {}, key = 'acct-1'): string => `${key}\t${JSON.stringify({ ...GOOD, ...changes })}`;

function check(given: Given, lines: readonly string[]) {
  const rules = rulesOf(given);
  const place = { partitionCount: 1, minEventTimeMs: 1_600_000_000_000 };
  return checkSample(sampleOfLines(lines.join('\n'), NOW_MS), { rules, ...settingsToTry({}, rules), ...place });
}

const EPOCH = { timestamp: 'path: /at' };

test.each<[string, Given, string[], string]>([
  ['a time of another type', EPOCH, [line()], `field_invalid: timestamp: in 0:0 /at is "${TIME}": write type: iso8601`],
  [
    'seconds for milliseconds',
    EPOCH,
    [line({ at: 1_763_999_999 })],
    'event_time_too_old: in 0:0 /at is 1763999999: write type: epoch_s',
  ],
  [
    'a time finer than a millisecond',
    {},
    [line({ at: '2025-11-24T17:00:00.0000001Z' })],
    'timestamp_not_exact: in 0:0 /at is "2025-11-24T17:00:00.0000001Z": finer_than_ms: round_down cuts it off',
  ],
  [
    'a column of another type',
    { columns: 'columns:\n  - { name: fee, path: /fee, type: int64 }' },
    [line({ fee: 1.25 })],
    'column_invalid: fee: in 0:0 /fee is 1.25: write type: numeric',
  ],
  [
    'a currency in small letters',
    {},
    [line({ currency: 'eur' })],
    'field_invalid: currency: in 0:0 /currency is "eur": write uppercase: true',
  ],
  [
    'an id that is a number',
    {},
    [line({ ref: 12 })],
    'field_invalid: transaction_id: in 0:0 /ref is 12: write type: integer',
  ],
  ['a value without a fix', {}, [line({ amount: 'x' })], 'field_invalid: amount: in 0:0 /amount is "x"'],
  [
    'a select that no record matches',
    { more: '  select:\n    - { path: /currency, in: [GBP] }' },
    [line(), line({ currency: 'USD' }), line()],
    'not_a_payment: /currency has "EUR" (2), "USD" (1); select takes "GBP"',
  ],
  [
    'a key that is the transaction',
    {},
    [line({}, 'r-1'), line({ ref: 'r-2' }, 'r-2')],
    'key_not_sender: in 0:0 the key is "r-1", and /from is "acct-1". In 2 of 2 records the key is /ref: write key: transaction',
  ],
  [
    'a key that is another member',
    {},
    [line({ tenant: 't-1' }, 't-1'), line({ tenant: 't-2' }, 't-2')],
    'key_not_sender: in 0:0 the key is "t-1", and /from is "acct-1". In 2 of 2 records the key is /tenant: write key: { path: /tenant }',
  ],
  [
    'a key that is no member',
    { key: 'transaction' },
    [line({}, 'x')],
    'key_not_transaction: in 0:0 the key is "x", and /ref is "r-1". No member is the key of the records: key: any takes it if all copies of a payment are in one partition',
  ],
])('says the value and what to write: %s', (_, given, lines, hint) => {
  const result = check(given, lines);
  expect(result.hints).toEqual([hint]);
  expect(checkText(result)).toContain(hint);
});

test('records that are no payments do not say what the key is', () => {
  const select = '  select:\n    - { path: /currency, in: [EUR] }';
  const others = Array.from({ length: 9 }, () => line({ currency: 'USD' }, 'other'));
  const [hint] = check({ more: select }, [line({}, 'r-1'), ...others]).hints;
  expect(hint).toContain('In 1 of 1 records the key is /ref: write key: transaction');
});

test('a reason has one hint, and a sample without mistakes has no hints', () => {
  expect(check({}, [line({ amount: 'x' }), line({ amount: 'y' })]).hints).toHaveLength(1);
  expect(check({}, [line()]).hints).toEqual([]);
});

test('card numbers are masked, and long values are cut', () => {
  const [hint] = check({}, [line({ amount: `4111111111111111 ${'x'.repeat(200)}` })]).hints;
  expect(hint).toContain('"************1111 x');
  expect(hint!.length).toBeLessThan(130);
});

const FIELDS = ['ref', 'from', 'currency'].map((name) => ({ name, type: 'string' }));

/** Avro records of a schema whose amount and time have these types. */
function checkAvro(more: string, amount: AvroJson, at: AvroJson, value: object) {
  const schema = {
    type: 'record',
    name: 'P',
    fields: [...FIELDS, { name: 'amount', type: amount }, { name: 'at', type: at }],
  };
  const source = { kind: 'avro', text: JSON.stringify(schema), references: [] } as const;
  const bytes = new AvroWriter(schema).write(treeOf({ ...GOOD, ...value }), seededChance(1));
  const line = Buffer.concat([Buffer.from([0, 0, 0, 0, 3]), bytes]).toString('base64');
  const sample = sampleOfLines(`acct-1\t${line}`, NOW_MS, { base64: true });
  const rules = rulesOf({ more: `  format: avro\n${more}`, timestamp: 'path: /at, type: epoch_ms' });
  return checkSample(sample, {
    rules,
    ...settingsToTry({}, rules),
    partitionCount: 1,
    minEventTimeMs: 1_600_000_000_000,
    schemas: { schemaOf: () => parseSchema(source) },
    values: decodeSample(sample, new Map([[3, source]])).values,
  }).hints;
}

test('of records in Avro too: bytes for a decimal, seconds for milliseconds, a currency in small letters', () => {
  const decimal = { type: 'bytes', logicalType: 'decimal', precision: 9, scale: 2 };
  const good = { at: 1_763_999_999_000 };
  expect(checkAvro('', decimal, 'long', good)).toEqual([
    'field_invalid: amount: in 0:0 /amount is "AJY=": write decimal_bytes: schema, or the scale',
  ]);
  expect(checkAvro('', 'string', 'long', { at: 1_763_999_999 })).toEqual([
    'event_time_too_old: in 0:0 /at is 1763999999: write type: epoch_s',
  ]);
  expect(checkAvro('', 'string', 'long', { ...good, currency: 'eur' })).toEqual([
    'field_invalid: currency: in 0:0 /currency is "eur": write uppercase: true',
  ]);
});
