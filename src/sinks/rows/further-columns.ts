/**
 * Further columns of payment_transactions: by their types, what they are in Arrow and in canonical text form
 * (docs/reference/rules-file.md), and how each becomes the other. Values were judged before: what does not fit is a bug.
 */
import {
  Bool,
  type Data,
  type DataType,
  Decimal,
  Field,
  Int64,
  makeData,
  TimestampMicrosecond,
  Utf8,
} from 'apache-arrow';
import { BugError } from '../../base/errors.ts';
import type { TextColumn } from '../../base/memory/text-column.ts';
import { formatDecimal } from '../../payments/event/decimal.ts';
import type { FurtherTexts } from '../../payments/further-texts.ts';
import type { FurtherColumn, FurtherType } from '../../payments/rules/rules.ts';
import { bytesTextColumn } from './arrow-columns.ts';
import { millisFromText, nanosFromText } from './cell-texts.ts';
import type { Scratch } from './column-memory.ts';

const TEXT = new Utf8();
const ARROW_TYPES: Readonly<Record<FurtherType, DataType>> = {
  string: TEXT,
  int64: new Int64(),
  numeric: new Decimal(9, 38, 128),
  timestamp: new TimestampMicrosecond('UTC'),
  bool: new Bool(),
  // A JSON type of a sink would change numbers.
  json: TEXT,
};

export function furtherField({ name, type }: FurtherColumn): Field {
  return new Field(name, ARROW_TYPES[type], true);
}

/** Rows [from, to) of a column. */
export function furtherColumn(
  scratch: Scratch,
  { type }: FurtherColumn,
  values: FurtherTexts,
  from: number,
  to: number,
): Data {
  const length = to - from;
  const nulls = nullsOf(scratch, values, from, to);
  if (type === 'string' || type === 'json') {
    const { bytes, offsets } = values.texts;
    return bytesTextColumn(scratch, bytes, offsets, from, to, nulls);
  }
  const arrow = ARROW_TYPES[type];
  const { isNull, texts } = values;
  if (type === 'bool') {
    const bits = scratch.bytes((length + 7) >> 3).fill(0);
    for (let row = 0; row < length; row += 1)
      if (isNull[from + row] === 0 && texts.bytes[texts.offsets[from + row]!] === SMALL_T)
        bits[row >> 3]! |= 1 << (row & 7);
    return makeData({ type: arrow as Bool, length, data: bits, ...nulls });
  }
  if (type === 'numeric') {
    const words = scratch.int32(4 * length).fill(0);
    for (let row = 0; row < length; row += 1)
      if (isNull[from + row] === 0) writeNumeric(words, 4 * row, texts, from + row);
    const data = new Uint32Array(words.buffer, words.byteOffset, words.length);
    return makeData({ type: arrow as Decimal, length, data, ...nulls });
  }
  const words = scratch.int32(2 * length).fill(0);
  const factor = type === 'timestamp' ? 1_000 : 1;
  for (let row = 0; row < length; row += 1)
    if (isNull[from + row] === 0) writeInteger(words, 2 * row, texts, from + row, factor);
  const data = new BigInt64Array(words.buffer, words.byteOffset, length);
  return makeData({ type: arrow as Int64, length, data, ...nulls });
}

/** The canonical form of a cell that is not NULL. */
export function canonicalText({ type }: FurtherColumn, cell: string): string {
  if (type === 'timestamp') return String(millisFromText(cell));
  return type === 'numeric' ? formatDecimal(nanosFromText(cell)) : cell;
}

function nullsOf(scratch: Scratch, { isNull, nullCount }: FurtherTexts, from: number, to: number) {
  if (nullCount === 0) return undefined;
  const length = to - from;
  const nullBitmap = scratch.bytes((length + 7) >> 3).fill(0);
  let count = 0;
  for (let row = 0; row < length; row += 1) {
    if (isNull[from + row] === 1) count += 1;
    else nullBitmap[row >> 3]! |= 1 << (row & 7);
  }
  return { nullCount: count, nullBitmap };
}

const TWO_32 = 4_294_967_296;
const SMALL_T = 0x74;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
/** Digits in front of the point up to which billionths are a safe integer, and of whole numbers up to which microseconds are. */
const SHORT_UNITS = 6;
const SHORT_DIGITS = 12;
const NANO_DECIMALS = 9;
const POWERS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

/** A value in canonical form, from its bytes where it has the usual size: no text is made of it. */
function writeInteger(words: Int32Array, at: number, texts: TextColumn, row: number, factor: number): void {
  const { bytes, offsets } = texts;
  const [start, end] = [offsets[row]!, offsets[row + 1]!];
  const first = bytes[start] === MINUS ? start + 1 : start;
  if (end - first <= SHORT_DIGITS && end > first) {
    const whole = digitsOf(bytes, first, end) * factor;
    if (whole >= 0) {
      writeSafe(words, at, first > start ? -whole : whole);
      return;
    }
  }
  const text = texts.textAt(row);
  const value = BigInt(text) * BigInt(factor);
  if (BigInt.asIntN(64, value) !== value) throw new BugError(`not within 64 bits: ${text}`);
  words[at] = Number(BigInt.asIntN(32, value));
  words[at + 1] = Number(BigInt.asIntN(32, value >> 32n));
}

/** The same for billionths, as two's complement of four words, the lowest first. */
function writeNumeric(words: Int32Array, at: number, texts: TextColumn, row: number): void {
  const { bytes, offsets } = texts;
  const [start, end] = [offsets[row]!, offsets[row + 1]!];
  const first = bytes[start] === MINUS ? start + 1 : start;
  let point = first;
  while (point < end && bytes[point] !== POINT) point += 1;
  const decimals = point < end ? end - point - 1 : 0;
  if (point > first && point - first <= SHORT_UNITS && decimals <= NANO_DECIMALS) {
    const fraction = point < end ? digitsOf(bytes, point + 1, end) * POWERS[NANO_DECIMALS - decimals]! : 0;
    const nanos = digitsOf(bytes, first, point) * POWERS[NANO_DECIMALS]! + fraction;
    if (nanos >= 0) {
      const value = first > start ? -nanos : nanos;
      writeSafe(words, at, value);
      words[at + 2] = words[at + 3] = value < 0 ? -1 : 0;
      return;
    }
  }
  writeNanos(words, at, nanosFromText(texts.textAt(row)));
}

/** A safe integer in two words. */
function writeSafe(words: Int32Array, at: number, value: number): void {
  words[at] = value; // modulo 2^32
  words[at + 1] = Math.floor(value / TWO_32);
}

/** The value of at most 15 digits; NaN if there is anything else. */
function digitsOf(bytes: Buffer, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at += 1) {
    const digit = bytes[at]! - ZERO;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

/** Two's complement, the lowest word first. */
function writeNanos(words: Int32Array, at: number, nanos: bigint): void {
  if (nanos >= 10n ** 38n || nanos <= -(10n ** 38n)) throw new BugError(`out of NUMERIC's range: ${nanos}`);
  for (let word = 0; word < 4; word += 1) words[at + word] = Number(BigInt.asIntN(32, nanos >> BigInt(32 * word)));
}
