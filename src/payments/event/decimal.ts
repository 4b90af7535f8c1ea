/**
 * Exact decimals. An amount is a bigint of billionths (`Nanos`), never a float. Fold version 2 reads a JSON number from
 * its source text. Fold version 1 has only its double: it takes the double's shortest decimal form, if that has at most
 * 15 significant digits. The two versions differ for numbers of more digits.
 */
import type { Nanos } from '../types.ts';

/** `malformed`: not a decimal as defined here. `not_exact`: more digits than are certain, or finer than a billionth. */
export type DecimalProblem = 'malformed' | 'not_exact';

export const MAX_FRACTION_DIGITS = 9;
const MAX_SIGNIFICANT_DIGITS = 15;
const NANOS_PER_UNIT = 1_000_000_000;
const NANOS_PER_UNIT_BIG = 1_000_000_000n;
/** Whole units whose nanos still fit a safe integer. */
const SAFE_UNITS = 9_000_000;
/** Above this many integer digits every amount exceeds BigQuery's NUMERIC, so larger powers of ten are not computed. */
const MAX_INTEGER_DIGITS = 400;

/** BigQuery's NUMERIC has 29 integer digits; this is one more. */
const MAX_LITERAL_INTEGER_DIGITS = 30;
/** Digits of Number.MAX_SAFE_INTEGER. */
const MAX_SAFE_DIGITS = 16;
/** Replaces an exponent of more than HUGE_EXPONENT_DIGITS digits. No mantissa in a value of 1 MiB can offset it. */
const HUGE_EXPONENT = 1_000_000_000;
const HUGE_EXPONENT_DIGITS = 9;

/**
 * Fold version 2: the value of a JSON number, from its source text. The text must match JSON's grammar for numbers. The
 * value is exact for any number of digits, with or without an exponent. `not_exact` means finer than a billionth;
 * `out_of_range` means more than 30 integer digits. The cost depends on the length of the text, not on the size of the
 * exponent.
 */
export function parseDecimalLiteral(literal: string): Nanos | 'not_exact' | 'out_of_range' {
  const { first, last, scale, isNegative } = locateDigits(literal);
  if (first === -1) return 0n;
  if (scale < -MAX_FRACTION_DIGITS) return 'not_exact';
  const digits = digitsCount(literal, first, last);
  if (digits + scale > MAX_LITERAL_INTEGER_DIGITS) return 'out_of_range';
  const magnitude = BigInt(digitsOf(literal, first, last)) * 10n ** BigInt(scale + MAX_FRACTION_DIGITS);
  return isNegative ? -magnitude : magnitude;
}

/** Fold version 2: the value of a JSON number if it is a safe integer (`1.7e12` is one), else undefined. -0 gives 0. */
export function parseIntegerLiteral(literal: string): number | undefined {
  const { first, last, scale, isNegative } = locateDigits(literal);
  if (first === -1) return 0;
  if (scale < 0 || digitsCount(literal, first, last) + scale > MAX_SAFE_DIGITS) return undefined;
  const magnitude = Number(digitsOf(literal, first, last) + '0'.repeat(scale));
  if (!Number.isSafeInteger(magnitude)) return undefined;
  return isNegative ? -magnitude : magnitude;
}

/**
 * The digits of a JSON number that is whole by its value (`1.5e3` is 1500, -0 is 0), with a minus if it is negative; undefined if it is
 * not whole or has more digits than `most`.
 */
export function parseWholeLiteral(literal: string, most: number): string | undefined {
  const { first, last, scale, isNegative } = locateDigits(literal);
  if (first === -1) return '0';
  if (scale < 0 || digitsCount(literal, first, last) + scale > most) return undefined;
  return (isNegative ? '-' : '') + digitsOf(literal, first, last) + '0'.repeat(scale);
}

/** Fold version 1: the value of a JSON number, negative ones included. Infinity (1e999 in JSON) is `not_exact`. */
export function parseDecimalNumber(value: number): Nanos | DecimalProblem {
  if (value >= 0 && value <= SAFE_UNITS) {
    // A double that equals k/100 for a whole k of at most 15 digits has k/100 as its shortest form.
    const hundredths = Math.round(value * 100);
    if (hundredths / 100 === value) return BigInt(hundredths * 10_000_000);
  }
  if (!Number.isFinite(value)) return 'not_exact';
  return parseShortestForm(String(value));
}

/** Parses digits, optionally with a point and 1 to 9 more digits. No sign, no exponent and no blank is allowed. */
export function parseDecimalString(text: string): Nanos | DecimalProblem {
  let point = -1;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit === 0x2e) {
      if (point !== -1) return 'malformed';
      point = index;
    } else if (unit < 0x30 || unit > 0x39) return 'malformed';
  }
  if (text.length === 0 || point === 0 || point === text.length - 1) return 'malformed';
  const integerDigits = point === -1 ? text : text.slice(0, point);
  const fractionDigits = point === -1 ? '' : text.slice(point + 1);
  if (fractionDigits.length > MAX_FRACTION_DIGITS) return 'not_exact';
  return combine(integerDigits, fractionDigits);
}

/** The shortest decimal form: `1.5`, `100`, `0.0000001`. */
export function formatDecimal(nanos: Nanos): string {
  if (nanos < 0n) return `-${formatDecimal(-nanos)}`;
  if (nanos <= Number.MAX_SAFE_INTEGER) {
    const value = Number(nanos);
    const fraction = value % NANOS_PER_UNIT;
    return withFraction(String((value - fraction) / NANOS_PER_UNIT), fraction);
  }
  return withFraction(String(nanos / NANOS_PER_UNIT_BIG), Number(nanos % NANOS_PER_UNIT_BIG));
}

/** A decimal from settings or fixtures. Throws a RangeError that names `what` if `text` is not a decimal. */
export function requireDecimal(text: string, what: string): Nanos {
  const parsed = parseDecimalString(text);
  if (typeof parsed === 'bigint') return parsed;
  throw new RangeError(
    `${what}: ${JSON.stringify(text)} is not a decimal (digits, optionally a point and up to 9 digits)`,
  );
}

function withFraction(whole: string, fractionNanos: number): string {
  if (fractionNanos === 0) return whole;
  const digits = String(fractionNanos).padStart(MAX_FRACTION_DIGITS, '0');
  let end = digits.length;
  while (digits.charCodeAt(end - 1) === 0x30) end -= 1;
  return `${whole}.${digits.slice(0, end)}`;
}

function combine(integerDigits: string, fractionDigits: string): Nanos {
  const fraction = fractionDigits === '' ? 0 : Number(fractionDigits.padEnd(MAX_FRACTION_DIGITS, '0'));
  if (integerDigits.length <= MAX_SIGNIFICANT_DIGITS) {
    const whole = Number(integerDigits);
    if (whole <= SAFE_UNITS) return BigInt(whole * NANOS_PER_UNIT + fraction);
  }
  return BigInt(integerDigits) * NANOS_PER_UNIT_BIG + BigInt(fraction);
}

/** Parses the result of String(number) for a finite number: `-12.5`, `1e-7`, `1.5e+21`. */
function parseShortestForm(text: string): Nanos | DecimalProblem {
  const negative = text.startsWith('-');
  const unsigned = negative ? text.slice(1) : text;
  const [mantissa = '', exponentText = '0'] = unsigned.split('e');
  const [integerPart = '', fractionPart = ''] = mantissa.split('.');
  // value = digits * 10^scale
  let digits = integerPart + fractionPart;
  let scale = Number(exponentText) - fractionPart.length;
  const trailingZeros = digits.length - digits.replace(/0+$/, '').length;
  digits = digits.slice(0, digits.length - trailingZeros).replace(/^0+/, '');
  scale += trailingZeros;
  if (digits === '') return 0n;
  if (digits.length > MAX_SIGNIFICANT_DIGITS || scale < -MAX_FRACTION_DIGITS || scale > MAX_INTEGER_DIGITS)
    return 'not_exact';
  const magnitude = BigInt(digits) * 10n ** BigInt(scale + MAX_FRACTION_DIGITS);
  return negative ? -magnitude : magnitude;
}

/** Indexes of the first and the last non-zero digit (-1: none), and the power of ten of the last one. */
interface LocatedDigits {
  readonly first: number;
  readonly last: number;
  readonly scale: number;
  readonly isNegative: boolean;
}

function locateDigits(literal: string): LocatedDigits {
  let [first, last, point] = [-1, -1, -1];
  let exponentAt = literal.length;
  for (let at = 0; at < literal.length; at += 1) {
    const unit = literal.charCodeAt(at);
    if (unit === 0x2e) point = at;
    else if (unit === 0x65 || unit === 0x45) {
      exponentAt = at;
      break;
    } else if (unit > 0x30 && unit <= 0x39) {
      if (first === -1) first = at;
      last = at;
    }
  }
  const unitsEnd = point === -1 ? exponentAt : point;
  const scale = (last < unitsEnd ? unitsEnd - 1 - last : unitsEnd - last) + exponentOf(literal, exponentAt);
  return { first, last, scale, isNegative: literal.charCodeAt(0) === 0x2d };
}

/** The exponent that follows the `e` at `exponentAt`, or 0 if the text ends there. */
function exponentOf(literal: string, exponentAt: number): number {
  let at = exponentAt + 1;
  const isNegative = literal.charCodeAt(at) === 0x2d;
  if (isNegative || literal.charCodeAt(at) === 0x2b) at += 1;
  while (literal.charCodeAt(at) === 0x30) at += 1;
  if (at >= literal.length) return 0;
  const size = literal.length - at > HUGE_EXPONENT_DIGITS ? HUGE_EXPONENT : Number(literal.slice(at));
  return isNegative ? -size : size;
}

function digitsCount(literal: string, first: number, last: number): number {
  const point = literal.indexOf('.', first);
  return last - first + (point !== -1 && point < last ? 0 : 1);
}

function digitsOf(literal: string, first: number, last: number): string {
  return literal.slice(first, last + 1).replace('.', '');
}
