/**
 * Reads values of nested Arrow columns as JSON has them, from the memory that they are in. Apache Arrow's own accessors make
 * objects for every map and list, which takes several times as long for a table with many files.
 */
import { type Data, DataType, type Vector } from 'apache-arrow';

/** The value of a row; null where it has none. */
export type ReadValue = (row: number) => unknown;

const NO_TEXTS: Readonly<Record<string, never>> = Object.freeze({});

/** Of a column of one record batch. */
export function readerOf(column: Vector): ReadValue {
  const [data] = column.data;
  return data !== undefined && column.data.length === 1 ? readerOfData(data, column) : general(column);
}

function readerOfData(data: Data, column: Vector | undefined): ReadValue {
  const read = data.offset === 0 ? readPresent(data) : undefined;
  if (read === undefined) return column === undefined ? unread : general(column);
  const { nullBitmap } = data;
  if (data.nullCount === 0 || nullBitmap.length === 0) return read;
  return (row) => ((nullBitmap[row >> 3]! >> (row & 7)) & 1 ? read(row) : null);
}

/** Undefined for a type that is not known here. */
function readPresent(data: Data): ReadValue | undefined {
  const { type, values, valueOffsets: offsets, children } = data;
  if (DataType.isUtf8(type)) {
    const bytes = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
    return (row) => bytes.toString('utf8', offsets[row], offsets[row + 1]);
  }
  if (DataType.isInt(type)) {
    const numbers = values as ArrayLike<number | bigint>;
    return (row) => Number(numbers[row]);
  }
  if (DataType.isBool(type)) return (row) => ((values[row >> 3] >> (row & 7)) & 1) === 1;
  if (DataType.isMap(type)) {
    const [key, value] = (children[0]?.children ?? []).map((child) => readerOfData(child, undefined));
    if (key === undefined || value === undefined) return undefined;
    return (row) => {
      const [from, to] = [offsets[row]!, offsets[row + 1]!];
      if (from === to) return NO_TEXTS;
      return Object.fromEntries(Array.from({ length: to - from }, (_, at) => [key(from + at), value(from + at)]));
    };
  }
  if (DataType.isList(type)) {
    const element = readerOfData(children[0]!, undefined);
    return (row) => Array.from({ length: offsets[row + 1]! - offsets[row]! }, (_, at) => element(offsets[row]! + at));
  }
  if (DataType.isStruct(type)) {
    const members = type.children.map(({ name }, index) => [name, readerOfData(children[index]!, undefined)] as const);
    return (row) => Object.fromEntries(members.map(([name, read]) => [name, read(row)]));
  }
  return undefined;
}

/** A type that no log checkpoint has: the check of the value names it as damaged. */
function unread(): unknown {
  return Number.NaN;
}

/** Any other type, by Apache Arrow. */
function general(column: Vector): ReadValue {
  return (row) => plain(column.get(row));
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'object' || value === null) return value;
  const json = 'toJSON' in value && typeof value.toJSON === 'function' ? (value.toJSON() as unknown) : value;
  if (Array.isArray(json)) return json.map(plain);
  return Object.fromEntries(Object.entries(json as object).map(([key, member]) => [key, plain(member)]));
}
