/**
 * Numbers, names and spellings: the fold, the checkers' recomputation and a third, schoolbook calculation share no code, and
 * must say the same of every literal, by each fold version.
 */
import fc from 'fast-check';
import { type LosslessNumber, parse as parseLossless } from 'lossless-json';
import { describe, expect, test } from 'vitest';
import { maskCardNumbers } from '../../payments/event/card-numbers.ts';
import { Rejection, validateRecord } from '../../payments/event/validation.ts';
import { rejectedRow } from '../../payments/exception-rows.ts';
import { compileSettings, DEFAULT_DECISION_SETTINGS } from '../../payments/settings.ts';
import type { LogRecord, Payment } from '../../payments/types.ts';
import { judge } from '../oracle/judge.ts';
import { hideCards } from '../oracle/kept-payload.ts';
import { BASE_MS, event } from '../testing/history.ts';
import { rejectedDifferences } from '../testing/rejected-row.ts';

const PLACE = { partition: 0, partitionCount: 1, minEventTimeMs: BASE_MS - 1e11 };
const RULES = DEFAULT_DECISION_SETTINGS;
const COMPILED = { 1: compileSettings(RULES, 1), 2: compileSettings(RULES, 2) };
const MAX_NANOS = 10n ** 24n;

/** Held whole: what the fold and the oracle both take. */
type WholeRecord = LogRecord & { readonly oversized?: never };

const recordOf = (value: string | Buffer, timestampMs = BASE_MS + 3_600_000): WholeRecord => ({
  offset: 3,
  timestampMs,
  key: Buffer.from('alice'),
  value: Buffer.from(value),
});

/** What both say of a record; they must agree, on the whole row of a rejected one. */
function readAlike(record: WholeRecord, version: 1 | 2 = 2): Payment | Rejection {
  const read = validateRecord(record, COMPILED[version], PLACE);
  const judged = judge(record, { foldVersion: version }, { ...PLACE, rules: RULES });
  if (!(read instanceof Rejection)) {
    const { amount, event_time, columns: _, ...texts } = judged.payment!;
    same(record.value, amount, read.amount);
    same(record.value, event_time, read.eventTimeMs);
    const { transactionId, senderAccountId, receiverAccountId, currency, deviceId, ipAddress, region } = read;
    const columns = [transactionId, senderAccountId, receiverAccountId, currency, deviceId, ipAddress, region];
    same(record.value, Object.values(texts).join('\n'), [...columns, read.paymentMethod].join('\n'));
    return read;
  }
  const differences = rejectedDifferences(rejectedRow(record, read), record, judged.must!);
  if (differences.length > 0) expect(differences).toEqual([]);
  return read;
}

/** As expect(), at a hundredth of its cost. */
function same(what: unknown, actual: unknown, expected: unknown): void {
  if (!Object.is(actual, expected)) expect({ what, actual }).toEqual({ what, actual: expected });
}

const TEMPLATE = JSON.stringify(event('p', 0, { amount: 'AMOUNT' }));
const withAmount = (source: string): string => TEMPLATE.replace('"AMOUNT"', () => source);
const TIME_TEMPLATE = JSON.stringify(event('p', 0, { timestamp: 'TIME' }));
const withTime = (source: string): string => TIME_TEMPLATE.replace('"TIME"', () => source);

/** The schoolbook: a fraction of two whole numbers. Null where the text is no JSON number. */
function fractionOf(literal: string): { readonly over: bigint; readonly under: bigint } | null {
  const parts = /^(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/.exec(literal);
  if (!parts) return null;
  const [, sign, whole, fraction = '', exponentText = '0'] = parts;
  const exponent = BigInt(exponentText.replace('+', ''));
  const over = BigInt(`${whole}${fraction}`) * (exponent > 0n ? 10n ** exponent : 1n);
  const under = 10n ** BigInt(fraction.length) * (exponent < 0n ? 10n ** -exponent : 1n);
  return { over: sign === '-' ? -over : over, under };
}

/** What version 2 must make of an amount that is this number. */
function expectedOfAmount(literal: string): bigint | string {
  const fraction = fractionOf(literal);
  if (fraction === null) return 'not_json';
  const { over, under } = fraction;
  if ((over * 1_000_000_000n) % under !== 0n) return 'amount_not_exact';
  const nanos = (over * 1_000_000_000n) / under;
  return nanos <= 0n || nanos > MAX_NANOS ? 'amount_out_of_range' : nanos;
}

function expectedOfTime(literal: string): number | string {
  const fraction = fractionOf(literal);
  if (fraction === null) return 'not_json';
  const { over, under } = fraction;
  if (over % under !== 0n) return 'field_invalid';
  const time = over / under;
  const most = BigInt(Number.MAX_SAFE_INTEGER);
  if (time > most || time < -most) return 'field_invalid';
  if (time > BASE_MS + 3_900_000) return 'event_time_in_future';
  return time < PLACE.minEventTimeMs ? 'event_time_too_old' : Number(time);
}

/** Literals that are wrong or right by a digit, a zero or an exponent; some are no JSON. */
function literals(count: number, seed: number): string[] {
  const digits = (min: number, max: number) =>
    fc
      .array(
        fc.oneof({ weight: 3, arbitrary: fc.constantFrom('0', '9') }, fc.integer({ min: 0, max: 9 }).map(String)),
        {
          minLength: min,
          maxLength: max,
        },
      )
      .map((all) => all.join(''));
  const whole = fc.oneof(fc.constantFrom('0', '1', '00', '-0', '-1', '+1'), digits(1, 19), fc.nat().map(String));
  const fraction = fc.oneof(
    fc.constantFrom('', '', '.', '.0', '.000000000', '.0000000000', '.000000001', '.0000000001'),
    digits(1, 12).map((text) => `.${text}`),
  );
  const exponent = fc.oneof(
    { weight: 4, arbitrary: fc.constant('') },
    fc.tuple(fc.constantFrom('e', 'E'), fc.constantFrom('', '+', '-'), digits(0, 2)).map((parts) => parts.join('')),
  );
  return fc.sample(
    fc.tuple(whole, fraction, exponent).map((parts) => parts.join('')),
    { seed, numRuns: count },
  );
}

const NAMED = [
  '999999999999999.99', '12345678901234.999999', '12345678901234.999999999', '0.1e1', '1E+2', '1e2', '1.50e-3', '1e-9', '1e-10',
  '00.1', '1.', '.5', '-0', '-0.0', '0e0', '9007199254740993', '9007199254740993e-3', '1e15', '1000000000000000.0', '1e21',
  '1000000000000000.000000001', '999999999999999.9999999999', '0.30000000000000004', '1e400', '1e-400', '1e+', '1e', '01', '1_0',
  '0x10', 'NaN', 'Infinity', '1,5', '1 ', ' 1', '1.7976931348623157e308', '5e-324', '1.000000000000000000000000', '1e0001',
] as const; // biome-ignore format: a table, read by kinds of literals on a line; one literal a line hides them

describe('numbers are what their text says', () => {
  test('24,000 literals as amounts: the fold, the recomputation and the schoolbook agree', () => {
    let [accepted, differing] = [0, 0];
    for (const literal of [...NAMED.map((each) => each.trim()), ...literals(24_000, 20260115)]) {
      const read = readAlike(recordOf(withAmount(literal)));
      const expected = expectedOfAmount(literal);
      same(literal, read instanceof Rejection ? read.code : read.amount, expected);
      if (typeof expected !== 'bigint') continue;
      accepted += 1;
      const lossless = parseLossless(`[${literal}]`) as LosslessNumber[];
      same(literal, lossless[0]!.value, literal);
      const first = validateRecord(recordOf(withAmount(literal)), COMPILED[1], PLACE);
      if (first instanceof Rejection || first.amount !== expected) differing += 1;
    }
    // So that it is known to be a test of what version 1 got wrong.
    expect(accepted).toBeGreaterThan(3_000);
    expect(differing).toBeGreaterThan(500);
  });

  test('6,000 literals as times', () => {
    const near = Array.from({ length: 2_000 }, (_, at) => {
      const time = String(BASE_MS + at * 7);
      const shift = at % 12;
      return [time, `${time}.0`, `${time.slice(0, -shift || 13)}.${time.slice(-shift || 13)}e${shift}`, `${time}e0`][
        at % 4
      ]!;
    });
    for (const literal of [...NAMED.map((each) => each.trim()), ...near, ...literals(4_000, 7)]) {
      const read = readAlike(recordOf(withTime(literal)));
      same(literal, read instanceof Rejection ? read.code : read.eventTimeMs, expectedOfTime(literal));
    }
  });

  test('exponents of any size cost nothing', () => {
    for (const [literal, code] of [
      ['1e999999999', 'amount_out_of_range'],
      ['1e-999999999', 'amount_not_exact'],
      [`1e${'9'.repeat(500_000)}`, 'amount_out_of_range'],
      [`1e-${'9'.repeat(500_000)}`, 'amount_not_exact'],
      [`0e${'9'.repeat(500_000)}`, 'amount_out_of_range'],
      ['9'.repeat(500_000), 'amount_out_of_range'],
      [`0.${'0'.repeat(500_000)}1`, 'amount_not_exact'],
    ] as const) {
      expect(readAlike(recordOf(withAmount(literal)))).toMatchObject({ code });
    }
    expect(readAlike(recordOf(withAmount(`1e${'0'.repeat(500_000)}2`)))).toMatchObject({ amount: 100_000_000_000n });
    expect(readAlike(recordOf(withAmount(`0.${'0'.repeat(400_000)}1e400001`)))).toMatchObject({
      amount: 1_000_000_000n,
    });
  });

  test('amounts as texts stay what they were', () => {
    for (const literal of literals(4_000, 99)) {
      const [first, second] = ([1, 2] as const).map((version) =>
        readAlike(recordOf(withAmount(JSON.stringify(literal))), version),
      );
      if (first instanceof Rejection) expect(second).toMatchObject({ code: first.code });
      else expect(second).toEqual(first);
    }
  });
});

describe('events of any spelling are decided alike', () => {
  const card = '4111 1111 1111 1111';
  const NAMES = Object.keys(event('p', 0));
  const ODD_NAMES = [
    'note',
    '__proto__',
    'toString',
    '',
    'a b',
    'am\\u006funt',
    '\\u0074imestamp',
    'n'.repeat(65),
    card,
  ];
  const SOURCES = [
    ...NAMED, '""', '"x"', '"EUR"', '"eur"', 'null', 'true', '{}', '[]', '{"amount":1,"amount":2}', '"\\ud800"', '"\\u0041"',
    `"${card}"`, '"4111\u200b1111.1111_1111"', '"\uff14111111111111111"', '"\\u0034111111111111111"', '"a\\u00a04111\\n11111111/1111"',
    String(BASE_MS), `${BASE_MS}.0`, `"${BASE_MS}"`, `"${'x'.repeat(257)}"`, `"${'4'.repeat(256)}"`, '"\u00e9"', '"\t"',
  ]; // biome-ignore format: a table, read by kinds of literals on a line; one literal a line hides them

  const spelledEvent = fc
    .array(fc.tuple(fc.constantFrom(...NAMES, ...NAMES, ...ODD_NAMES), fc.constantFrom(...SOURCES), fc.boolean()), {
      maxLength: 3,
    })
    .map((changes) => {
      const members = Object.entries(event('p', 0)).map(([name, value]) => [name, JSON.stringify(value)]);
      for (const [name, source, isAdded] of changes) {
        const at = members.findIndex(([known]) => known === name);
        if (at === -1 || isAdded) members.push([name, source]);
        else members[at] = [name, source];
      }
      return `{${members.map(([name, source]) => `"${name}":${source}`).join(',')}}`;
    });
  const edited = fc
    .tuple(
      spelledEvent,
      fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 }), fc.constantFrom('set', 'cut', 'drop')), { maxLength: 2 }),
    )
    .map(([text, edits]) => {
      let bytes = Buffer.from(text);
      for (const [drawn, byte, how] of edits) {
        const at = drawn % (bytes.length + 1);
        if (how === 'cut') bytes = bytes.subarray(0, at);
        else
          bytes = Buffer.concat([
            bytes.subarray(0, at),
            Buffer.from(how === 'set' ? [byte] : []),
            bytes.subarray(at + 1),
          ]);
      }
      return bytes;
    });
  const beginnings = [
    'efbbbf', 'fffe', 'feff', 'fffe0000', '0000feff', '7b00', '007b00', '7b000000', '0000007b000000', '1f8b', '28b52ffd', '04224d18',
    'ff060000734e61507059', '82534e4150505900', '7801', '785e', '789c', '78da', '425a68', 'fd377a585a00', '4f626a01', 'c301',
    'aced0005', '0000000001', '00', '0000', '00000000', 'ff', 'ff06', '78', 'c3a9', '',
  ]; // biome-ignore format: a table, read by kinds of literals on a line; one literal a line hides them

  test.each([1, 2] as const)('by fold version %d', { timeout: 60_000 }, (version) => {
    const times = fc.constantFrom(BASE_MS, BASE_MS - 300_001, -1, 0, 946_684_799_999, 946_684_800_000, 4e15);
    fc.assert(
      fc.property(edited, times, fc.constantFrom('alice', 'bob', '', null), (value, timestampMs, key) => {
        readAlike({ ...recordOf(value, timestampMs), key: key === null ? null : Buffer.from(key) }, version);
      }),
      { numRuns: 6_000 },
    );
  });

  test('with any first bytes', () => {
    const tail = fc.oneof(fc.uint8Array({ maxLength: 12 }), fc.constant(Buffer.from(JSON.stringify(event('p', 0)))));
    fc.assert(
      fc.property(fc.constantFrom(...beginnings), tail, (beginning, rest) => {
        readAlike(recordOf(Buffer.concat([Buffer.from(beginning, 'hex'), Buffer.from(rest)])));
      }),
      { numRuns: 4_000 },
    );
  });

  test('at any depth, and past the cut of what is kept', { timeout: 60_000 }, () => {
    const half = 500_000;
    readAlike(recordOf(`{"a":${'['.repeat(half)}${']'.repeat(half)}}`));
    readAlike(recordOf('['.repeat(1_048_576)));
    readAlike(recordOf(`{"a":"${'4'.repeat(1_000_000)}"}`));
    readAlike(recordOf(`{"a":"${'\\'.repeat(1_000_000)}"}`));
    for (const piece of ['4111\u200b', '\uff14', '\\u0034', '\\ud835\\udfdc ', '4', 'é4,', '\u{1d7dc}', '\\\\u200b4'])
      for (let shift = 0; shift < 14; shift += 3) {
        readAlike(recordOf(`{"a":"${'x'.repeat(shift)}${piece.repeat(Math.ceil(90_000 / Buffer.byteLength(piece)))}`));
        readAlike(recordOf(`${'x'.repeat(65_520 + shift)}${piece.repeat(40)}${'x'.repeat(shift * 600)}`));
      }
    const raw = fc.sample(fc.uint8Array({ minLength: 69_600, maxLength: 69_660 }), { numRuns: 10, seed: 5 });
    for (const bytes of raw) readAlike(recordOf(Buffer.from(bytes)));
  });
});

test('masking agrees on texts of digits, separators, escapes and others, and again on what it made', () => {
  const piece = fc.constantFrom(
    '4', '1', '41', '1111', '11111111', '٤', '４', '\u{1d7dc}', '\\u0034', '\\\\u0034', '\\ud835\\udfdc', '\\ud835', '\\udfdc', '\\u',
    '\\u00', '\\', '\\\\', '\\n', '\\/', '\\b', '\\"', ' ', '  ', '-', '.', ',', '/', '_', '\n', '\u00a0', '–', '\u200b', '\\u200b',
    '\u0301', 'x', '"', ':', '{', '%', '·', '\u2800', '\ufffd',
  ); // biome-ignore format: a table, read by kinds of literals on a line; one literal a line hides them
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), fc.boolean(), (pieces, goesOn) => {
      const text = pieces.join('');
      const masked = maskCardNumbers(text, { goesOn });
      same(text, hideCards(text, null, goesOn), masked);
      same(text, maskCardNumbers(masked, { goesOn }), masked);
    }),
    { numRuns: 20_000 },
  );
});
