/**
 * Arrow columns from plain arrays: typed arrays for fixed widths, one joined string for text. Written for speed: no
 * object per value, and no BigInt except for amounts, which are bigints already. A column in a Scratch is valid until
 * its reset().
 */
import { Bool, type Data, type DataType, Decimal, Int64, makeData, TimestampMicrosecond, Utf8 } from 'apache-arrow';
import { assert, BugError } from '../../base/errors.ts';
import type { ColumnKind } from '../../payments/columns.ts';
import type { Scratch } from './column-memory.ts';

/** NUMERIC is 38 digits, 9 of them decimals. */
const NUMERIC_TYPE = new Decimal(9, 38, 128);
const TIMESTAMP_TYPE = new TimestampMicrosecond('UTC');
const INT64_TYPE = new Int64();
const UTF8_TYPE = new Utf8();
const BOOL_TYPE = new Bool();
const TWO_32 = 4_294_967_296;
const MAX_64 = 0xffff_ffff_ffff_ffffn;
const NUMERIC_LIMIT = 10n ** 38n;

export const COLUMN_TYPES = {
  text: UTF8_TYPE,
  integer: INT64_TYPE,
  decimal: NUMERIC_TYPE,
  time: TIMESTAMP_TYPE,
  truth: BOOL_TYPE,
} as const satisfies Record<ColumnKind, DataType>;

/** Which rows have a value; undefined: all of them. */
interface Validity {
  readonly nullCount: number;
  readonly nullBitmap: Uint8Array;
}

/** Safe integers; null where allowed. */
/** A bigint where the number is no safe integer: a further column may have any of 64 bits. */
export function int64Column(values: readonly (number | bigint | null)[]): Data<Int64> {
  const words = new Int32Array(values.length * 2);
  const data = toBigInts(words);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (typeof value === 'bigint') data[i] = value;
    else writeInt64(words, i, value);
  }
  return makeData({ type: INT64_TYPE, length: values.length, data, ...validityOf(values) });
}

export function constantInt64Column(scratch: Scratch, value: number, length: number): Data<Int64> {
  const words = new Int32Array(2);
  writeInt64(words, 0, value);
  return makeData({ type: INT64_TYPE, length, data: repeated(scratch, words, length) });
}

/** Safe integers that lie `stride` apart, the first at `first`. */
export function stridedInt64Column(
  scratch: Scratch,
  numbers: Float64Array,
  first: number,
  stride: number,
  length: number,
): Data<Int64> {
  const words = scratch.int32(length * 2);
  for (let i = 0, at = first; i < length; i++, at += stride) writeInt64(words, i, numbers[at]!);
  return makeData({ type: INT64_TYPE, length, data: toBigInts(words) });
}

/** Milliseconds since the epoch; null where allowed. */
export function timestampColumn(valuesMs: readonly (number | null)[]): Data<TimestampMicrosecond> {
  const words = new Int32Array(valuesMs.length * 2);
  for (let i = 0; i < valuesMs.length; i++) writeMicros(words, i, valuesMs[i] ?? 0);
  return makeData({ type: TIMESTAMP_TYPE, length: valuesMs.length, data: toBigInts(words), ...validityOf(valuesMs) });
}

/** Milliseconds that lie `stride` apart, the first at `first`. */
export function stridedTimestampColumn(
  scratch: Scratch,
  numbers: Float64Array,
  first: number,
  stride: number,
  length: number,
): Data<TimestampMicrosecond> {
  const words = scratch.int32(length * 2);
  for (let i = 0, at = first; i < length; i++, at += stride) writeMicros(words, i, numbers[at]!);
  return makeData({ type: TIMESTAMP_TYPE, length, data: toBigInts(words) });
}

export function constantTimestampColumn(scratch: Scratch, valueMs: number, length: number): Data<TimestampMicrosecond> {
  const words = new Int32Array(2);
  writeMicros(words, 0, valueMs);
  return makeData({ type: TIMESTAMP_TYPE, length, data: repeated(scratch, words, length) });
}

/** Billionths, never negative: little-endian 128-bit integers. */
export function numericColumn(values: readonly bigint[]): Data<Decimal> {
  const words = new BigUint64Array(values.length * 2);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < 0n || value >= NUMERIC_LIMIT) throw new BugError(`amount out of NUMERIC's range: ${value}`);
    words[2 * i] = value; // modulo 2^64
    if (value > MAX_64) words[2 * i + 1] = value >> 64n;
  }
  return makeData({ type: NUMERIC_TYPE, length: values.length, data: new Uint32Array(words.buffer) });
}

/** The same of any decimals, null where there is none: of further columns. */
export function decimalColumn(values: readonly (bigint | null)[]): Data<Decimal> {
  const words = new BigUint64Array(values.length * 2);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0n;
    if (value <= -NUMERIC_LIMIT || value >= NUMERIC_LIMIT) throw new BugError(`not a NUMERIC: ${value}`);
    words[2 * i] = value; // modulo 2^64, and so is the upper half
    words[2 * i + 1] = value >> 64n;
  }
  const data = new Uint32Array(words.buffer);
  return makeData({ type: NUMERIC_TYPE, length: values.length, data, ...validityOf(values) });
}

/** Amounts in four words each, as Arrow has them. */
export function wordsNumericColumn(words: Int32Array, length: number): Data<Decimal> {
  return makeData({ type: NUMERIC_TYPE, length, data: new Uint32Array(words.buffer, words.byteOffset, 4 * length) });
}

export function boolColumn(values: readonly (boolean | null)[]): Data<Bool> {
  const bits = new Uint8Array((values.length + 7) >> 3);
  for (let i = 0; i < values.length; i++) if (values[i]) bits[i >> 3]! |= 1 << (i & 7);
  return makeData({ type: BOOL_TYPE, length: values.length, data: bits, ...validityOf(values) });
}

/** 1 where true; they lie `stride` apart, the first at `first`. */
export function stridedBoolColumn(
  scratch: Scratch,
  numbers: Float64Array,
  first: number,
  stride: number,
  length: number,
): Data<Bool> {
  const bits = scratch.bytes((length + 7) >> 3).fill(0);
  for (let i = 0, at = first; i < length; i++, at += stride) if (numbers[at] === 1) bits[i >> 3]! |= 1 << (i & 7);
  return makeData({ type: BOOL_TYPE, length, data: bits });
}

/** Well-formed Unicode; null where allowed. */
export function textColumn(values: readonly (string | null)[]): Data<Utf8> {
  const joined = values.join(''); // null joins as ''
  const data = Buffer.from(joined, 'utf8');
  const offsets = new Int32Array(values.length + 1);
  const isAscii = data.length === joined.length;
  let end = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value !== null && value !== undefined) end += isAscii ? value.length : Buffer.byteLength(value, 'utf8');
    offsets[i + 1] = end;
  }
  assert(end === data.length, 'text that is not well-formed Unicode reached the encoder');
  return makeData({ type: UTF8_TYPE, length: values.length, valueOffsets: offsets, data, ...validityOf(values) });
}

/**
 * Texts [from, to), given as bytes: text n is in [offsets[n], offsets[n + 1]). `given`: which are NULL, or `empty` where the
 * empty ones are. Copies neither the bytes nor, if they begin at 0, the offsets.
 */
export function bytesTextColumn(
  scratch: Scratch,
  bytes: Uint8Array,
  offsets: Int32Array,
  from: number,
  to: number,
  given?: Validity | 'empty',
): Data<Utf8> {
  const length = to - from;
  const data = bytes.subarray(offsets[from], offsets[to]);
  const nulls = given === 'empty' ? validity(length, (i) => offsets[from + i] === offsets[from + i + 1]) : given;
  if (from === 0)
    return makeData({ type: UTF8_TYPE, length, valueOffsets: offsets.subarray(0, to + 1), data, ...nulls });
  const valueOffsets = scratch.int32(length + 1);
  for (let i = 0; i <= length; i++) valueOffsets[i] = offsets[from + i]! - offsets[from]!;
  return makeData({ type: UTF8_TYPE, length, valueOffsets, data, ...nulls });
}

/** For each row one of a few ASCII texts, by its number. */
export function chosenTextColumn(
  scratch: Scratch,
  texts: readonly string[],
  chosen: Uint8Array,
  length: number,
): Data<Utf8> {
  const offsets = scratch.int32(length + 1);
  offsets[0] = 0;
  const most = Math.max(...texts.map((text) => text.length));
  const data = scratch.bytes(length * most);
  let end = 0;
  for (let i = 0; i < length; i++) {
    const text = texts[chosen[i]!]!;
    for (let unit = 0; unit < text.length; unit++) data[end++] = text.charCodeAt(unit);
    offsets[i + 1] = end;
  }
  return bytesTextColumn(scratch, data, offsets, 0, length);
}

/** Writes milliseconds as microseconds, in two words: microseconds of a TIMESTAMP may exceed the safe integers. */
function writeMicros(words: Int32Array, index: number, valueMs: number): void {
  if (!Number.isSafeInteger(valueMs)) throw new BugError(`not a safe integer: ${valueMs}`);
  const high = Math.floor(valueMs / TWO_32);
  const lowMicros = (valueMs - high * TWO_32) * 1000;
  words[2 * index] = lowMicros; // modulo 2^32
  words[2 * index + 1] = high * 1000 + Math.floor(lowMicros / TWO_32);
}

function writeInt64(words: Int32Array, index: number, value: number): void {
  if (!Number.isSafeInteger(value)) throw new BugError(`not a safe integer: ${value}`);
  words[2 * index] = value; // modulo 2^32
  words[2 * index + 1] = Math.floor(value / TWO_32);
}

/** `length` copies of one value of two words. */
function repeated(scratch: Scratch, words: Int32Array, length: number): BigInt64Array {
  return toBigInts(scratch.int32(length * 2)).fill(toBigInts(words)[0]!);
}

function toBigInts(words: Int32Array): BigInt64Array {
  return new BigInt64Array(words.buffer, words.byteOffset, words.length / 2);
}

function validityOf(values: readonly unknown[]): Validity | undefined {
  return validity(values.length, (i) => values[i] === null);
}

function validity(length: number, isNull: (index: number) => boolean): Validity | undefined {
  let nullCount = 0;
  for (let i = 0; i < length; i++) if (isNull(i)) nullCount++;
  if (nullCount === 0) return undefined;
  const nullBitmap = new Uint8Array((length + 7) >> 3);
  for (let i = 0; i < length; i++) if (!isNull(i)) nullBitmap[i >> 3]! |= 1 << (i & 7);
  return { nullCount, nullBitmap };
}
