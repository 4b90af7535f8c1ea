/**
 * Exact decimals of the checkers: a decimal text becomes a count of billionths, or null where it is not a decimal with at
 * most nine places. Long-hand on purpose; the fold has its own.
 */
const PLACES = 9;
const ZERO = 48;
const NINE = 57;
const POINT = 46;
const BILLION = 1_000_000_000;
/** Digits before the point whose number, in billionths, a double still holds exactly: 10^15 is below 2^53. */
const WHOLE_DIGITS_SHORT = 6;
const LIMITS = new Map<string, bigint>();
const LIMITS_MAX = 100;
/** An amount stands in the rows of several tables: those of one record are looked at one after the other. */
const last: { text: string; size: bigint | null } = { text: '', size: null };
const SAFE_MAX = BigInt(Number.MAX_SAFE_INTEGER);

export function billionths(text: string): bigint | null {
  if (text === last.text) return last.size;
  const short = shortBillionths(text);
  const size = short === -1 ? longBillionths(text) : BigInt(short);
  last.text = text;
  last.size = size;
  return size;
}

/** The same of any text, digit by digit. */
function longBillionths(text: string): bigint | null {
  const negative = text.startsWith('-');
  const point = text.indexOf('.');
  const start = negative ? 1 : 0;
  const wholeEnd = point === -1 ? text.length : point;
  if (!allDigits(text, start, wholeEnd)) return null;
  if (point !== -1 && !allDigits(text, point + 1, text.length)) return null;
  let end = text.length;
  if (point !== -1) while (text.charCodeAt(end - 1) === ZERO) end--;
  const places = point === -1 ? 0 : Math.max(0, end - point - 1);
  if (places > PLACES) return null;
  const whole = text.slice(start, wholeEnd);
  const fraction = (places === 0 ? '' : text.slice(point + 1, end)).padEnd(PLACES, '0');
  const size = BigInt(whole) * 1_000_000_000n + BigInt(fraction);
  return negative ? -size : size;
}

/** The same of digits with at most one point, as long as a double holds the result exactly; -1 for any other text. */
function shortBillionths(text: string): number {
  if (text.length > WHOLE_DIGITS_SHORT + 1 + PLACES) return -1;
  let whole = 0;
  let fraction = 0;
  let scale = 1;
  let point = -1;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code >= ZERO && code <= NINE) {
      if (point === -1) whole = whole * 10 + (code - ZERO);
      else {
        fraction = fraction * 10 + (code - ZERO);
        scale *= 10;
      }
    } else if (code === POINT && point === -1) point = at;
    else return -1;
  }
  const wholeDigits = point === -1 ? text.length : point;
  const places = text.length - wholeDigits - 1;
  if (wholeDigits === 0 || wholeDigits > WHOLE_DIGITS_SHORT || places === 0 || places > PLACES) return -1;
  return whole * BILLION + fraction * (BILLION / scale);
}

/** A limit of the settings, which are few and come again with every record. */
export function limitBillionths(text: string): bigint {
  const held = LIMITS.get(text);
  if (held !== undefined) return held;
  const limit = billionths(text)!;
  if (LIMITS.size < LIMITS_MAX) LIMITS.set(text, limit);
  return limit;
}

/** The most digits before the point that are computed: NUMERIC has 29. */
const WHOLE_DIGITS_MAX = 40;

/**
 * A JSON number's literal as billionths, by its text alone; `finer`: it has more than nine places; `larger`: more digits before
 * the point than any amount has.
 */
export function literalBillionths(literal: string): bigint | 'finer' | 'larger' {
  const short = shortBillionths(literal);
  if (short !== -1) return BigInt(short);
  const [mantissa = '', exponentText = '0'] = literal.toLowerCase().split('e');
  const isNegative = mantissa.startsWith('-');
  const [whole = '', fraction = ''] = (isNegative ? mantissa.slice(1) : mantissa).split('.');
  const digits = whole + fraction;
  const start = digits.search(/[1-9]/);
  if (start === -1) return 0n;
  let end = digits.length;
  while (digits[end - 1] === '0') end--;
  const exponent = /^([+-]?)0*([0-9]*)$/.exec(exponentText)!;
  if (exponent[2]!.length > 9) return exponent[1] === '-' ? 'finer' : 'larger';
  const point = whole.length + Number(`${exponent[1]}${exponent[2] || '0'}`);
  if (end - point > PLACES) return 'finer';
  if (point - start > WHOLE_DIGITS_MAX) return 'larger';
  const size = BigInt(digits.slice(start, end)) * 10n ** BigInt(PLACES - (end - point));
  return isNegative ? -size : size;
}

/** The shortest decimal text: 1500000000n is `1.5`. */
export function decimalText(amount: bigint): string {
  const sign = amount < 0n ? '-' : '';
  const size = amount < 0n ? -amount : amount;
  if (size <= SAFE_MAX) return sign + shortText(Number(size));
  const fraction = String(size % 1_000_000_000n)
    .padStart(PLACES, '0')
    .replace(/0+$/, '');
  return `${sign}${size / 1_000_000_000n}${fraction === '' ? '' : `.${fraction}`}`;
}

/** The same of a count that a double holds exactly. */
function shortText(size: number): string {
  let fraction = size % BILLION;
  const whole = (size - fraction) / BILLION;
  if (fraction === 0) return String(whole);
  let places = PLACES;
  for (; fraction % 10 === 0; places--) fraction /= 10;
  return `${whole}.${String(fraction).padStart(places, '0')}`;
}

/** Whether two decimal texts are the same number; scientific notation as queries may return it included. */
export function sameDecimal(a: string, b: string): boolean {
  if (a === b) return true;
  const left = billionths(plainDecimal(a));
  return left !== null && left === billionths(plainDecimal(b));
}

/** Writes `1.5e-7` out as `0.00000015`; other texts stay as they are. */
export function plainDecimal(text: string): string {
  if (!text.includes('e') && !text.includes('E')) return text;
  const parts = /^(-?)(\d+)(?:\.(\d+))?[eE]([+-]?\d+)$/.exec(text);
  if (!parts) return text;
  const [, sign = '', whole = '', fraction = '', exponentText = '0'] = parts;
  const exponent = Number(exponentText);
  // No double is larger or smaller than this; a text that claims to be is left alone.
  if (Math.abs(exponent) > 400) return text;
  const digits = whole + fraction;
  const point = whole.length + exponent;
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  if (point >= digits.length) return `${sign}${digits}${'0'.repeat(point - digits.length)}`;
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

/** At least one digit, and nothing else, in [from, to) of the text. */
function allDigits(text: string, from: number, to: number): boolean {
  if (from >= to) return false;
  for (let at = from; at < to; at += 1) {
    const code = text.charCodeAt(at);
    if (code < ZERO || code > NINE) return false;
  }
  return true;
}
