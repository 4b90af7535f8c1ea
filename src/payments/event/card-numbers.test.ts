import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rejectedRow } from '../exception-rows.ts';
import { event, record, settings } from '../testing/fold-fixture.ts';
import { maskCardNumbers } from './card-numbers.ts';
import { keptPayload, LOOKED_AT_BYTES } from './kept-value.ts';
import { MAX_PAYLOAD_BYTES } from './masking.ts';
import { Rejection, validateRecord } from './validation.ts';

const BACKSLASH = '\\';
/** The same digit in other spellings. */
const SPELLINGS: readonly ((digit: string) => string)[] = [
  (digit) => digit,
  (digit) => `${BACKSLASH}u003${digit}`,
  (digit) => `${BACKSLASH}${BACKSLASH}u003${digit}`,
  (digit) => String.fromCodePoint(0xff10 + Number(digit)),
  (digit) => String.fromCodePoint(0x0660 + Number(digit)),
  (digit) => String.fromCodePoint(0x0966 + Number(digit)),
  (digit) => String.fromCodePoint(0x1d7d8 + Number(digit)),
  (digit) => `${BACKSLASH}ud835${BACKSLASH}udf${(0xd8 + Number(digit)).toString(16)}`,
];
const SEPARATORS = [
  ' ', '-', '.', '/', '_', ',', '\t', '\n', '\u00a0', '\u2013', '\u2014', '\u2009', '\u202f', '\u3000', '\uff0e', '\uff0c',
  '\\t', '\\n', '\\/', '\\u00a0', '\\u2013', '·', '’', '%', ' - ', ', ', '\r\n ',
] as const; // biome-ignore format: a table
const ROOMLESS = ['\u200b', '\u200d', '\u2060', '\ufeff', '\u00ad', '\\u200b', '\u0301', '\ufe0f'] as const;

describe('masking of card numbers, in any spelling', () => {
  it.each([
    ['4111111111111111', '************1111'],
    ['4111.1111.1111.1111', '****.****.****.1111'],
    ['4111/1111_1111,1111', '****/****_****,1111'],
    ['4111\t1111\n1111\u00a01111', '****\t****\n****\u00a01111'],
    ['4111\u20131111\u20141111 \u2013 1111', '****\u2013****\u2014**** \u2013 1111'],
    ['\\u0034111\\u003411111111111', '************1111'],
    [
      '\uff14\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11\uff11',
      '*********\uff11\uff11\uff11\uff11',
    ],
    ['٤١١١ ١١١١ ١١١١ ١١١١', '**** **** **** ١١١١'],
    [`4111${'\u200b'.repeat(50)}1111 1111 1111`, `****${'\u200b'.repeat(50)}**** **** 1111`],
    ['&#52;&#49;&#49;&#49;&#49;&#49;&#49;&#49;', '&#**;&#**;&#**;&#**;&#**;&#**;&#49;&#49;'],
    ['%34%31%31%31%31%31%31%31', '%**%**%**%**%**%**%31%31'],
    ['4111\\1111\\1111\\1111', '****\\****\\****\\1111'],
    ['1234567890123', '*********0123'],
  ])('%j', (text, expected) => {
    expect(maskCardNumbers(text)).toBe(expected);
  });

  it.each([
    '123456789012',
    '12345678 and 12345678',
    '1234567    8901234',
    '"2026-01-15T12:00:00.000Z"',
    '192.168.100.101',
    '{"a":1234567,"b":1234567}',
    '\\u0041\\u0042 111',
    '\\\\\\\\',
    '\\ud835 1',
    '',
  ])('%j is kept', (text) => {
    expect(maskCardNumbers(text)).toBe(text);
  });

  it('costs the length of a text, regardless of its characters', () => {
    const started = process.cpuUsage();
    for (const piece of ['4', '4 ', '4    ', '\\', '\\u', '\\ud835', '4\u200b', '\\u0034', '４', '4,,,,']) {
      maskCardNumbers(piece.repeat(Math.ceil(1_048_576 / piece.length)));
    }
    maskCardNumbers(`4${'\u200b'.repeat(1_000_000)}4`);
    expect(process.cpuUsage(started).user).toBeLessThan(15_000_000);
  });
});

describe('what is kept of a value', () => {
  it('the time of the event stays readable, in its own place alone', () => {
    const text = '{"note":"1750000000000","timestamp":1750000000000,"nested":{"timestamp":1750000000000}}';
    const row = rowOf(Buffer.from(text));
    expect(row.payload).toBe('{"note":"*********0000","timestamp":1750000000000,"nested":{"timestamp":*********0000}}');
    for (const other of ['4111111111119', '"1750000000000"', '17500000000001', '1750000000000.0', '-1750000000000'])
      expect(rowOf(Buffer.from(`{"timestamp":${other}}`)).payload, other).toContain('****');
    expect(rowOf(Buffer.from('{"timestamp":1750000000000,"timestamp":1750000000001}')).payload).not.toContain('175');
    expect(rowOf(Buffer.from('{"timestamp": 1750000000000')).payload).not.toContain('175');
  });

  it('is cut at 64 KiB, before the character that would be split; a number across the cut is masked', () => {
    expect(keptPayload(Buffer.from(`${'x'.repeat(MAX_PAYLOAD_BYTES - 1)}\u00e9tail`))).toBe(
      'x'.repeat(MAX_PAYLOAD_BYTES - 1),
    );
    const across = `${'x'.repeat(MAX_PAYLOAD_BYTES - 24)}${'\\u00a04111'.repeat(4)}`;
    expect(keptPayload(Buffer.from(across))).not.toMatch(/[0-9]{4}(?!.*u00a0)/);
  });

  it('hides a run that reaches the end of what is looked at, and is the same for the head alone', () => {
    const value = Buffer.from(
      `${'\\u0034'.repeat(7_000)}x${'\\u200b'.repeat(4_600)}41111111${'\u200b'.repeat(60_000)}11111111`,
    );
    const kept = keptPayload(value);
    expect(keptPayload(value.subarray(0, LOOKED_AT_BYTES))).toBe(kept);
    expect(kept).toContain('********');
    expect(kept).not.toContain('1');
  });

  it('never holds all digits of a card number, in neither column nor in the reason', () => {
    const spelled = fc
      .tuple(
        fc.stringMatching(/^[3-6][0-9]{12,18}$/),
        fc.array(fc.nat(), { minLength: 20, maxLength: 20 }),
        fc.array(fc.nat(), { minLength: 20, maxLength: 20 }),
      )
      .map(([card, digits, between]) => {
        const spell = (digit: string, at: number): string => SPELLINGS[digits[at]! % SPELLINGS.length]!(digit);
        const gap = (drawn: number): string => {
          if (drawn % 3 === 0) return '';
          return drawn % 3 === 1 ? SEPARATORS[drawn % SEPARATORS.length]! : ROOMLESS[drawn % ROOMLESS.length]!;
        };
        return { card, text: [...card].map((digit, at) => spell(digit, at) + gap(between[at]!)).join('') };
      });
    const places = fc.constantFrom<(text: string) => string>(
      (text) => `{"transaction_id":"${text}"}`,
      (text) => `{"transaction_id":"t","note":"${text}"}`,
      (text) => `{"${text}":1,"${text}":2}`,
      (text) => `{"transaction_id":"${text}"`,
      (text) => text,
      (text) => JSON.stringify({ ...event({ currency: 'x' }), transaction_id: text }),
    );
    fc.assert(
      fc.property(spelled, places, ({ card, text }, place) => {
        const row = rowOf(Buffer.from(place(text)));
        for (const cell of [row.payload, row.transactionId, row.reason])
          expect(plainDigits(cell ?? '')).not.toContain(card);
      }),
      { numRuns: 4_000 },
    );
  });
});

function rowOf(value: Buffer) {
  const one = record(7, event(), { value });
  const read = validateRecord(one, settings(), { partition: 0, partitionCount: 1, minEventTimeMs: 0 });
  expect(read).toBeInstanceOf(Rejection);
  return rejectedRow(one, read as Rejection);
}

/** All decimal digits that can be read in a text, as ASCII, without what is between them. */
function plainDigits(text: string): string {
  const decoded = text.replace(/\\+u([0-9a-fA-F]{4})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return [...decoded.normalize('NFKC')]
    .map((character) => {
      const code = character.codePointAt(0)!;
      if (/^[0-9]$/.test(character)) return character;
      if (code >= 0x660 && code <= 0x669) return String(code - 0x660);
      return code >= 0x966 && code <= 0x96f ? String(code - 0x966) : '';
    })
    .join('');
}
