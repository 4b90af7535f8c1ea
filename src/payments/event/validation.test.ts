import { deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { event, FIXED, record, START_MS, settings } from '../testing/fold-fixture.ts';
import type { LogRecord, Payment } from '../types.ts';
import { partitionForKey } from './murmur2.ts';
import { MAX_VALUE_BYTES, Rejection, validateRecord } from './validation.ts';

const PLACE = { partition: 0, partitionCount: 8, minEventTimeMs: FIXED.minEventTimeMs };

function validate(one: LogRecord, compiled = settings()): Payment | Rejection {
  return validateRecord(one, compiled, PLACE);
}

function reasonOf(one: LogRecord, compiled = settings()): string | undefined {
  const result = validate(one, compiled);
  return result instanceof Rejection ? result.reason : undefined;
}

const withMembers = (changes: Record<string, unknown>): LogRecord => record(0, event(changes));
const withValue = (value: Buffer | string | null): LogRecord =>
  record(0, event(), { value: typeof value === 'string' ? Buffer.from(value) : value });

describe('what is accepted', () => {
  it('a valid event, with members nobody knows', () => {
    expect(validate(withMembers({ note: 'x', amount: 12.5 }))).toEqual({
      transactionId: 'txn-1',
      senderAccountId: 'acct-1',
      receiverAccountId: 'acct-2',
      amount: 12_500_000_000n,
      currency: 'EUR',
      deviceId: 'dev-1',
      ipAddress: '10.0.0.1',
      eventTimeMs: START_MS,
      region: 'eu-west',
      paymentMethod: 'card',
    });
  });

  it('texts of 256 characters, and characters past ASCII in the key', () => {
    expect(reasonOf(withMembers({ region: 'r'.repeat(256) }))).toBeUndefined();
    expect(reasonOf(withMembers({ sender_account_id: 'k\u00f6nig-\u{1f600}' }))).toBeUndefined();
  });

  it('an event time exactly at the allowed skew, and exactly at the minimum', () => {
    expect(reasonOf(record(0, event(), { timestampMs: START_MS - 300_000 }))).toBeUndefined();
    expect(reasonOf(withMembers({ timestamp: FIXED.minEventTimeMs }))).toBeUndefined();
  });

  it('the greatest amount, and the smallest', () => {
    expect(reasonOf(withMembers({ amount: 1e15 }))).toBeUndefined();
    expect(reasonOf(withMembers({ amount: '0.000000001' }))).toBeUndefined();
  });
});

describe('why a value is rejected', () => {
  it.each<[string, Buffer | string | null]>([
    ['no_value', null],
    ['value_too_large', Buffer.alloc(MAX_VALUE_BYTES + 1, 0x20)],
    ['not_utf8', Buffer.from([0x22, 0xff, 0x22])],
    ['not_json: ends early', ''],
    ['not_json: ends early', '{"transaction_id":'],
    ['not_json: ends early', '['.repeat(MAX_VALUE_BYTES)],
    ['not_json: byte 10', '{"\u00e9":"a"}, {}'],
    ['not_an_object', '['.repeat(500_000) + ']'.repeat(500_000)],
    ['not_an_object', 'null'],
    ['not_an_object', '[]'],
    ['not_an_object', '"text"'],
    ['not_an_object', '1'],
    ['field_missing: transaction_id', '{}'],
    ['field_missing: transaction_id', '{"__proto__":{"transaction_id":"x"}}'],
  ])('%s', (reason, value) => {
    expect(reasonOf(withValue(value))).toBe(reason);
  });

  it('by fold version 1: one reason for every value that is not UTF-8 JSON', () => {
    for (const value of [Buffer.from([0x22, 0xff, 0x22]), '', '{"transaction_id":', '\ufeff{}', '['.repeat(500_000)]) {
      expect(reasonOf(withValue(value), settings({}, 1))).toBe('not_utf8_json');
    }
  });

  it('a value of exactly 1 MiB is still read', () => {
    const json = JSON.stringify(event());
    expect(reasonOf(withValue(json.padEnd(MAX_VALUE_BYTES, ' ')))).toBeUndefined();
  });
});

describe('why a member is rejected', () => {
  const names = Object.keys(event());

  it.each(names)('%s missing', (name) => {
    expect(reasonOf(withMembers({ [name]: undefined }))).toBe(`field_missing: ${name}`);
  });

  it.each(names.flatMap((name) => [null, true, {}, []].map((value) => [name, value] as const)))(
    '%s of the wrong type: %j',
    (name, value) => {
      expect(reasonOf(withMembers({ [name]: value }))).toBe(`field_invalid: ${name}`);
    },
  );

  const texts = names.filter((name) => name !== 'amount' && name !== 'timestamp');
  it.each(
    texts.flatMap((name) => ['', 'x'.repeat(257), 'lone \ud800 surrogate', 7].map((value) => [name, value] as const)),
  )('%s: %j', (name, value) => {
    expect(reasonOf(withMembers({ [name]: value }))).toBe(`field_invalid: ${name}`);
  });

  it.each([
    ['currency', 'eur'],
    ['currency', 'EURO'],
    ['currency', 'EU'],
    ['currency', '\u00c9UR'],
    ['currency', 'EU1'],
    ['timestamp', 1.5],
    ['timestamp', '1750000000000'],
    ['timestamp', 2 ** 53],
    ['amount', ''],
    ['amount', '-1'],
    ['amount', '1e3'],
    ['amount', '1.'],
    ['amount', '.5'],
    ['amount', '1'.repeat(257)],
  ])('%s: %j', (name, value) => {
    expect(reasonOf(withMembers({ [name]: value }))).toBe(`field_invalid: ${name}`);
  });

  it('the first bad member in column order is the one named', () => {
    expect(reasonOf(withMembers({ currency: 'x', receiver_account_id: '', region: undefined }))).toBe(
      'field_invalid: receiver_account_id',
    );
  });
});

describe('why an amount is rejected', () => {
  it.each([
    ['amount_not_exact', 0.1 + 0.2],
    ['amount_not_exact', 1e-10],
    ['amount_out_of_range', 1_234_567_890_123_456],
    ['amount_not_exact', '1.0000000001'],
    ['amount_out_of_range', 0],
    ['amount_out_of_range', '0.00'],
    ['amount_out_of_range', -1],
    ['amount_out_of_range', 1e21],
    ['amount_out_of_range', '1000000000000000.000000001'],
    ['amount_out_of_range', '9'.repeat(256)],
  ])('%s: %j', (reason, amount) => {
    expect(reasonOf(withMembers({ amount }))).toBe(reason);
  });

  it('a JSON number that no double holds is out of range', () => {
    expect(reasonOf(withValue(JSON.stringify(event({ amount: 0 })).replace('"amount":0', '"amount":1e999')))).toBe(
      'amount_out_of_range',
    );
  });

  it('another greatest amount is a setting', () => {
    expect(reasonOf(withMembers({ amount: '12.51' }), settings({ maxAmount: '12.5' }))).toBe('amount_out_of_range');
    expect(reasonOf(withMembers({ amount: '12.50' }), settings({ maxAmount: '12.5' }))).toBeUndefined();
  });
});

describe('why a time or a key is rejected', () => {
  it('one millisecond past the allowed skew', () => {
    expect(reasonOf(record(0, event(), { timestampMs: START_MS - 300_001 }))).toBe('event_time_in_future');
  });

  it('one millisecond before the minimum', () => {
    expect(reasonOf(withMembers({ timestamp: FIXED.minEventTimeMs - 1 }))).toBe('event_time_too_old');
  });

  it('no key, and keys that are not the sender', () => {
    expect(reasonOf(record(0, event(), { key: null }))).toBe('key_missing');
    for (const key of ['', 'acct-', 'acct-11', 'ACCT-1']) {
      expect(reasonOf(record(0, event(), { key: Buffer.from(key) }))).toBe('key_not_sender');
    }
    expect(reasonOf(record(0, event({ sender_account_id: '\u00e9' }), { key: Buffer.from([0xe9]) }))).toBe(
      'key_not_sender',
    );
  });

  it('a key of another partition, where the partitioner is checked', () => {
    const senders = Array.from({ length: 32 }, (_, index) => `acct-${index}`);
    const compiled = settings({ partitioner: 'murmur2' });
    for (const sender of senders) {
      const home = partitionForKey(Buffer.from(sender), PLACE.partitionCount) === PLACE.partition;
      expect(reasonOf(withMembers({ sender_account_id: sender }), compiled)).toBe(
        home ? undefined : 'key_wrong_partition',
      );
      expect(reasonOf(withMembers({ sender_account_id: sender }))).toBeUndefined();
    }
  });
});

describe('a form that its producer can change is named', () => {
  const json = Buffer.from(JSON.stringify(event()));
  const bytes = (hex: string): Buffer => Buffer.concat([Buffer.from(hex, 'hex'), json]);
  const utf16 = Buffer.from(JSON.stringify(event()), 'utf16le');
  it.each<[string, Buffer]>([
    ['byte_order_mark', bytes('efbbbf')],
    ['not_utf8: UTF-16LE', utf16],
    ['not_utf8: UTF-16LE', Buffer.concat([Buffer.from('fffe', 'hex'), utf16])],
    ['not_utf8: UTF-16BE', Buffer.from(utf16).swap16()],
    ['not_utf8: UTF-16BE', Buffer.concat([Buffer.from('feff', 'hex'), Buffer.from(utf16).swap16()])],
    ['not_utf8: UTF-32LE', Buffer.from('fffe00007b000000', 'hex')],
    ['not_utf8: UTF-32BE', Buffer.from('0000007b00000022', 'hex')],
    ['schema_registry_format: schema 7', bytes('0000000007')],
    ['schema_registry_format: schema 4294967295', bytes('00ffffffff')],
    ['compressed_value: gzip', gzipSync(json)],
    ['compressed_value: zstd', zstdCompressSync(json)],
    ['compressed_value: zlib', deflateSync(json)],
    ['compressed_value: lz4', Buffer.from('04224d186040', 'hex')],
    ['compressed_value: snappy', Buffer.from('ff060000734e6150705900', 'hex')],
    ['compressed_value: snappy', Buffer.from('82534e415050590000000001', 'hex')],
    ['compressed_value: bzip2', Buffer.from('425a6839314159', 'hex')],
    ['compressed_value: xz', Buffer.from('fd377a585a0000', 'hex')],
    ['binary_format: Avro container', bytes('4f626a01')],
    ['binary_format: Avro single object', bytes('c301')],
    ['binary_format: Java serialization', bytes('aced0005')],
    ['not_json: byte 0', Buffer.from([0, 0, 0, 1])],
    ['not_json: byte 0', Buffer.from('transaction_id=1')],
  ])('%s', (reason, value) => {
    expect(reasonOf(withValue(value))).toBe(reason);
    expect(reasonOf(withValue(value), settings({}, 1))).toBe('not_utf8_json');
  });

  it.each([-1, 0, 946_684_799_999])(
    'a record whose own timestamp is %d has no clock to blame the event by',
    (timestampMs) => {
      const one = record(0, event(), { timestampMs });
      expect(reasonOf(one)).toBe('record_time_missing');
      expect(reasonOf(one, settings({}, 1))).toBe('event_time_in_future');
    },
  );

  it('a clock that is merely behind is one', () => {
    expect(reasonOf(record(0, event(), { timestampMs: 946_684_800_000 }))).toBe('event_time_in_future');
  });
});

describe('a member that comes twice', () => {
  const json = JSON.stringify(event());
  const twice = (member: string): string => `{${member},${json.slice(1)}`;
  it.each([
    ['duplicate_member: amount', twice('"amount":"12.50"')],
    ['duplicate_member: amount', twice('"\\u0061mount":99')],
    ['duplicate_member: note', twice('"note":1,"note":1')],
    ['duplicate_member: __proto__', twice('"__proto__":1,"__proto__":2')],
    ['duplicate_member', twice('"":1,"":1')],
    ['duplicate_member', twice('"two words":1,"two words":1')],
    ['duplicate_member: a************1111', twice('"a4111111111111111":1,"a4111111111111111":1')],
    ['not_json: ends early', twice('"amount":1').slice(0, -1)],
  ])('%s', (reason, value) => {
    expect(reasonOf(withValue(value))).toBe(reason);
  });

  it('inside of a member that nobody knows is not looked at, and fold version 1 took the last', () => {
    expect(reasonOf(withValue(twice('"note":{"a":1,"a":2}')))).toBeUndefined();
    expect(validate(withValue(twice('"amount":1')), settings({}, 1))).toMatchObject({ amount: 12_500_000_000n });
  });
});

describe('a number is what its text says', () => {
  const withSource = (name: string, source: string): LogRecord =>
    withValue(JSON.stringify(event({ [name]: 'SOURCE' })).replace('"SOURCE"', source));
  it.each<[string, bigint]>([
    ['12345678901234.999999', 12_345_678_901_234_999_999_000n],
    ['999999999999999.99', 999_999_999_999_999_990_000_000n],
    ['0.1e1', 1_000_000_000n],
    ['1E+2', 100_000_000_000n],
    ['1.50e-3', 1_500_000n],
    ['1e-9', 1n],
    ['1.0000000000', 1_000_000_000n],
    [`0.${'0'.repeat(100_000)}1e100001`, 1_000_000_000n],
  ])('the amount %s', (source, amount) => {
    expect(validate(withSource('amount', source))).toMatchObject({ amount });
  });

  it.each([
    ['amount_not_exact', '1e-10'],
    ['amount_not_exact', '1e-999999999'],
    ['amount_not_exact', '12345678901234.9999999999'],
    ['amount_out_of_range', '1e999999999'],
    ['amount_out_of_range', '1e99999999999999999999'],
    ['amount_out_of_range', '0e999999999'],
    ['amount_out_of_range', '-0'],
    ['amount_out_of_range', '1000000000000000.000000001'],
  ])('%s: the amount %s', (reason, source) => {
    expect(reasonOf(withSource('amount', source))).toBe(reason);
  });

  it.each<[string, number | string]>([
    [`${START_MS}.0`, START_MS],
    [`${START_MS}000e-3`, START_MS],
    [`${START_MS / 100_000}e5`, START_MS],
    [`${START_MS}.0000000000000000001`, 'field_invalid: timestamp'],
    ['9007199254740993', 'field_invalid: timestamp'],
    ['1e-400', 'field_invalid: timestamp'],
    ['-0', 'event_time_too_old'],
  ])('the time %s', (source, expected) => {
    const read = validate(withSource('timestamp', source));
    expect(read instanceof Rejection ? read.reason : read.eventTimeMs).toBe(expected);
  });
});

describe('what a rejection says of the event', () => {
  it('the transaction and its time, where they are readable', () => {
    expect(validate(withMembers({ currency: 'x' }))).toMatchObject({ transactionId: 'txn-1', eventTimeMs: START_MS });
  });

  it('nothing that a column could not hold', () => {
    expect(validate(withMembers({ transaction_id: 7, timestamp: 8e15 }))).toMatchObject({
      transactionId: null,
      eventTimeMs: null,
    });
  });
});

describe('any bytes', () => {
  const anyValue = fc.oneof(
    fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
    fc.json().map((text) => Buffer.from(text)),
    fc
      .record(Object.fromEntries(Object.keys(event()).map((name) => [name, fc.jsonValue()])), { requiredKeys: [] })
      .map((members) => Buffer.from(JSON.stringify({ ...event(), ...members }))),
    fc.constant(null),
  );

  it('give a payment or a reason, never an error, and the same twice', () => {
    const anyKey = fc.option(fc.uint8Array({ maxLength: 8 }).map((bytes) => Buffer.from(bytes)));
    fc.assert(
      fc.property(anyValue, anyKey, fc.maxSafeInteger(), (value, key, timestampMs) => {
        const one: LogRecord = { offset: 0, timestampMs, key, value };
        const result = validate(one, settings({ partitioner: 'murmur2' }));
        expect(validate(one, settings({ partitioner: 'murmur2' }))).toEqual(result);
        if (!(result instanceof Rejection)) expect(result.amount > 0n).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});
