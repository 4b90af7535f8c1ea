/**
 * Builds Arrow columns of nested, mostly empty values: the shape of a log checkpoint, in which a row has one of six structs.
 * Apache Arrow's own builders take ten times as long for a table with many files.
 */
import { Bool, type Data, type DataType, Field, Int32, Int64, List, Map_, makeData, Struct, Utf8 } from 'apache-arrow';

/** `texts`: an object of texts. `names`: a list of texts. A list of columns: a struct. */
export type ColumnKind = 'text' | 'long' | 'int' | 'flag' | 'texts' | 'names' | readonly Column[];

export interface Column {
  readonly name: string;
  readonly kind: ColumnKind;
}

/** One value each row; undefined and null are null. */
export function arrowData(kind: ColumnKind, values: readonly unknown[]): Data {
  const { bitmap, nullCount } = validity(values);
  const common = { length: values.length, nullCount, nullBitmap: bitmap };
  if (typeof kind !== 'string') {
    const children = kind.map(({ name, kind: inner }) =>
      arrowData(
        inner,
        values.map((value) => memberOf(value, name)),
      ),
    );
    return makeData({ type: typeOf(kind) as Struct, ...common, children });
  }
  if (kind === 'text') return textData(values, common);
  if (kind === 'names') {
    const lists = values.map((value) => (isThere(value) ? (value as readonly string[]) : []));
    return makeData({
      type: typeOf(kind) as List,
      ...common,
      valueOffsets: offsetsOf(lists),
      child: arrowData('text', lists.flat()),
    });
  }
  if (kind === 'texts') {
    const entries = values.map((value) => (isThere(value) ? Object.entries(value) : []));
    const flat = entries.flat().map(([key, value]) => ({ key, value }));
    return makeData({
      type: typeOf(kind) as Map_,
      ...common,
      valueOffsets: offsetsOf(entries),
      child: makeData({
        type: ENTRY,
        length: flat.length,
        nullCount: 0,
        children: [
          arrowData(
            'text',
            flat.map(({ key }) => key),
          ),
          arrowData(
            'text',
            flat.map(({ value }) => value),
          ),
        ],
      }),
    });
  }
  if (kind === 'long') {
    const data = BigInt64Array.from(values, (value) => (isThere(value) ? BigInt(value as number) : 0n));
    return makeData({ type: new Int64(), ...common, data });
  }
  if (kind === 'int') {
    return makeData({ type: new Int32(), ...common, data: Int32Array.from(values, (value) => Number(value ?? 0)) });
  }
  return makeData({ type: new Bool(), ...common, data: validity(values.map((value) => value || null)).bitmap });
}

const ENTRY = new Struct([new Field('key', new Utf8(), false), new Field('value', new Utf8(), true)]);

export function typeOf(kind: ColumnKind): DataType {
  if (typeof kind !== 'string')
    return new Struct(kind.map(({ name, kind: inner }) => new Field(name, typeOf(inner), true)));
  switch (kind) {
    case 'text':
      return new Utf8();
    case 'long':
      return new Int64();
    case 'int':
      return new Int32();
    case 'flag':
      return new Bool();
    case 'names':
      return new List(new Field('element', new Utf8(), true));
    case 'texts':
      return new Map_(new Field('key_value', ENTRY, false));
  }
}

interface Common {
  readonly length: number;
  readonly nullCount: number;
  readonly nullBitmap: Uint8Array;
}

function textData(values: readonly unknown[], common: Common): Data {
  const texts = values.map((value) => (isThere(value) ? (value as string) : ''));
  const valueOffsets = new Int32Array(texts.length + 1);
  for (const [index, text] of texts.entries()) valueOffsets[index + 1] = valueOffsets[index]! + Buffer.byteLength(text);
  const data = Buffer.allocUnsafe(valueOffsets[texts.length]!);
  for (const [index, text] of texts.entries()) data.write(text, valueOffsets[index]!);
  return makeData({ type: new Utf8(), ...common, valueOffsets, data });
}

function offsetsOf(lists: readonly (readonly unknown[])[]): Int32Array {
  const offsets = new Int32Array(lists.length + 1);
  for (const [index, list] of lists.entries()) offsets[index + 1] = offsets[index]! + list.length;
  return offsets;
}

function validity(values: readonly unknown[]): { readonly bitmap: Uint8Array; readonly nullCount: number } {
  const bitmap = new Uint8Array(Math.ceil(values.length / 8));
  let nullCount = 0;
  for (const [index, value] of values.entries()) {
    if (isThere(value)) bitmap[index >> 3]! |= 1 << (index & 7);
    else nullCount++;
  }
  return { bitmap, nullCount };
}

function isThere(value: unknown): value is NonNullable<unknown> {
  return value !== undefined && value !== null;
}

function memberOf(value: unknown, name: string): unknown {
  return isThere(value) ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}
