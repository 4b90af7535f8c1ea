/** Amounts of Avro records in bytes made by hand: the fold and the oracle must both take or reject each as it stands here. */
import { expect, test } from 'vitest';
import { parseAvro } from '../../../payments/event/avro/parse-avro.ts';
import { formatDecimal } from '../../../payments/event/decimal.ts';
import { PaymentReader } from '../../../payments/event/payment-reader.ts';
import { Rejection } from '../../../payments/event/validation.ts';
import { loadedRules } from '../../../payments/rules/rules-document.ts';
import { compileSettings, DEFAULT_DECISION_SETTINGS, RULES_FOLD_VERSION } from '../../../payments/settings.ts';
import { readRules } from '../../../rules/read-rules.ts';
import { BASE_MS } from '../../testing/history.ts';
import { judge } from '../judge.ts';

const PLACE = { partition: 0, partitionCount: 1, minEventTimeMs: BASE_MS - 1e11 };
const INVALID = 'field_invalid: amount';

const decimal = (precision: number, scale: number): object => ({
  type: 'bytes',
  logicalType: 'decimal',
  precision,
  scale,
});

/** The schema of the amount, what the rules say of it, its bytes in hex, and the amount or the reason of both. */
const AMOUNTS: readonly (readonly [unknown, object, string, string])[] = [
  ['bytes', { decimal_bytes: 2 }, '0404d2', '12.34'],
  // Base64 belongs to JSON.
  ['string', { decimal_bytes: 2 }, '0842 4e49 3d', INVALID],
  [decimal(4, 2), { decimal_bytes: 'schema' }, '0404d2', '12.34'],
  [decimal(39, 38), { decimal_bytes: 'schema' }, '0200', 'amount_out_of_range'],
  [decimal(40, 39), { decimal_bytes: 'schema' }, '0200', INVALID],
  [decimal(1e9, 1e9), { decimal_bytes: 'schema' }, '0200', INVALID],
  [
    { type: 'fixed', name: 'F', size: 2, logicalType: 'decimal', precision: 10, scale: 2 },
    { decimal_bytes: 'schema' },
    '04d2',
    INVALID,
  ],
  [
    { type: 'fixed', name: 'F', size: 2, logicalType: 'decimal', precision: 10, scale: 3 },
    { decimal_bytes: 2 },
    '04d2',
    '12.34',
  ],
  [
    {
      type: 'record',
      name: 'V',
      fields: [
        { name: 'scale', type: 'int' },
        { name: 'value', type: 'bytes' },
      ],
    },
    { decimal_bytes: 'variable' },
    '04 0404d2',
    '12.34',
  ],
  [
    {
      type: 'record',
      name: 'V',
      fields: [
        { name: 'scale', type: 'int' },
        { name: 'value', type: 'string' },
      ],
    },
    { decimal_bytes: 'variable' },
    '04 08424e493d',
    INVALID,
  ],
];

/** The same with a column of type numeric, next to an amount that is right. */
const COLUMNS: readonly (readonly [unknown, string, string])[] = [
  [decimal(4, 2), '0404d2', '12.34'],
  [decimal(38, 38), '0200', '0'],
  [decimal(40, 39), '0200', 'column_invalid: c'],
  [decimal(1e9, 1e9), '0200', 'column_invalid: c'],
  [{ type: 'fixed', name: 'F', size: 2, logicalType: 'decimal', precision: 10, scale: 2 }, '04d2', 'column_invalid: c'],
  ['string', '0a31322e3334', '12.34'],
];

test.each(AMOUNTS)('%j with %j: %s is %s', (type, form, amount, expected) => {
  const { fold, oracle } = bothOf([{ name: 'a', type }], rulesText({ path: '/a', ...form }, []), amount);
  expect(fold instanceof Rejection ? fold.reason : formatDecimal(fold.toPayment().amount), 'the fold').toBe(expected);
  expect(oracle.must?.reason ?? formatDecimal(oracle.payment!.amount), 'the oracle').toBe(expected);
});

test.each(COLUMNS)('numeric column of %j: %s is %s', (type, column, expected) => {
  const fields = [
    { name: 'a', type: 'int' },
    { name: 'c', type },
  ];
  const rules = rulesText({ path: '/a' }, [{ name: 'c', path: '/c', type: 'numeric' }]);
  const { fold, oracle } = bothOf(fields, rules, `0a${column}`);
  expect(fold instanceof Rejection ? fold.reason : fold.toPayment().further?.c, 'the fold').toBe(expected);
  expect(oracle.must?.reason ?? oracle.payment!.columns?.c, 'the oracle').toBe(expected);
});

function bothOf(fields: readonly object[], yaml: string, value: string) {
  const text = JSON.stringify({ type: 'record', name: 'R', fields });
  const rules = readRules(yaml, 'rules.yaml');
  if (!('event' in rules)) throw new Error(JSON.stringify(rules));
  const record = {
    offset: 0,
    timestampMs: BASE_MS,
    key: Buffer.from('s'),
    value: Buffer.from(`0000000007${value.replaceAll(' ', '')}`, 'hex'),
    headers: [],
    header: () => null,
  };
  const decision = { ...DEFAULT_DECISION_SETTINGS, fraud: rules.fraud };
  const schemas = { schemaOf: () => ({ kind: 'avro', root: parseAvro(text) }) as const };
  const settings = compileSettings(decision, RULES_FOLD_VERSION, rules);
  const fold = new PaymentReader({ ...PLACE, schemas }).read(record, settings);
  const entry = { fromOffset: 0, foldVersion: 3, decision, rules: loadedRules(rules) };
  const stored = new Map([[7, { kind: 'avro' as const, text, references: [] }]]);
  return { fold, oracle: judge(record, entry, { ...PLACE, rules: decision, schemas: stored }) };
}

function rulesText(amount: object, columns: readonly object[]): string {
  const constant = { const: 's' };
  return JSON.stringify({
    revision: 1,
    columns,
    event: {
      format: 'avro',
      transaction_id: { path: 'key' },
      sender_account_id: constant,
      amount,
      currency: { const: 'EUR' },
      timestamp: { path: 'record.timestamp' },
    },
  });
}
