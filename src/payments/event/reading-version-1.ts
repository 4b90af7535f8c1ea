/**
 * How fold version 1 reads a value: by JSON.parse, so that a number is the double that JSON.parse gives. This file must
 * not change as long as a partition's history may name version 1. reading-version-2.ts corrects its faults.
 */
import { isUtf8 } from 'node:buffer';
import { parseDecimalNumber, parseDecimalString } from './decimal.ts';
import { type AmountReading, MAX_TEXT_LENGTH, type ReadEvent, Unreadable } from './event.ts';

export function readEvent1(value: Buffer): ReadEvent | Unreadable {
  if (!isUtf8(value)) return new Unreadable('not_utf8_json');
  let parsed: unknown;
  try {
    parsed = JSON.parse(value.toString('utf8'));
  } catch {
    return new Unreadable('not_utf8_json');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return new Unreadable('not_an_object');
  const texts = parsed as Readonly<Record<string, unknown>>;
  return { texts, amount: readAmount(texts.amount), timestampMs: readTime(texts.timestamp), timeRange: undefined };
}

function readAmount(value: unknown): AmountReading {
  if (value === undefined) return 'missing';
  // JSON.parse gives Infinity for 1e999: larger than any amount.
  if (typeof value === 'number') return Number.isFinite(value) ? parseDecimalNumber(value) : 'out_of_range';
  if (typeof value === 'string' && value.length <= MAX_TEXT_LENGTH) return parseDecimalString(value);
  return 'malformed';
}

function readTime(value: unknown): number | 'missing' | 'malformed' {
  if (value === undefined) return 'missing';
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) return 'malformed';
  return value + 0; // -0 becomes 0
}
