/**
 * A time as ISO 8601 writes it with an offset: `YYYY-MM-DDTHH:MM:SS`, optionally a point and 1 to 9 digits, then `Z` or `+HH:MM`. The
 * date exists, seconds go to 59 (no leap second), offsets to 14:59.
 */
import { isDigit, numberOfDigits } from './value-text.ts';

export interface IsoTime {
  /** The millisecond of the time, or before it. */
  readonly ms: number;
  readonly isExact: boolean;
}

/** Length of the part before the fraction. */
const HEAD_BYTES = 19;
const MAX_FRACTION_DIGITS = 9;
const MAX_OFFSET_HOURS = 14;
const DAYS_BEFORE = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
const DAYS_IN = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/** Days from 0000-01-01 to 1970-01-01. */
const EPOCH_DAYS = 719_528;
const MS_PER_MINUTE = 60_000;

export function parseIsoTime(bytes: Buffer, start: number, end: number): IsoTime | undefined {
  if (end - start <= HEAD_BYTES) return undefined;
  for (let index = 0; index < HEAD_BYTES; index += 1) {
    const wanted = FORM.charCodeAt(index);
    const byte = bytes[start + index] as number;
    if (wanted === DIGIT ? !isDigit(byte) : byte !== wanted) return undefined;
  }
  const part = (at: number, length: number): number => numberOfDigits(bytes, start + at, start + at + length);
  const [year, month, day] = [part(0, 4), part(5, 2), part(8, 2)];
  const [hour, minute, second] = [part(11, 2), part(14, 2), part(17, 2)];
  if (month < 1 || month > 12 || day < 1 || day > daysIn(year, month)) return undefined;
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  let at = start + HEAD_BYTES;
  let ms = 0;
  let isExact = true;
  if (bytes[at] === POINT) {
    const first = at + 1;
    at = first;
    while (at < end && isDigit(bytes[at])) at += 1;
    const digits = at - first;
    if (digits === 0 || digits > MAX_FRACTION_DIGITS) return undefined;
    const nanos = numberOfDigits(bytes, first, at) * 10 ** (MAX_FRACTION_DIGITS - digits);
    ms = Math.floor(nanos / 1_000_000);
    isExact = nanos % 1_000_000 === 0;
  }
  const offset = offsetMinutes(bytes, at, end);
  if (offset === undefined) return undefined;
  const minutes = (daysBefore(year, month) + day - 1) * 1_440 + hour * 60 + minute - offset;
  return { ms: minutes * MS_PER_MINUTE + second * 1_000 + ms, isExact };
}

const FORM = '0000-00-00T00:00:00';
const DIGIT = 0x30;
const POINT = 0x2e;
const PLUS = 0x2b;
const MINUS = 0x2d;
const COLON = 0x3a;
const CAPITAL_Z = 0x5a;
const OFFSET_BYTES = 6;

function offsetMinutes(bytes: Buffer, at: number, end: number): number | undefined {
  const sign = bytes[at];
  if (sign === CAPITAL_Z) return at + 1 === end ? 0 : undefined;
  if ((sign !== PLUS && sign !== MINUS) || at + OFFSET_BYTES !== end || bytes[at + 3] !== COLON) return undefined;
  for (const digit of [1, 2, 4, 5]) if (!isDigit(bytes[at + digit])) return undefined;
  const [hours, minutes] = [numberOfDigits(bytes, at + 1, at + 3), numberOfDigits(bytes, at + 4, at + 6)];
  if (hours > MAX_OFFSET_HOURS || minutes > 59) return undefined;
  return (hours * 60 + minutes) * (sign === MINUS ? -1 : 1);
}

function isLeap(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
}

function daysIn(year: number, month: number): number {
  return month === 2 && isLeap(year) ? 29 : (DAYS_IN[month - 1] as number);
}

/** Days from 1970-01-01 to the first day of the month. */
function daysBefore(year: number, month: number): number {
  const before = year - 1;
  // The year 0 is a leap year: it counts for every later year.
  const leapDays = year === 0 ? 0 : Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400) + 1;
  const leapDay = month > 2 && isLeap(year) ? 1 : 0;
  return year * 365 + leapDays + (DAYS_BEFORE[month - 1] as number) + leapDay - EPOCH_DAYS;
}
