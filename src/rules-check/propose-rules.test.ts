/** What is proposed for the records of examples/mappings, and for hostile ones. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Rules } from '../payments/rules/rules.ts';
import { readRules } from '../rules/read-rules.ts';
import { decodeSample } from './decode-sample.ts';
import { decisionsText, proposalText } from './proposal-text.ts';
import { proposeRules } from './propose-rules.ts';
import { type SampleRecord, sampleOfLines } from './sample.ts';
import { encoded, schemaOf } from './testing/encode-records.ts';

const NOW_MS = 1_764_007_200_000;
const EXAMPLES = path.join(import.meta.dirname, '..', '..', 'examples', 'mappings');

function exampleOf(name: string): SampleRecord[] {
  return sampleOfLines(readFileSync(path.join(EXAMPLES, name, 'events.tsv'), 'utf8'), NOW_MS);
}

function proposed(sample: readonly SampleRecord[]): { text: string; rules: Rules } {
  const text = proposalText(proposeRules(sample, decodeSample(sample, new Map()))!, sample.length);
  const rules = readRules(text, 'proposed.yaml');
  if (Array.isArray(rules)) throw new Error(rules.map((mistake) => mistake.text).join('\n'));
  return { text, rules };
}

function roles({ event }: Rules) {
  const { transaction_id, sender_account_id, currency } = event.texts;
  const paths = [
    transaction_id?.path,
    sender_account_id?.path,
    event.amount.path,
    currency?.path,
    event.timestamp.path,
  ];
  return [...paths, typeof event.key === 'object' ? event.key.path : event.key];
}

const ADYEN = '/notificationItems/0/NotificationRequestItem';
const PACS = '/Document/FIToFICstmrCdtTrf';

test.each([
  ['stripe', ['id', 'customer', 'amount', 'currency', 'created'].map((name) => `/data/object/${name}`), 'sender'],
  [
    'adyen',
    ['pspReference', 'additionalData/shopperReference', 'amount/value', 'amount/currency', 'eventDate'].map(
      (name) => `${ADYEN}/${name}`,
    ),
    'transaction',
  ],
  [
    'paypal',
    [
      '/resource/id',
      '/resource/payer/payer_id',
      '/resource/amount/value',
      '/resource/amount/currency_code',
      '/create_time',
    ],
    '/resource/payee/merchant_id',
  ],
  [
    'iso20022',
    [
      `${PACS}/CdtTrfTxInf/0/PmtId/EndToEndId`,
      `${PACS}/CdtTrfTxInf/0/DbtrAcct/Id/IBAN`,
      `${PACS}/CdtTrfTxInf/0/IntrBkSttlmAmt/value`,
      `${PACS}/CdtTrfTxInf/0/IntrBkSttlmAmt/Ccy`,
      `${PACS}/GrpHdr/CreDtTm`,
    ],
    'sender',
  ],
  ['cloudevents', ['/data/payment', '/data/account', '/data/amount', '/data/currency', '/time'], 'sender'],
  ['debezium', ['id', 'account', 'amount', 'currency', 'created_at'].map((name) => `/payload/after/${name}`), 'any'],
] as const)('finds the required roles and the key in records as of %s', (name, paths, key) => {
  expect(roles(proposed(exampleOf(name)).rules)).toEqual([...paths, key]);
});

test.each([
  ['avro', ['/id', '/payer/account', '/money/amount', '/money/currency', '/created'], 'decimal_bytes: schema'],
  ['protobuf', ['/id', '/payer/account', '/money/minor', '/money/currency', '/created_ms'], 'minor_units: currency'],
] as const)('decodes %s with the schema of the registry', (name, paths, amount) => {
  const sample = encoded(name, 7).map(({ key, value }, offset) => ({
    partition: 0,
    record: { offset, timestampMs: NOW_MS, key: Buffer.from(key), value },
    hasKey: true,
  }));
  const proposal = proposeRules(sample, decodeSample(sample, new Map([[7, schemaOf(name)]])))!;
  const text = proposalText(proposal, sample.length);
  const rules = readRules(text, 'proposed.yaml') as Rules;
  expect(roles(rules)).toEqual([...paths, 'sender']);
  expect(rules.event.format).toBe(name);
  expect(text).toContain(amount);
});

test('says what the amounts are: minor units beside a currency, decimals, bytes in base64', () => {
  const amountOf = (name: string) => proposed(exampleOf(name)).rules.event.amount;
  expect(amountOf('stripe').minorUnits).toBe('currency');
  expect(amountOf('paypal')).toEqual({ path: '/resource/amount/value' });
  expect(amountOf('debezium').decimalBytes).toBe(2);
});

test('every line of a role says why, and marks what a reader must decide', () => {
  const { text } = proposed(exampleOf('stripe'));
  const lines = text.split('\n').filter((line) => /^ {2,4}[-a-z#]/.test(line) && !/^ {2}(select|activity)/.test(line));
  expect(lines.length).toBeGreaterThan(10);
  expect(lines.filter((line) => !/ # /.test(line))).toEqual([]);
  expect(text).toContain('minor_units: currency } # UNSURE: whole numbers only, beside a currency: cents are likely');
  expect(text).toContain('customer }           # in 20 of 20 records, 5 different; it is the key');
});

test('turns activity off where the key is not the sender', () => {
  expect(proposed(exampleOf('adyen')).rules.fraud.activity).toBe('off');
  expect(proposed(exampleOf('stripe')).rules.fraud.activity).not.toBe('off');
});

/** Records whose members have no names that are known. */
function movements(keyOf: (n: number) => string, names = { id: 'ref', time: 'bookedAt' }): SampleRecord[] {
  const lines = Array.from({ length: 20 }, (_, n) => {
    const time = `2026-11-30T14:02:${String(n + 10)}.473+02:00`;
    const movement = {
      [names.id]: `mv_${n}`,
      value: { minor: 1000 + n, ccy: 'EUR' },
      [names.time]: time,
      source: { walletId: `wal_${n % 5}` },
    };
    return `${keyOf(n)}\t${JSON.stringify({ meta: { eventId: `we-${n}`, emittedAt: time }, payload: { movement } })}`;
  });
  return sampleOfLines(lines.join('\n'), NOW_MS);
}
const lineOf = (text: string, name: string): string => text.split('\n').find((line) => line.includes(`  ${name}: `))!;

test('a key that differs in each record is the transaction, not who sends', () => {
  const { rules, text } = proposed(movements((n) => `mv_${n}`));
  expect(rules.event.texts.transaction_id?.path).toBe('/payload/movement/ref');
  expect(lineOf(text, 'transaction_id')).toContain('# UNSURE: no name says so');
  expect(rules.event.key).toBe('transaction');
  expect(rules.fraud.activity).toBe('off');
  expect(rules.event.texts.sender_account_id?.path).toBe('/NOT_FOUND');
  expect(lineOf(text, 'sender_account_id')).toContain('/payload/movement/source/walletId');
});

test('a key that differs in each record beside a named transaction is a path, and somebody must decide', () => {
  const { rules, text } = proposed(movements((n) => `we-${n}`, { id: 'transactionId', time: 'bookedAt' }));
  expect(rules.event.texts.transaction_id?.path).toBe('/payload/movement/transactionId');
  expect(rules.event.key).toEqual({ path: '/meta/eventId' });
  expect(lineOf(text, 'key')).toContain('# UNSURE: ');
  expect(rules.event.texts.sender_account_id?.path).toBe('/NOT_FOUND');
});

test('a sender that only the key shows is proposed, and somebody must decide', () => {
  const { rules, text } = proposed(movements((n) => `wal_${n % 5}`));
  expect(rules.event.texts.sender_account_id?.path).toBe('/payload/movement/source/walletId');
  expect(rules.event.key).toBe('sender');
  expect(lineOf(text, 'sender_account_id')).toContain('# UNSURE: no name says so');
});

test('a sender by its name that differs in each record is unsure', () => {
  const lines = Array.from({ length: 20 }, (_, n) => `a${n}\t${JSON.stringify({ id: `p${n}`, sender: `a${n}` })}`);
  const { text } = proposed(sampleOfLines(lines.join('\n'), NOW_MS));
  expect(lineOf(text, 'sender_account_id')).toContain('{ path: /sender }');
  expect(lineOf(text, 'sender_account_id')).toContain('# UNSURE: ');
});

test('ids and times that no name says are found by what they look like', () => {
  const { rules, text } = proposed(movements((n) => `wal_${n % 5}`));
  const id = lineOf(text, 'transaction_id');
  expect(rules.event.texts.transaction_id?.path).toBe('/NOT_FOUND');
  expect(id).toContain('/payload/movement/ref');
  expect(id).toContain('/meta/eventId');
  expect(rules.event.timestamp).toMatchObject({ path: '/payload/movement/bookedAt', type: 'iso8601' });
  expect(lineOf(text, 'timestamp')).toMatch(/# UNSURE: no name says so.*\/meta\/emittedAt/);
});

test.each([
  [
    (n: number) => `wal_${n % 5}`,
    '4 lines are UNSURE: decide. No member was found for transaction_id: write its path. ',
  ],
  [
    (n: number) => `x_${n}`,
    '5 lines are UNSURE: decide. No member was found for transaction_id and sender_account_id: write their paths. ',
  ],
])('says how much is left to decide', (keyOf, said) => {
  const sample = movements(keyOf);
  expect(decisionsText(proposeRules(sample, decodeSample(sample, new Map()))!)).toBe(said);
});

test('nothing is left to decide where each line is sure', () => {
  const lines = Array.from({ length: 20 }, (_, n) => {
    const at = '2026-01-02T03:04:05Z';
    return `p${n % 4}\t${JSON.stringify({ paymentId: `r${n}`, payer: `p${n % 4}`, amount: '1.50', currency: 'EUR', createdAt: at })}`;
  });
  const sample = sampleOfLines(lines.join('\n'), NOW_MS);
  expect(decisionsText(proposeRules(sample, decodeSample(sample, new Map()))!)).toBe('');
});

test('the same records give the same file', () => {
  expect(proposed(exampleOf('paypal')).text).toBe(proposed(exampleOf('paypal')).text);
});

test('a member that was not found is named as one, and its file is still a rules file', () => {
  const { rules, text } = proposed(sampleOfLines('{"a":true}\n{"a":false}', NOW_MS));
  expect(rules.event.texts.transaction_id?.path).toBe('/NOT_FOUND');
  expect(text).toContain('# UNSURE: no member looks like an amount');
});

test('names and values of records cannot leave their place in the file', () => {
  const hostile = {
    'amount" }\nrevision: 9 #': 5,
    id: 'a # b\n- x',
    currency: 'EUR',
    'x/y~z': 'q',
    "it's {": { id: 'z' },
  };
  const { rules } = proposed(
    sampleOfLines([1, 2].map((n) => JSON.stringify({ ...hostile, id: `${hostile.id}${n}` })).join('\n'), NOW_MS),
  );
  expect(rules.revision).toBe(1);
});

test('nothing is proposed for records without JSON', () => {
  const sample = sampleOfLines('hello\n[1]\n7', NOW_MS);
  expect(proposeRules(sample, decodeSample(sample, new Map()))).toBeUndefined();
});
