/** What the parts of the judge share: a value in the form that its role asks for, or why not; and texts in a scratch. */
import { parseWholeLiteral } from '../../decimal.ts';
import { type PathValues, VALUE_KIND } from '../path-values.ts';

/** Whether a role or a column has its value. */
export const FOUND = 0;
export const MISSING = 1;
export const INVALID = 2;
export type Outcome = typeof FOUND | typeof MISSING | typeof INVALID;

/** Maximum digits of a whole number that is not a time. */
export const MAX_WHOLE_DIGITS = 40;

const ZERO = 0x30;

export function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= ZERO && byte <= 0x39;
}

/** Whether all of [start, end) are digits, and there is one. */
export function areDigits(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] as number;
    if (byte < ZERO || byte > 0x39) return false;
  }
  return end > start;
}

/** Whether it is a whole number in its canonical form: no leading zero, no sign of zero, no point, no exponent. */
export function isCanonicalWhole(bytes: Buffer, start: number, end: number): boolean {
  const first = bytes[start] === 0x2d ? start + 1 : start;
  if (!areDigits(bytes, first, end)) return false;
  return bytes[first] !== ZERO || (end - first === 1 && first === start);
}

/** The value of digits, which must be at most 15. */
export function numberOfDigits(bytes: Buffer, start: number, end: number): number {
  let number = 0;
  for (let at = start; at < end; at += 1) number = number * 10 + (bytes[at] as number) - ZERO;
  return number;
}

/** Whether a text is digits alone, of at most `most`. */
export function isDigitText(values: PathValues, path: number, most: number): boolean {
  const start = values.starts[path] as number;
  const end = values.ends[path] as number;
  return end - start <= most && areDigits(values.scratch.bytes, start, end);
}

export function sourceOf(values: PathValues, path: number): string {
  return values.scratch.bytes.toString('latin1', values.starts[path], values.ends[path]);
}

/** The canonical digits of a number that is whole by its value; undefined if it is not, has too many, or is no number. */
export function wholeNumberOf(values: PathValues, path: number): string | undefined {
  const kind = values.kinds[path];
  if (kind === VALUE_KIND.integer) return sourceOf(values, path);
  return kind === VALUE_KIND.number ? parseWholeLiteral(sourceOf(values, path), MAX_WHOLE_DIGITS) : undefined;
}

/** Length of UTF-8 bytes in UTF-16 units. */
export function unitsOf(bytes: Buffer, start: number, end: number): number {
  let units = 0;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] as number;
    if ((byte & 0xc0) !== 0x80) units += byte >= 0xf0 ? 2 : 1;
  }
  return units;
}

/** Whether two ranges hold the same bytes. */
export function sameBytes(
  left: Buffer,
  leftStart: number,
  leftEnd: number,
  right: Buffer,
  rightStart: number,
  rightEnd: number,
): boolean {
  const length = leftEnd - leftStart;
  if (length !== rightEnd - rightStart) return false;
  for (let at = 0; at < length; at += 1) if (left[leftStart + at] !== right[rightStart + at]) return false;
  return true;
}

/** Puts an ASCII text behind the values and returns where it begins; it ends at `values.end`. */
export function putAscii(values: PathValues, text: string): number {
  const at = values.take(text.length);
  values.scratch.bytes.write(text, at, 'latin1');
  return at;
}
