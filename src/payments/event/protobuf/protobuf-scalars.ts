/** Reads one scalar or enum of a Protobuf message, and puts it down. One function for each type, chosen when a reader is compiled. */
import { NO_SCALE } from '../mapped/path-values.ts';
import type { SchemaValues } from '../schema/schema-values.ts';
import { type ProtobufCursor, WIRE_32, WIRE_64, WIRE_LENGTH, WIRE_VARINT } from './protobuf-cursor.ts';
import type { ProtobufEnum, ProtobufScalar } from './protobuf-types.ts';

export type PutScalar = (cursor: ProtobufCursor, out: SchemaValues, path: number) => void;

export interface ScalarReader {
  readonly wireType: number;
  readonly put: PutScalar;
  /** Of a closed enum: the value that the cursor is at has no name, and counts as an unknown field. The cursor moves over it. */
  readonly isUnknown?: (cursor: ProtobufCursor) => boolean;
  /** What stands for a field that is not set and has no presence. */
  readonly putDefault: (out: SchemaValues, path: number) => void;
}

const putZero = (out: SchemaValues, path: number): void => out.integer(path, 0, 0, 0);

function integer(
  wireType: number,
  put: (cursor: ProtobufCursor, out: SchemaValues, path: number) => void,
): ScalarReader {
  return {
    wireType,
    put(cursor, out, path) {
      if (wireType === WIRE_VARINT) cursor.varint();
      else if (wireType === WIRE_64) cursor.fixed64();
      else cursor.fixed32();
      put(cursor, out, path);
    },
    putDefault: putZero,
  };
}

function float(wireType: number): ScalarReader {
  return {
    wireType,
    put(cursor, out, path) {
      cursor.skipField(wireType);
      out.float(path);
    },
    putDefault: (out, path) => out.float(path),
  };
}

function lengthed(
  put: (out: SchemaValues, path: number, start: number, end: number) => void,
  putDefault: ScalarReader['putDefault'],
): ScalarReader {
  return {
    wireType: WIRE_LENGTH,
    put(cursor, out, path) {
      const end = cursor.lengthEnd();
      put(out, path, cursor.at, end);
      cursor.at = end;
    },
    putDefault,
  };
}

function put32(out: SchemaValues, path: number, value: number): void {
  out.integer(path, value, value >>> 0, value < 0 ? 0xffffffff : 0);
}

function put64(out: SchemaValues, path: number, low: number, high: number): void {
  out.integer(path, (high | 0) * 0x1_0000_0000 + low, low, high);
}

const SIGNED_32 = (cursor: ProtobufCursor, out: SchemaValues, path: number): void => put32(out, path, cursor.low | 0);
const SIGNED_64 = (cursor: ProtobufCursor, out: SchemaValues, path: number): void =>
  put64(out, path, cursor.low, cursor.high);
const UNSIGNED_32 = (cursor: ProtobufCursor, out: SchemaValues, path: number): void =>
  out.unsigned(path, cursor.low, 0);
const UNSIGNED_64 = (cursor: ProtobufCursor, out: SchemaValues, path: number): void =>
  out.unsigned(path, cursor.low, cursor.high);

export const SCALARS: Readonly<Record<ProtobufScalar, ScalarReader>> = {
  double: float(WIRE_64),
  float: float(WIRE_32),
  int32: integer(WIRE_VARINT, SIGNED_32),
  int64: integer(WIRE_VARINT, SIGNED_64),
  uint32: integer(WIRE_VARINT, UNSIGNED_32),
  uint64: integer(WIRE_VARINT, UNSIGNED_64),
  sint32: integer(WIRE_VARINT, (cursor, out, path) => put32(out, path, (cursor.low >>> 1) ^ -(cursor.low & 1))),
  sint64: integer(WIRE_VARINT, (cursor, out, path) => {
    const { low, high } = cursor;
    const sign = -(low & 1);
    put64(out, path, (((low >>> 1) | (high << 31)) ^ sign) >>> 0, ((high >>> 1) ^ sign) >>> 0);
  }),
  fixed32: integer(WIRE_32, UNSIGNED_32),
  fixed64: integer(WIRE_64, UNSIGNED_64),
  sfixed32: integer(WIRE_32, SIGNED_32),
  sfixed64: integer(WIRE_64, SIGNED_64),
  bool: {
    wireType: WIRE_VARINT,
    put(cursor, out, path) {
      cursor.varint();
      out.boolean(path, (cursor.low | cursor.high) !== 0);
    },
    putDefault: (out, path) => out.boolean(path, false),
  },
  string: lengthed(
    (out, path, start, end) => out.text(path, start, end),
    (out, path) => out.emptyText(path),
  ),
  bytes: lengthed(
    (out, path, start, end) => out.bytes(path, start, end, NO_SCALE),
    (out, path) => out.emptyBytes(path),
  ),
};

/** An enum is the name of its number. A number without a name is an integer, or an unknown field if the enum is closed. */
export function enumReader({ names, isClosed, defaultNumber }: ProtobufEnum): ScalarReader {
  const texts = new Map([...names].map(([number, name]) => [number, Buffer.from(name)]));
  const put = (out: SchemaValues, path: number, number: number): void => {
    const text = texts.get(number);
    if (text === undefined) put32(out, path, number);
    else out.symbol(path, text);
  };
  const isUnknown = (cursor: ProtobufCursor): boolean => {
    cursor.varint();
    return !texts.has(cursor.low | 0);
  };
  return {
    wireType: WIRE_VARINT,
    put(cursor, out, path) {
      cursor.varint();
      put(out, path, cursor.low | 0);
    },
    putDefault: (out, path) => put(out, path, defaultNumber),
    ...(isClosed ? { isUnknown } : {}),
  };
}
