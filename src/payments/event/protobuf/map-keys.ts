/** Whether the key of a map's entry is the one that a path names: texts by their bytes, numbers and booleans by their usual text. */
import { type ProtobufCursor, WIRE_LENGTH } from './protobuf-cursor.ts';
import { SCALARS } from './protobuf-scalars.ts';
import type { ProtobufScalar } from './protobuf-types.ts';

/** The cursor is behind the key's tag; undefined: the entry has no key, and the default of its type counts. */
export type KeyTest = (cursor: ProtobufCursor | undefined) => boolean;

export function keyTest(type: ProtobufScalar, key: string): KeyTest {
  const { wireType } = SCALARS[type];
  if (wireType === WIRE_LENGTH) {
    const bytes = Buffer.from(key);
    return (cursor) => (cursor === undefined ? bytes.length === 0 : isSame(cursor, bytes));
  }
  return (cursor) => {
    if (cursor === undefined) return key === (type === 'bool' ? 'false' : '0');
    if (type.includes('fixed32')) cursor.fixed32();
    else if (type.includes('fixed64')) cursor.fixed64();
    else cursor.varint();
    return keyText(type, cursor) === key;
  };
}

function isSame(cursor: ProtobufCursor, key: Buffer): boolean {
  const end = cursor.lengthEnd();
  return key.length === end - cursor.at && cursor.bytes.compare(key, 0, key.length, cursor.at, end) === 0;
}

function keyText(type: ProtobufScalar, { low, high }: ProtobufCursor): string {
  const wide = (BigInt(high) << 32n) | BigInt(low);
  switch (type) {
    case 'bool':
      return String((low | high) !== 0);
    case 'int32':
    case 'sfixed32':
      return String(low | 0);
    case 'uint32':
    case 'fixed32':
      return String(low);
    case 'sint32':
      return String((low >>> 1) ^ -(low & 1));
    case 'sint64':
      return String((wide >> 1n) ^ -(wide & 1n));
    case 'uint64':
    case 'fixed64':
      return String(wide);
    default:
      return String(BigInt.asIntN(64, wide));
  }
}
