/**
 * Arrow streams to rows that are objects, as FileFormat.decode gives them. Files may come from other writers, which compact: a column
 * of a type that no table here has is refused by its name.
 */
import { type Data, DataType, type Table, TimeUnit, tableFromIPC, type Vector } from 'apache-arrow';
import { formatDecimal } from '../../../payments/event/decimal.ts';
import { joined, lengthOf } from '../../rows/message-parts.ts';
import type { ArrowRows } from '../ports.ts';

export type DecodedRow = Readonly<Record<string, unknown>>;

const END_OF_STREAM = Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0);
const NANO_DECIMALS = 9;
const TEXT = new TextDecoder('utf-8', { ignoreBOM: true });

/** One Arrow stream of pieces that have one schema, in memory of its own. */
export function arrowStream(pieces: readonly ArrowRows[]): Uint8Array<ArrayBuffer> {
  const [first] = pieces;
  if (first === undefined) throw new RangeError('a file without rows');
  const parts = [first.schemaBytes, ...pieces.flatMap((piece) => piece.recordBatchBytes), END_OF_STREAM];
  return joined(parts, Buffer.allocUnsafeSlow(lengthOf(parts)));
}

/** The rows of a stream, of these columns or of all. A column that the stream has not is left out. */
export function rowsOfStream(stream: Uint8Array, columns?: readonly string[]): DecodedRow[] {
  return rowsOfTable(tableFromIPC(stream), columns);
}

function rowsOfTable(table: Table, wanted?: readonly string[]): DecodedRow[] {
  const rows: Record<string, unknown>[] = Array.from({ length: table.numRows }, () => ({}));
  for (const { name } of table.schema.fields) {
    if (wanted !== undefined && !wanted.includes(name)) continue;
    const vector = table.getChild(name)!;
    let at = 0;
    for (const data of vector.data) {
      const read = readerOf(name, data, vector);
      for (let i = 0; i < data.length; i += 1, at += 1) rows[at]![name] = data.getValid(i) ? read(i, at) : null;
    }
  }
  return rows;
}

/** Reads a value by its place in the chunk, and in the column. */
function readerOf(name: string, data: Data, vector: Vector): (inChunk: number, inColumn: number) => unknown {
  const { type } = data;
  if (DataType.isBool(type)) return (_, inColumn) => vector.get(inColumn);
  if (DataType.isUtf8(type) || DataType.isLargeUtf8(type)) return textReader(data);
  if (DataType.isDictionary(type) && data.dictionary !== undefined)
    return dictionaryReader(name, data, data.dictionary);
  if (DataType.isInt(type) && type.bitWidth === 64 && type.isSigned) {
    const values = data.values as BigInt64Array;
    return (i) => integerOf(values[i]!);
  }
  if (DataType.isTimestamp(type) && type.unit === TimeUnit.MICROSECOND) {
    const values = data.values as BigInt64Array;
    return (i) => values[i]!;
  }
  if (DataType.isDecimal(type) && type.scale === NANO_DECIMALS && type.bitWidth === 128) {
    const words = data.values as Uint32Array;
    return (i) => formatDecimal(nanosOf(words, 4 * i));
  }
  throw new RangeError(`${name} is of the type ${type}, which no column here has`);
}

/** Apache Arrow's own getter drops a byte order mark at the start of a text. */
function textReader(data: Data): (inChunk: number) => string {
  const { values, valueOffsets } = data as unknown as { values: Uint8Array; valueOffsets: Int32Array | BigInt64Array };
  return (i) => TEXT.decode(values.subarray(Number(valueOffsets[i]), Number(valueOffsets[i + 1])));
}

/** Texts that stand once each, and the rows' places among them. Other engines' writers make such columns. */
function dictionaryReader(name: string, data: Data, dictionary: Vector): (inChunk: number) => unknown {
  const places = data.values as ArrayLike<number | bigint>;
  const texts = dictionary.data.flatMap((chunk) => {
    const read = readerOf(name, chunk, dictionary);
    return Array.from({ length: chunk.length }, (_, i) => (chunk.getValid(i) ? read(i, i) : null));
  });
  return (i) => texts[Number(places[i])];
}

/** A further column may have any of 64 bits: what is no safe integer stays a bigint. */
function integerOf(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** Two's complement of four words, the lowest first. */
function nanosOf(words: Uint32Array, at: number): bigint {
  let value = 0n;
  for (let word = 3; word >= 0; word -= 1) value = (value << 32n) | BigInt(words[at + word]!);
  return BigInt.asIntN(128, value);
}
