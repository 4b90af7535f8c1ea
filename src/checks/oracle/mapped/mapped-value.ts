/** What stands at a path of a record, before a role or a column judges it. Types, and the questions that all of them ask. */

export type MappedValue =
  /** Not there, or a null. */
  | { readonly is: 'missing' }
  /** May hold lone surrogates: JSON can spell them. `source`: as JSON has it. */
  | { readonly is: 'text'; readonly text: string; readonly source?: string }
  /** A number of JSON, as it is written. */
  | { readonly is: 'number'; readonly source: string }
  /** An integer of Avro or Protobuf; `timeType`: what its Avro schema says of a timestamp. */
  | { readonly is: 'integer'; readonly value: bigint; readonly timeType?: string }
  | { readonly is: 'truth'; readonly truth: boolean }
  /** `scale`: what its Avro schema says of a decimal. */
  | { readonly is: 'bytes'; readonly bytes: Uint8Array; readonly scale?: number }
  /** The record's own timestamp. */
  | { readonly is: 'record time'; readonly ms: number }
  /** An object, record, message or map; a list; `source`: as JSON has it. */
  | { readonly is: 'object' | 'list'; readonly source?: string }
  /** Floats and doubles of Avro and Protobuf, and keys and headers that are not UTF-8. */
  | { readonly is: 'unusable' };

/** What a pointer leads to. */
export interface Decoded {
  at(steps: readonly string[]): MappedValue;
  /** Of the objects that were looked into so far; undefined where no name came twice. */
  readonly repeatedName?: string | undefined;
}

export const MISSING: MappedValue = { is: 'missing' };
export const UNUSABLE: MappedValue = { is: 'unusable' };

const WHOLE_DIGITS_MAX = 40;

/** A whole number of at most 40 digits: a number of JSON by its value, an integer. Null where it is none. */
export function wholeNumber(value: MappedValue): bigint | null {
  if (value.is === 'integer') return value.value;
  return value.is === 'number' ? wholeOfLiteral(value.source) : null;
}

/** Digits alone, at most this many. */
export function digitsOf(value: MappedValue, digitsMax: number): bigint | null {
  if (value.is !== 'text' || value.text.length > digitsMax) return null;
  return /^[0-9]+$/.test(value.text) ? BigInt(value.text) : null;
}

/** The value of a JSON number where that is whole and has at most 40 digits: `1.5e1` is 15. */
function wholeOfLiteral(source: string): bigint | null {
  const scaled = scaledLiteral(source);
  if (scaled === null) return null;
  const { digits, exponent, sign } = scaled;
  if (digits === '') return 0n;
  if (exponent < 0 || digits.length + exponent > WHOLE_DIGITS_MAX) return null;
  return sign * BigInt(digits + '0'.repeat(exponent));
}

/** A JSON number as sign * digits * 10^exponent, without zeros at either end of the digits; '' is zero. Null: no exponent that a number here can have. */
export function scaledLiteral(
  source: string,
): { readonly sign: 1n | -1n; readonly digits: string; readonly exponent: number } | null {
  const [, minus, whole = '', fraction = '', exponentSign = '', exponentDigits = '0'] =
    /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?)([0-9]+))?$/.exec(source)!;
  const sign = minus === '-' ? -1n : 1n;
  const all = withoutZerosBefore(whole + fraction);
  const digits = withoutZerosBehind(all);
  if (digits === '') return { sign, digits, exponent: 0 };
  const size = withoutZerosBefore(exponentDigits);
  if (size.length > 9) return null;
  const written = Number(`${exponentSign}${size === '' ? '0' : size}`);
  return { sign, digits, exponent: written - fraction.length + (all.length - digits.length) };
}

// Loops, since a pattern that looks for zeros at the end of a long text takes quadratic time.
function withoutZerosBefore(digits: string): string {
  let from = 0;
  while (digits[from] === '0') from++;
  return digits.slice(from);
}

function withoutZerosBehind(digits: string): string {
  let to = digits.length;
  while (digits[to - 1] === '0') to--;
  return digits.slice(0, to);
}
