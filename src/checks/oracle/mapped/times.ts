/** Event times and columns of type timestamp: what a value says, as milliseconds and whether it is finer than one. */
import { digitsOf, type MappedValue, wholeNumber } from './mapped-value.ts';
import type { TimeType } from './oracle-rules.ts';

export interface ReadTime {
  /** Cut down to the millisecond before it. */
  readonly ms: number;
  readonly isFiner: boolean;
}

const NANOS_PER_MS = 1_000_000n;
const NANOS: Readonly<Record<Exclude<TimeType, 'iso8601'>, bigint>> = {
  epoch_s: 1_000_000_000n,
  epoch_ms: 1_000_000n,
  epoch_us: 1_000n,
  epoch_ns: 1n,
};
const DIGITS_MAX = 20;
const DAY_MS = 86_400_000;
const ISO = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))$/;

/** Null where it is no time of this type, or none that a safe integer of milliseconds holds. */
export function readTime(value: MappedValue, type: TimeType): ReadTime | null {
  if (value.is === 'record time') return { ms: value.ms, isFiner: false };
  const nanos = type === 'iso8601' ? isoNanos(value) : epochNanos(value, type);
  if (nanos === null) return null;
  const rest = ((nanos % NANOS_PER_MS) + NANOS_PER_MS) % NANOS_PER_MS;
  const ms = Number((nanos - rest) / NANOS_PER_MS);
  return Number.isSafeInteger(ms) ? { ms, isFiner: rest !== 0n } : null;
}

function epochNanos(value: MappedValue, type: Exclude<TimeType, 'iso8601'>): bigint | null {
  if (value.is === 'integer' && value.timeType !== undefined && value.timeType !== type) return null;
  const count = wholeNumber(value) ?? digitsOf(value, DIGITS_MAX);
  return count === null ? null : count * NANOS[type];
}

function isoNanos(value: MappedValue): bigint | null {
  const parts = value.is === 'text' ? ISO.exec(value.text) : null;
  if (parts === null) return null;
  const [year, month, day, hour, minute, second] = parts.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const [, , , , , , , fraction = '', sign, offsetHour = '0', offsetMinute = '0'] = parts;
  if (month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) return null;
  if (hour > 23 || minute > 59 || second > 59 || Number(offsetHour) > 14 || Number(offsetMinute) > 59) return null;
  // Of the same day 400 years later, since Date.UTC takes years below 100 for others; 400 years are always as many days.
  const shiftedMs = Date.UTC(year + 400, month - 1, day, hour, minute, second);
  const offsetMs = (Number(offsetHour) * 60 + Number(offsetMinute)) * 60_000 * (sign === '-' ? -1 : 1);
  const ms = shiftedMs - 146_097 * DAY_MS - offsetMs;
  return BigInt(ms) * NANOS_PER_MS + BigInt(fraction.padEnd(9, '0'));
}

function daysOf(year: number, month: number): number {
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]!;
}
