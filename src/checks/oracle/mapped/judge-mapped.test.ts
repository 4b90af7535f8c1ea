/** What docs/reference/rules-file.md says of records, in its order: each statement of it with a record that shows it. */
import { describe, expect, test } from 'vitest';
import type { TopicRecord } from '../../inputs/verify-inputs.ts';
import { BASE_MS, RULES } from '../../testing/history.ts';
import { type RulesDocument, ruledEntry, rulesText } from '../../testing/mapped.ts';
import { judge } from '../judge.ts';
import type { Judgement } from '../judgement.ts';

const PLACE = { partition: 0, partitionCount: 1, minEventTimeMs: BASE_MS - 1e11, rules: RULES };
const DATA = { id: 't-1', customer: 'alice', amount: 10.25, currency: 'EUR', created: BASE_MS };
const PATH_ONLY = { type: 'string', trim: false, uppercase: false };

type Changes = Partial<Omit<TopicRecord, 'value'>> & { readonly value?: string | Uint8Array | null };

function recordOf(data: Record<string, unknown> | string, changes: Changes = {}): TopicRecord {
  const text = typeof data === 'string' ? data : JSON.stringify({ type: 'payment', data: { ...DATA, ...data } });
  const { value = text, ...others } = changes;
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return { offset: 7, timestampMs: BASE_MS + 60_000, key: Buffer.from('alice'), ...others, value: bytes };
}

const judged = (rules: RulesDocument, record: TopicRecord, place = PLACE): Judgement =>
  judge(record, ruledEntry(rulesText(rules)), place);

/** The reason, or the payment's value of a column. */
function outcome(rules: RulesDocument, data: Record<string, unknown> | string, changes?: Changes): unknown {
  const { payment, must } = judged(rules, recordOf(data, changes));
  return payment ?? must.reason ?? [...must.reasons][0];
}

function amountBy(amount: Record<string, unknown>, value: unknown, currency = 'EUR'): unknown {
  const found = outcome({ event: { amount: { path: '/data/amount', ...amount } } }, { amount: value, currency });
  return typeof found === 'string' ? found : (found as { amount: bigint }).amount;
}

function timeBy(timestamp: Record<string, unknown>, created: unknown): unknown {
  const text = JSON.stringify({ data: { ...DATA, created: 0 } });
  const value = text.replace(
    '"created":0',
    `"created":${typeof created === 'string' ? created : JSON.stringify(created)}`,
  );
  const found = outcome(
    { event: { timestamp: { path: '/data/created', finer_than_ms: 'reject', ...timestamp } } },
    value,
  );
  return typeof found === 'string' ? found : (found as { event_time: number }).event_time;
}

function columnBy(column: Record<string, unknown>, source: string): unknown {
  const value = JSON.stringify({ data: DATA }).replace('{"data":', `{"c":${source},"data":`);
  const found = outcome({ columns: [{ name: 'c', path: '/c', ...column }] }, value);
  return typeof found === 'string' ? found : (found as { columns: Record<string, string> }).columns.c;
}

describe('paths', () => {
  test('a payment with its required roles alone has NULL in the others', () => {
    expect(judged({}, recordOf({})).payment).toEqual({
      transaction_id: 't-1',
      sender_account_id: 'alice',
      receiver_account_id: null,
      amount: 10_250_000_000n,
      currency: 'EUR',
      device_id: null,
      ip_address: null,
      event_time: BASE_MS,
      region: null,
      payment_method: null,
      columns: {},
    });
  });

  test.each<[string, Record<string, unknown>, Changes, string | null]>([
    ['/data/items/1/id', { items: [1, { id: 'b' }] }, {}, 'b'],
    ['/data/items/01/id', { items: [1, { id: 'b' }] }, {}, null],
    ['/data/a~1b/c~0d', { 'a/b': { 'c~d': 'x' } }, {}, 'x'],
    ['/data/id/length', {}, {}, null],
    ['/data/nothing', { nothing: null }, {}, null],
    ['key', {}, {}, 'alice'],
    [
      'header:region',
      {},
      {
        headers: [
          ['region', 'a'],
          ['region', 'b'],
          ['x', 'c'],
        ].map(header),
      },
      'b',
    ],
    ['header:region', {}, {}, null],
    ['header:region', {}, { headers: [{ name: 'region', value: null }] }, null],
  ])('%s', (path, data, changes, expected) => {
    const found = judged({ event: { region: { ...PATH_ONLY, path } } }, recordOf(data, changes));
    expect(found.payment?.region).toBe(expected);
  });

  test('a header that is not UTF-8 has the wrong type', () => {
    const headers = [{ name: 'region', value: Buffer.from([0xff]) }];
    expect(outcome({ event: { region: { ...PATH_ONLY, path: 'header:region' } } }, {}, { headers })).toBe(
      'field_invalid: region',
    );
  });
});

function header([name, value]: readonly string[]): { name: string; value: Uint8Array } {
  return { name: name!, value: Buffer.from(value!) };
}

describe('texts', () => {
  const region = (role: Record<string, unknown>, value: unknown): unknown => {
    const found = outcome({ event: { region: { ...PATH_ONLY, path: '/data/region', ...role } } }, { region: value });
    return typeof found === 'string' ? { reason: found } : (found as { region: string | null }).region;
  };

  test.each<[Record<string, unknown>, unknown, unknown]>([
    [{}, 'x', 'x'],
    [{}, ' x ', ' x '],
    [{ trim: true }, ' \t\r\n x\u00a0 ', 'x\u00a0'],
    [{ trim: true }, '  ', null],
    [{}, '', null],
    [{ uppercase: true }, 'ab-\u00e4\u00df1', 'AB-\u00e4\u00df1'],
    [{}, 12, { reason: 'field_invalid: region' }],
    [{}, 'x'.repeat(256), 'x'.repeat(256)],
    [{}, 'x'.repeat(257), { reason: 'field_invalid: region' }],
    [{}, '\ud800', { reason: 'field_invalid: region' }],
    [{ type: 'integer' }, 1200, '1200'],
    [{ type: 'integer' }, -0, '0'],
    [{ type: 'integer' }, 1e21, '1000000000000000000000'],
    [{ type: 'integer' }, 1.5, { reason: 'field_invalid: region' }],
    [{ type: 'integer' }, 1e40, { reason: 'field_invalid: region' }],
    [{ type: 'integer' }, '12', { reason: 'field_invalid: region' }],
  ])('%j of %j', (role, value, expected) => {
    expect(region(role, value)).toEqual(expected);
  });

  test('an empty text of a required role is invalid, and a currency is three capitals', () => {
    expect(outcome({}, { id: '' })).toBe('field_invalid: transaction_id');
    expect(outcome({}, { id: undefined })).toBe('field_missing: transaction_id');
    expect(outcome({}, { currency: 'eur' })).toBe('field_invalid: currency');
    const integer = { ...PATH_ONLY, path: '/data/currency', type: 'integer' };
    expect(outcome({ event: { currency: integer } }, { currency: 978 })).toBe('field_invalid: currency');
    const uppercase = { ...PATH_ONLY, path: '/data/currency', uppercase: true };
    expect(outcome({ event: { currency: uppercase } }, { currency: 'eur' })).toMatchObject({ currency: 'EUR' });
    expect(outcome({ event: { currency: { const: 'CHF' } } }, {})).toMatchObject({ currency: 'CHF' });
  });
});

describe('amounts', () => {
  const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');

  test.each<[Record<string, unknown>, unknown, string, unknown]>([
    [{}, '1.5', 'EUR', 1_500_000_000n],
    [{}, '1.5e3', 'EUR', 'field_invalid: amount'],
    [{}, 1.5e3, 'EUR', 1_500_000_000_000n],
    [{}, '0.0000000001', 'EUR', 'amount_not_exact'],
    [{}, 0, 'EUR', 'amount_out_of_range'],
    [{}, true, 'EUR', 'field_invalid: amount'],
    [{}, null, 'EUR', 'field_missing: amount'],
    [{ minor_units: 'currency' }, 500, 'JPY', 500_000_000_000n],
    [{ minor_units: 'currency' }, '1234', 'KWD', 1_234_000_000n],
    [{ minor_units: 'currency' }, 1234, 'EUR', 12_340_000_000n],
    [{ minor_units: 'currency' }, 12345, 'CLF', 1_234_500_000n],
    [{ minor_units: 'currency' }, 1, 'XAU', 'currency_unknown'],
    [{ minor_units: 'currency' }, 1, 'ZZZ', 'currency_unknown'],
    [{ minor_units: 'currency' }, 1.5, 'ZZZ', 'field_invalid: amount'],
    [{ minor_units: 'currency' }, -5, 'EUR', 'amount_out_of_range'],
    [{ minor_units: 'currency' }, '-5', 'EUR', 'field_invalid: amount'],
    [{ minor_units: 9 }, 1, 'JPY', 1n],
    [{ minor_units: 0 }, '007', 'KWD', 7_000_000_000n],
    [{ decimal_bytes: 2 }, base64('04d2'), 'EUR', 12_340_000_000n],
    [{ decimal_bytes: 2 }, base64('ff'), 'EUR', 'amount_out_of_range'],
    [{ decimal_bytes: 2 }, base64('00ff'), 'EUR', 2_550_000_000n],
    [{ decimal_bytes: 10 }, base64('0a'), 'EUR', 1n],
    [{ decimal_bytes: 10 }, base64('0b'), 'EUR', 'amount_not_exact'],
    [{ decimal_bytes: 2 }, '', 'EUR', 'field_invalid: amount'],
    [{ decimal_bytes: 2 }, 'BNI', 'EUR', 'field_invalid: amount'],
    [{ decimal_bytes: 2 }, 'BN-=', 'EUR', 'field_invalid: amount'],
    [{ decimal_bytes: 0 }, base64('01'.repeat(33)), 'EUR', 'field_invalid: amount'],
    [{ decimal_bytes: 2 }, 1234, 'EUR', 'field_invalid: amount'],
    [{ decimal_bytes: 'variable' }, { scale: 1, value: base64('64') }, 'EUR', 10_000_000_000n],
    [{ decimal_bytes: 'variable' }, { scale: 39, value: base64('64') }, 'EUR', 'field_invalid: amount'],
    [{ decimal_bytes: 'variable' }, { value: base64('64') }, 'EUR', 'field_invalid: amount'],
    [{ decimal_bytes: 'variable' }, 'ZA==', 'EUR', 'field_invalid: amount'],
  ])('%j of %j in %s', (amount, value, currency, expected) => {
    expect(amountBy(amount, value, currency)).toBe(expected);
  });

  test('a reason of the form comes before one of the value, in any order of the roles', () => {
    const event = { amount: { path: '/data/amount', minor_units: 'currency' } };
    expect(outcome({ event }, { currency: 'ZZZ', amount: 1, created: 'x' })).toBe('field_invalid: timestamp');
    expect(outcome({ event }, { currency: 'zz', amount: 1 })).toBe('field_invalid: currency');
  });
});

describe('times', () => {
  const iso = new Date(BASE_MS).toISOString().slice(0, 19);

  test.each<[Record<string, unknown>, unknown, unknown]>([
    [{ type: 'epoch_ms' }, BASE_MS, BASE_MS],
    [{ type: 'epoch_ms' }, `"${BASE_MS}"`, BASE_MS],
    [{ type: 'epoch_ms' }, `${BASE_MS}.0`, BASE_MS],
    [{ type: 'epoch_ms' }, `${BASE_MS}.5`, 'field_invalid: timestamp'],
    [{ type: 'epoch_ms' }, '9007199254740993', 'field_invalid: timestamp'],
    [{ type: 'epoch_s' }, BASE_MS / 1000, BASE_MS],
    [{ type: 'epoch_us' }, BASE_MS * 1000, BASE_MS],
    [{ type: 'epoch_us' }, BASE_MS * 1000 + 1, 'timestamp_not_exact'],
    [{ type: 'epoch_ns' }, `"${BASE_MS}000000"`, BASE_MS],
    [{ type: 'epoch_ns' }, `${BASE_MS}000001`, 'timestamp_not_exact'],
    [{ type: 'epoch_ns', finer_than_ms: 'round_down' }, `${BASE_MS}999999`, BASE_MS],
    [{ type: 'epoch_ns' }, `"00${BASE_MS}000000"`, 'field_invalid: timestamp'],
    [{ type: 'iso8601' }, `"${iso}Z"`, BASE_MS],
    [{ type: 'iso8601' }, `"${iso}.000000000Z"`, BASE_MS],
    [{ type: 'iso8601' }, `"${iso}.1Z"`, BASE_MS + 100],
    [{ type: 'iso8601' }, `"${iso}.0001Z"`, 'timestamp_not_exact'],
    [{ type: 'iso8601', finer_than_ms: 'round_down' }, `"${iso}.0009Z"`, BASE_MS],
    [{ type: 'iso8601' }, `"${iso}+00:30"`, BASE_MS - 1_800_000],
    [{ type: 'iso8601' }, `"${iso}+14:59"`, BASE_MS - 53_940_000],
    [{ type: 'iso8601' }, `"${iso}+15:00"`, 'field_invalid: timestamp'],
    [{ type: 'iso8601' }, `"${iso}"`, 'field_invalid: timestamp'],
    [{ type: 'iso8601' }, `"${iso}z"`, 'field_invalid: timestamp'],
    [{ type: 'iso8601' }, '"2026-02-29T00:00:00Z"', 'field_invalid: timestamp'],
    [{ type: 'iso8601' }, '"2024-02-29T00:00:00Z"', Date.UTC(2024, 1, 29)],
    [{ type: 'iso8601' }, '"2026-01-01T23:59:60Z"', 'field_invalid: timestamp'],
    [{ type: 'iso8601' }, '"0000-01-01T00:00:00Z"', 'event_time_too_old'],
    [{ type: 'iso8601' }, BASE_MS, 'field_invalid: timestamp'],
    [{ path: 'record.timestamp', type: 'epoch_ms' }, 0, BASE_MS + 60_000],
  ])('%j of %s', (timestamp, source, expected) => {
    expect(timeBy(timestamp, source)).toBe(expected);
  });
});

describe('select and key', () => {
  const select = [{ path: '/type', in: ['payment', '3', 'true'] }];

  test.each<[unknown, boolean]>([
    ['payment', true],
    ['Payment', false],
    [3, true],
    [3.5, false],
    [true, true],
    [null, false],
    [['payment'], false],
  ])('a type of %j', (type, isPayment) => {
    const found = outcome({ event: { select } }, JSON.stringify({ type, data: DATA }));
    expect(found === 'not_a_payment').toBe(!isPayment);
  });

  test('of what is no payment nothing is kept, and its row names no id and no time', () => {
    const { must } = judged({ event: { select } }, recordOf(JSON.stringify({ type: 'refund', data: DATA })));
    expect(must).toMatchObject({ reason: 'not_a_payment', transactionIds: [null], eventTimes: [null] });
    expect(must!.payload()).toBeNull();
    expect(outcome({ event: { select } }, {}, { value: null })).toBe('not_a_payment');
    expect(outcome({}, {}, { value: null })).toBe('no_value');
  });

  test.each<[unknown, string | null, string | null]>([
    ['sender', 'alice', null],
    ['sender', 't-1', 'key_not_sender'],
    ['sender', null, 'key_missing'],
    ['transaction', 't-1', null],
    ['transaction', 'alice', 'key_not_transaction'],
    [{ path: '/type' }, 'payment', null],
    [{ path: '/type' }, 'alice', 'key_not_path'],
    [{ path: '/nothing' }, 'alice', 'key_not_path'],
    [{ path: '/data/amount' }, '10.25', 'key_not_path'],
    ['any', null, null],
    ['any', 'some-key', null],
  ])('key %j, and a record with key %j', (key, recordKey, reason) => {
    const found = outcome({ event: { key } }, {}, { key: recordKey === null ? null : Buffer.from(recordKey) });
    expect(typeof found === 'string' ? found : null).toBe(reason);
  });

  test('with murmur2 a key that hashes elsewhere is refused, and no key is not', () => {
    const rules = { ...RULES, partitioner: 'murmur2' as const };
    const reasons = [0, 1].map((partition) => {
      const place = { ...PLACE, rules, partition, partitionCount: 2 };
      return judged({ event: { key: 'any' } }, recordOf({}), place).must?.reason;
    });
    expect(reasons.filter((reason) => reason === 'key_wrong_partition')).toHaveLength(1);
    const place = { ...PLACE, rules, partition: 1, partitionCount: 2 };
    expect(judged({ event: { key: 'any' } }, recordOf({}, { key: null }), place).must).toBeNull();
  });
});

describe('columns', () => {
  test.each<[Record<string, unknown>, string, string | undefined]>([
    [{ type: 'string' }, '""', ''],
    [{ type: 'string' }, 'null', undefined],
    [{ type: 'string' }, '7', 'column_invalid: c'],
    [{ type: 'string' }, `"${'x'.repeat(4_097)}"`, 'column_invalid: c'],
    [{ type: 'int64' }, '-9223372036854775808', '-9223372036854775808'],
    [{ type: 'int64' }, '9223372036854775808', 'column_invalid: c'],
    [{ type: 'int64' }, '"-007"', '-7'],
    [{ type: 'int64' }, '1.5e1', '15'],
    [{ type: 'int64' }, '"1e1"', 'column_invalid: c'],
    [{ type: 'numeric' }, '-1.50', '-1.5'],
    [{ type: 'numeric' }, '"-0.0"', '0'],
    [{ type: 'numeric' }, '1e-10', 'column_invalid: c'],
    [{ type: 'numeric' }, '99999999999999999999999999999.999999999', '99999999999999999999999999999.999999999'],
    [{ type: 'numeric' }, '1e29', 'column_invalid: c'],
    [{ type: 'timestamp', time_type: 'iso8601' }, '"0001-01-01T00:00:00Z"', '-62135596800000'],
    [{ type: 'timestamp', time_type: 'iso8601' }, '"0000-12-31T23:59:59Z"', 'column_invalid: c'],
    [{ type: 'timestamp', time_type: 'epoch_us' }, '1500', 'column_invalid: c'],
    [{ type: 'bool' }, 'false', 'false'],
    [{ type: 'bool' }, '"false"', 'column_invalid: c'],
    [{ type: 'json' }, '{ "a b" : [ 1.50 , "\\u0041 " ] }', '{"a b":[1.50,"\\u0041 "]}'],
    [{ type: 'json' }, '"x"', '"x"'],
    [{ type: 'json' }, `"${'x'.repeat(16_383)}"`, 'column_invalid: c'],
  ])('%j of %s', (column, source, expected) => {
    expect(columnBy(column, source)).toBe(expected);
  });

  test('all of a row have 64 KiB together: the one that goes over is named', () => {
    const columns = Array.from({ length: 18 }, (_, at) => ({ name: `c${at}`, path: `/c${at % 2}`, type: 'string' }));
    const value = (length: number): string =>
      JSON.stringify({ data: DATA, c0: 'x'.repeat(4_096), c1: 'x'.repeat(length) });
    expect(outcome({ columns: columns.slice(0, 16) }, value(4_096))).toMatchObject({ transaction_id: 't-1' });
    expect(outcome({ columns: columns.slice(0, 17) }, value(4_096))).toBe('column_invalid: c16');
    expect(outcome({ columns }, value(3_584))).toBe('column_invalid: c17');
  });

  test('come last: a record with a wrong key is rejected for the key', () => {
    const columns = [{ name: 'c', path: '/data/id', type: 'int64' }];
    expect(outcome({ columns }, {}, { key: Buffer.from('bob') })).toBe('key_not_sender');
  });
});

describe('the form', () => {
  const wire = (schema: number, text: string): Buffer => {
    const head = Buffer.alloc(5);
    head.writeUInt32BE(schema, 1);
    return Buffer.concat([head, Buffer.from(text)]);
  };
  const json = JSON.stringify({ data: DATA });

  test.each<[string | Buffer, string]>([
    ['\ufeff{}', 'byte_order_mark'],
    [wire(42, json), 'schema_registry_format: schema 42'],
    [Buffer.from([0x1f, 0x8b, 8]), 'compressed_value: gzip'],
    [Buffer.from('{"a":"\u00e9"}', 'latin1'), 'not_utf8'],
    ['{"a":', 'not_json'],
    ['[1]', 'not_an_object'],
    [`{"data":${JSON.stringify(DATA)},"data":1}`, 'duplicate_member: data'],
    ['{"data":{"id":1,"other":2,"oth\\u0065r":3}}', 'duplicate_member: other'],
    ['{"data":{"id":"x","id":"y"},"z":1,"z":2}', 'duplicate_member: id'],
    ['{"data":{"x y":1,"x y":2}}', 'duplicate_member'],
  ])('%s', (value, reason) => {
    expect(outcome({}, {}, { value })).toBe(reason);
  });

  test('a name that comes twice where no path looks is no matter', () => {
    const value = JSON.stringify({ data: { ...DATA, deep: 0 } }).replace('"deep":0', '"deep":{"a":1,"a":2}');
    expect(outcome({ columns: [{ name: 'c', path: '/data/deep', type: 'json' }] }, value)).toMatchObject({
      columns: { c: '{"a":1,"a":2}' },
    });
    expect(outcome({ columns: [{ name: 'c', path: '/data/deep/a', type: 'int64' }] }, value)).toBe(
      'duplicate_member: a',
    );
  });

  test('json-schema: five bytes, and then JSON', () => {
    const event = { format: 'json-schema', reject_schema_ids: [9] };
    expect(outcome({ event }, {}, { value: wire(7, json) })).toMatchObject({ transaction_id: 't-1' });
    expect(outcome({ event }, {}, { value: json })).toBe('not_wire_format');
    expect(outcome({ event }, {}, { value: Buffer.alloc(4) })).toBe('not_wire_format');
    expect(outcome({ event }, {}, { value: wire(9, json) })).toBe('schema_rejected: schema 9');
    expect(outcome({ event }, {}, { value: wire(7, '') })).toBe('not_json');
    const { must } = judged({ event }, recordOf({}, { value: wire(7, '{"data":4111111111111111}') }));
    expect(must!.payload()).toBe('\0\0\0\0\u0007{"data":************1111}');
  });

  test('brackets to any depth, and long texts, cost no stack', () => {
    const deep = `{"deep":${'['.repeat(500_000)}${']'.repeat(500_000)},"data":${JSON.stringify(DATA)}}`;
    expect(outcome({ columns: [{ name: 'c', path: '/deep', type: 'json' }] }, deep)).toBe('column_invalid: c');
    const steps = `/deep${'/0'.repeat(60)}`;
    expect(outcome({ columns: [{ name: 'c', path: steps, type: 'string' }] }, deep)).toBe('column_invalid: c');
  });

  test('the reasons of an event time and a key come in their order', () => {
    expect(outcome({}, { created: BASE_MS + 1e9 })).toBe('event_time_in_future');
    expect(outcome({}, {}, { timestampMs: -1 })).toBe('record_time_missing');
    expect(outcome({}, { created: 1 }, { key: null })).toBe('event_time_too_old');
  });
});
