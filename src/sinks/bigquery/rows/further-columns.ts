/**
 * Further columns of payment_transactions: by their types, what they are in SQL, in Arrow and in canonical text form
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
import { BugError } from '../../../base/errors.ts';
import { formatDecimal } from '../../../payments/event/decimal.ts';
import type { FurtherTexts } from '../../../payments/further-texts.ts';
import type { FurtherColumn, FurtherType } from '../../../payments/rules/rules.ts';
import { millisFromText, nanosFromText } from '../query/query-values.ts';
import { bytesTextColumn } from './arrow-columns.ts';
import type { Scratch } from './column-memory.ts';

interface TypeInSink {
  /** In statements. */
  readonly sql: 'STRING' | 'INT64' | 'NUMERIC(38, 9)' | 'TIMESTAMP' | 'BOOL';
  /** As tables.get spells it. */
  readonly rest: 'STRING' | 'INTEGER' | 'NUMERIC' | 'TIMESTAMP' | 'BOOLEAN';
  readonly arrow: DataType;
}

const TEXT: TypeInSink = { sql: 'STRING', rest: 'STRING', arrow: new Utf8() };
export const FURTHER_IN_SINK: Readonly<Record<FurtherType, TypeInSink>> = {
  string: TEXT,
  int64: { sql: 'INT64', rest: 'INTEGER', arrow: new Int64() },
  numeric: { sql: 'NUMERIC(38, 9)', rest: 'NUMERIC', arrow: new Decimal(9, 38, 128) },
  timestamp: { sql: 'TIMESTAMP', rest: 'TIMESTAMP', arrow: new TimestampMicrosecond('UTC') },
  bool: { sql: 'BOOL', rest: 'BOOLEAN', arrow: new Bool() },
  // The service's own JSON type would change numbers.
  json: TEXT,
};

export function furtherField({ name, type }: FurtherColumn): Field {
  return new Field(name, FURTHER_IN_SINK[type].arrow, true);
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
  const { arrow } = FURTHER_IN_SINK[type];
  const each = (write: (text: string, row: number) => void): void => {
    for (let row = 0; row < length; row += 1) {
      const text = values.textAt(from + row);
      if (text !== null) write(text, row);
    }
  };
  if (type === 'bool') {
    const bits = scratch.bytes((length + 7) >> 3).fill(0);
    each((text, row) => {
      if (text === 'true') bits[row >> 3]! |= 1 << (row & 7);
    });
    return makeData({ type: arrow as Bool, length, data: bits, ...nulls });
  }
  if (type === 'numeric') {
    const words = scratch.int32(4 * length).fill(0);
    each((text, row) => writeNanos(words, 4 * row, nanosFromText(text)));
    const data = new Uint32Array(words.buffer, words.byteOffset, words.length);
    return makeData({ type: arrow as Decimal, length, data, ...nulls });
  }
  const words = scratch.int32(2 * length).fill(0);
  const factor = type === 'timestamp' ? 1_000n : 1n;
  each((text, row) => writeInt64(words, 2 * row, text, factor));
  const data = new BigInt64Array(words.buffer, words.byteOffset, length);
  return makeData({ type: arrow as Int64, length, data, ...nulls });
}

/** The column as text in a query: what canonicalText reads. */
export function furtherAsText({ name, type }: FurtherColumn): string {
  const quoted = quotedColumn(name);
  return type === 'timestamp' ? `CAST(UNIX_MICROS(${quoted}) AS STRING)` : `CAST(${quoted} AS STRING)`;
}

/** In SQL: a name may be one of its words, as `order`. */
export function quotedColumn(name: string): string {
  return `\`${name}\``;
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

/** Digits up to which a number is exact and cheap. */
const SAFE_DIGITS = 15;
const TWO_32 = 4_294_967_296;

function writeInt64(words: Int32Array, at: number, text: string, factor: bigint): void {
  if (text.length <= SAFE_DIGITS - 3) {
    const value = Number(text) * Number(factor);
    if (!Number.isSafeInteger(value)) throw new BugError(`not a whole number: ${JSON.stringify(text)}`);
    words[at] = value; // modulo 2^32
    words[at + 1] = Math.floor(value / TWO_32);
    return;
  }
  const value = BigInt(text) * factor;
  if (BigInt.asIntN(64, value) !== value) throw new BugError(`not within 64 bits: ${text}`);
  words[at] = Number(BigInt.asIntN(32, value));
  words[at + 1] = Number(BigInt.asIntN(32, value >> 32n));
}

/** Two's complement, the lowest word first. */
function writeNanos(words: Int32Array, at: number, nanos: bigint): void {
  if (nanos >= 10n ** 38n || nanos <= -(10n ** 38n)) throw new BugError(`out of NUMERIC's range: ${nanos}`);
  for (let word = 0; word < 4; word += 1) words[at + word] = Number(BigInt.asIntN(32, nanos >> BigInt(32 * word)));
}
