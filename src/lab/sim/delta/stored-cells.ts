/**
 * The rows of a file of the simulated store by column name, as the checkers take them: integers are numbers, decimals text, times
 * milliseconds. Shares no code with src/sinks/delta.
 */
import { DataType, tableFromIPC, type Utf8, type Vector } from 'apache-arrow';

export type StoredCells = Readonly<Record<string, string | number | boolean | null>>;

const NANOS = 1_000_000_000n;

/** `stream`: the Arrow stream in the file. */
export function cellsOfStream(stream: Uint8Array): StoredCells[] {
  const table = tableFromIPC(stream);
  const rows: Record<string, string | number | boolean | null>[] = Array.from({ length: table.numRows }, () => ({}));
  for (const { name } of table.schema.fields) {
    const vector = table.getChild(name)!;
    for (let at = 0; at < rows.length; at++) rows[at]![name] = cellOf(vector, at);
  }
  return rows;
}

function cellOf(vector: Vector, at: number): string | number | boolean | null {
  if (!vector.isValid(at)) return null;
  if (DataType.isUtf8(vector.type)) return textOf(vector, at);
  const value: unknown = vector.get(at);
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (DataType.isDecimal(vector.type)) return decimalText(value as Uint32Array);
  // Of a time in microseconds apache-arrow gives milliseconds.
  return Number(value);
}

/** As UTF-8 has it: apache-arrow's own decoder drops a byte order mark. */
function textOf(vector: Vector<Utf8>, at: number): string {
  let inChunk = at;
  for (const { length, values, valueOffsets } of vector.data) {
    if (inChunk < length)
      return Buffer.from(values.subarray(valueOffsets[inChunk], valueOffsets[inChunk + 1])).toString();
    inChunk -= length;
  }
  throw new RangeError(`no value ${at} in ${vector.length}`);
}

/** Four words, the lowest first, in billionths: as its shortest text. */
function decimalText(words: Uint32Array): string {
  let nanos = 0n;
  for (let word = 3; word >= 0; word--) nanos = (nanos << 32n) | BigInt(words[word]!);
  nanos = BigInt.asIntN(128, nanos);
  const sign = nanos < 0n ? '-' : '';
  const size = nanos < 0n ? -nanos : nanos;
  const decimals = String(size % NANOS)
    .padStart(9, '0')
    .replace(/0+$/, '');
  return `${sign}${size / NANOS}${decimals === '' ? '' : '.'}${decimals}`;
}
