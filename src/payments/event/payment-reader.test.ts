/**
 * Records read by way of the scanner must be what validation.ts makes of them, by every fold version: drawn from valid events by
 * changing members, their order, their spelling, and single bytes.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ByteScratch, TextKey } from '../../base/memory/text-key.ts';
import { type CompiledSettings, FOLD_VERSIONS } from '../settings.ts';
import { event, FIXED, START_MS, settings } from '../testing/fold-fixture.ts';
import type { DecisionSettings, LogRecord, Payment } from '../types.ts';
import { hashPayment } from './hash.ts';
import { NULL_AT, PackedRecord } from './packed-record.ts';
import { MOST_SCANNED_BYTES, PaymentBytes } from './payment-bytes.ts';
import { PaymentReader } from './payment-reader.ts';
import { EventScanner } from './scan-event.ts';
import { Rejection, validateRecord } from './validation.ts';

const PLACE = { partition: 3, partitionCount: 4, minEventTimeMs: FIXED.minEventTimeMs };

const SCANNER = new EventScanner(new ByteScratch(MOST_SCANNED_BYTES));
const lanesOf = ({ high, low }: TextKey): readonly number[] => [high, low];

/** Tells how a record was read: both ways give the same payment or rejection. */
function readBothWays(
  reader: PaymentReader,
  record: LogRecord,
  changes: Partial<DecisionSettings> = {},
): 'scanned' | 'parsed' {
  const isScanned = record.value !== null && SCANNER.scan(record.value);
  const byVersion = FOLD_VERSIONS.map((version) => readByVersion(reader, record, settings(changes, version)));
  // What the scanner reads has no version: all must read it alike.
  if (isScanned) for (const read of byVersion) expect(withoutReason(read)).toEqual(withoutReason(byVersion[0]!));
  return isScanned ? 'scanned' : 'parsed';
}

/** A scanned record may still be rejected, for its key or its time; the name of that may differ between versions. */
function withoutReason(read: Payment | Rejection): Payment | 'rejected' {
  return read instanceof Rejection ? 'rejected' : read;
}

function readByVersion(reader: PaymentReader, record: LogRecord, compiled: CompiledSettings): Payment | Rejection {
  const expected = validateRecord(record, compiled, PLACE);
  const amongOthers = reader.read(packed(record), compiled);
  expect(amongOthers instanceof PaymentBytes ? amongOthers.toPayment() : amongOthers).toEqual(expected);
  const actual = reader.read(record, compiled);
  expect(actual instanceof PaymentBytes ? actual.toPayment() : actual).toEqual(expected);
  if (actual instanceof PaymentBytes && !(expected instanceof Rejection)) {
    const { high, low } = actual.hash;
    expect({ high, low }).toEqual(hashPayment(expected));
    const keys = [actual.transactionId, actual.senderAccountId, actual.deviceId];
    const texts = [expected.transactionId, expected.senderAccountId, expected.deviceId ?? ''];
    expect(keys.map(lanesOf)).toEqual(texts.map((text) => lanesOf(new TextKey().setText(text))));
  }
  return expected;
}

/** The same record where it lies in a batch, between others' bytes. */
function packed({ offset, timestampMs, key, value }: LogRecord): PackedRecord {
  const bytes = Buffer.concat([
    Buffer.from('{"a'),
    key ?? Buffer.alloc(0),
    Buffer.from('1"'),
    value ?? Buffer.alloc(0),
    Buffer.from('9"}'),
  ]);
  const keyEnd = 3 + (key?.length ?? 0);
  const valueStart = keyEnd + 2;
  const [keyAt, valueAt] = [key === null ? NULL_AT : 3, value === null ? NULL_AT : valueStart];
  return new PackedRecord(offset, timestampMs, bytes, keyAt, keyEnd, valueAt, valueStart + (value?.length ?? 0));
}

function recordOf(text: string | Buffer, key: string | null = 'acct-1'): LogRecord {
  return { offset: 1, timestampMs: START_MS, key: key === null ? null : Buffer.from(key), value: Buffer.from(text) };
}

/** Members as source text, so that spellings which JSON.stringify never gives can be drawn. */
function sourceOf(members: Record<string, string>, blank: string, order: readonly number[]): string {
  const entries = Object.entries(members);
  const ordered = entries
    .map((entry, index) => ({ entry, rank: order[index] ?? index }))
    .sort((a, b) => a.rank - b.rank);
  const inside = ordered.map(({ entry: [name, source] }) => `${blank}"${name}"${blank}:${blank}${source}${blank}`);
  return `${blank}{${inside.join(',')}}${blank}`;
}

const AMOUNTS = [
  '1', '1.5', '"1.50"', '"0001.5"', '01.5', '0', '0.0', '"0"', '0.000000001', '"0.000000001"', '0.0000000001',
  '999999.999999999', '"999999.999999999"', '"1000000"', '9007199.254740993', '"9007199.254740993"', '123456.1234567890',
  '123456.123456789', '1.', '.5', '"1."', '".5"', '""', '-1', '"-1"', '-0', '1e3', '1E-2', '1e999', '"1e3"', 'true', 'null',
  '[1]', '{}', '"1 "', ' 1', '1000000000000000', '"1000000000000000"', '"1000000000000000.000000001"', '0x10', '1_000',
] as const; // biome-ignore format: a table
const TIMES = [
  String(START_MS), `${START_MS}.0`, `${START_MS}.5`, `"${START_MS}"`, `0${START_MS}`, '0', '00', '-0', '-1', '1e3',
  String(START_MS + 300_000), String(START_MS + 300_001), String(FIXED.minEventTimeMs), String(FIXED.minEventTimeMs - 1),
  '9007199254740991', '9007199254740993', '999999999999999', '1000000000000000', 'null', '[]',
] as const; // biome-ignore format: a table
const TEXTS = [
  '"acct-1"', '""', '"a"', `"${'x'.repeat(256)}"`, `"${'x'.repeat(257)}"`, '"é"', '"\\u00e9"', '"\\n"', '"\\ud800"', '"a\\"b"',
  '"\\\\"', '"{}[],:"', '"\u007f"', '"\t"', '" "', '5', 'null', 'true', '["a"]', '"EUR"', '"EU"', '"eur"', '"\u{1f600}"',
] as const; // biome-ignore format: a table
const NAMES = Object.keys(event());
const BLANKS = ['', '', '', ' ', '\n\t ', '\r', '\u00a0', '\u000b'] as const;

const drawnMembers = fc.array(fc.tuple(fc.constantFrom(...NAMES), fc.nat()), { maxLength: 3 }).map((changes) => {
  const members: Record<string, string> = {};
  for (const [name, value] of Object.entries(event())) members[name] = JSON.stringify(value);
  for (const [name, drawn] of changes) {
    const sources = name === 'amount' ? AMOUNTS : name === 'timestamp' ? TIMES : TEXTS;
    members[name] = sources[drawn % sources.length] as string;
  }
  return members;
});

describe('reading a payment', () => {
  it('takes the usual form by the scanner, in any order of members, with blanks or without', () => {
    const reader = new PaymentReader(PLACE);
    const members = Object.fromEntries(Object.entries(event()).map(([name, value]) => [name, JSON.stringify(value)]));
    const orders = fc.array(fc.nat(), { minLength: 10, maxLength: 10 });
    fc.assert(
      fc.property(fc.constantFrom('', ' ', '\r\n\t'), orders, (blank, order) => {
        expect(readBothWays(reader, recordOf(sourceOf(members, blank, order)))).toBe('scanned');
      }),
    );
  });

  it.each(AMOUNTS)('agrees about the amount %s', (amount) => {
    const members = Object.fromEntries(Object.entries(event()).map(([name, value]) => [name, JSON.stringify(value)]));
    readBothWays(new PaymentReader(PLACE), recordOf(sourceOf({ ...members, amount }, '', [])));
  });

  it('agrees about drawn amounts, as numbers and as texts', () => {
    const reader = new PaymentReader(PLACE);
    const digits = (maxLength: number) => fc.stringMatching(new RegExp(`^[0-9]{0,${maxLength}}$`));
    let scanned = 0;
    fc.assert(
      fc.property(digits(9), digits(11), fc.boolean(), (units, fraction, quoted) => {
        const source = fraction === '' ? units : `${units}.${fraction}`;
        const text = JSON.stringify({ ...event(), amount: 'AMOUNT' });
        const record = recordOf(text.replace('"AMOUNT"', quoted ? `"${source}"` : source));
        if (readBothWays(reader, record) === 'scanned') scanned += 1;
      }),
      { numRuns: 2_000 },
    );
    expect(scanned).toBeGreaterThan(200);
  });

  it('agrees about events with drawn members, spellings and blanks', () => {
    const reader = new PaymentReader(PLACE);
    const order = fc.array(fc.nat({ max: 20 }), { maxLength: 10 });
    const keys = fc.constantFrom('acct-1', 'acct-1', 'acct-1', 'x', '', null, 'é');
    fc.assert(
      fc.property(drawnMembers, fc.constantFrom(...BLANKS), order, keys, (members, blank, ranks, key) => {
        readBothWays(reader, recordOf(sourceOf(members, blank, ranks), key));
      }),
      { numRuns: 3_000 },
    );
  });

  it('agrees about events of which bytes are changed, lost, doubled or cut off', () => {
    const reader = new PaymentReader(PLACE);
    const change = fc.tuple(fc.constantFrom('set', 'delete', 'double', 'cut'), fc.nat(), fc.nat({ max: 255 }));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 2 }), (changes) => {
        let bytes = Buffer.from(JSON.stringify(event({ amount: 12.5 })));
        for (const [how, drawn, byte] of changes) {
          const at = drawn % (bytes.length + 1);
          const [before, after] = [bytes.subarray(0, at), bytes.subarray(at)];
          if (how === 'cut') bytes = Buffer.from(before);
          else if (how === 'double') bytes = Buffer.concat([before, after.subarray(0, 1), after]);
          else
            bytes = Buffer.concat([before, how === 'set' ? Buffer.from([byte]) : Buffer.alloc(0), after.subarray(1)]);
        }
        readBothWays(reader, recordOf(bytes));
      }),
      { numRuns: 4_000 },
    );
  });

  it('agrees about members that come twice, are missing or unknown', () => {
    const reader = new PaymentReader(PLACE);
    const text = JSON.stringify(event());
    const inside = text.slice(1, -1);
    for (const source of [
      `{${inside},"currency":"USD"}`,
      `{"currency":"USD",${inside}}`,
      `{${inside},"more":1}`,
      `{${inside},}`,
      `{${inside}}}`,
      `{${inside}`,
      text.replace('"currency":"EUR",', ''),
      text.replace('"currency":"EUR"', '"region":"eu"'),
      `[${text}]`,
      `\ufeff${text}`,
      '{}',
      '',
    ]) {
      expect(readBothWays(reader, recordOf(source))).toBe('parsed');
    }
  });

  it('agrees about events at and past what the scanner takes, and after longer ones', () => {
    const reader = new PaymentReader(PLACE);
    const text = JSON.stringify(event());
    for (const length of [MOST_SCANNED_BYTES, MOST_SCANNED_BYTES + 1, text.length, MOST_SCANNED_BYTES - 1]) {
      const how = readBothWays(reader, recordOf(text.padEnd(length, ' ')));
      expect(how).toBe(length <= MOST_SCANNED_BYTES ? 'scanned' : 'parsed');
    }
    // What lies behind a value that was cut off is what a longer one left there.
    readBothWays(reader, recordOf(text));
    for (let length = 0; length < text.length; length += 1) {
      expect(readBothWays(reader, recordOf(text.slice(0, length)))).toBe('parsed');
      readBothWays(reader, recordOf(text));
    }
  });

  it('keeps to the settings: greatest amount, partitioner', () => {
    const reader = new PaymentReader(PLACE);
    const record = recordOf(JSON.stringify(event({ amount: '12.50' })));
    for (const maxAmount of ['12.5', '12.499999999']) readBothWays(reader, record, { maxAmount });
    for (let sender = 0; sender < 8; sender += 1) {
      const text = JSON.stringify(event({ sender_account_id: `s${sender}` }));
      readBothWays(reader, recordOf(text, `s${sender}`), { partitioner: 'murmur2' });
    }
  });
});
