/**
 * Exact decimals. An amount is a bigint of billionths (`Nanos`), never a float: what a JSON number meant is taken from its
 * shortest decimal form, and only while that form can be trusted (15 significant digits, the most that any double keeps).
 * Small amounts take an arithmetic short cut that gives the same answer as the text form; decimal.test.ts holds that.
 */
import type { Nanos } from './types.ts';

/** `malformed`: not a decimal as defined here. `not_exact`: too many digits to be sure of, or finer than a billionth. */
export type DecimalProblem = 'malformed' | 'not_exact';

export const MAX_FRACTION_DIGITS = 9;
const MAX_SIGNIFICANT_DIGITS = 15;
const NANOS_PER_UNIT = 1_000_000_000;
const NANOS_PER_UNIT_BIG = 1_000_000_000n;
/** Whole units whose nanos still fit a safe integer. */
const SAFE_UNITS = 9_000_000;
/** Past this many integer digits every amount is out of BigQuery's NUMERIC, so larger powers of ten are not computed. */
const MAX_INTEGER_DIGITS = 400;

/** The value of a JSON number. Negative values are parsed as such; Infinity (1e999 in JSON) is `not_exact`. */
export function parseDecimalNumber(value: number): Nanos | DecimalProblem {
  if (value >= 0 && value <= SAFE_UNITS) {
    // A double that equals k/100 for a whole k of at most 15 digits has k/100 as its shortest form.
    const hundredths = Math.round(value * 100);
    if (hundredths / 100 === value) return BigInt(hundredths * 10_000_000);
  }
  if (!Number.isFinite(value)) return 'not_exact';
  return parseShortestForm(String(value));
}

/** Digits, optionally a point and 1 to 9 digits, nothing else: no sign, no exponent, no blank. */
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

/** A decimal from settings or fixtures; throws RangeError naming `what` where it is not one. */
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

/** Parses what String(number) gives for a finite number: `-12.5`, `1e-7`, `1.5e+21`. */
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
