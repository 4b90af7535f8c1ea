/**
 * A value of a Protobuf message, as far as paths lead through it; the rest is passed over by its length. As the official
 * implementations have it: fields come in any order, of one that comes twice the last counts, messages are merged, lists joined,
 * a member of a oneof clears the others, and a value of another wire type than its field's is an unknown field.
 */
import { Enum, type Field, type OneOf, Type } from 'protobufjs';
import type { Decoded } from '../mapped/mapped-value.ts';
import { type MappedValue, MISSING, UNUSABLE } from '../mapped/mapped-value.ts';
import { utf8 } from '../mapped/text-forms.ts';
import { isClosed, isMap, messagesIn, nameOf, type ProtobufFile } from './protobuf-schema.ts';
import { Bytes, LEVELS_MAX, UndecodableError } from './undecodable.ts';

/** What paths ask for: the steps from a place on. */
export interface Wanted {
  /** A path ends here. */
  isEnd: boolean;
  readonly steps: Map<string, Wanted>;
}

export function wantedOf(paths: readonly (readonly string[])[]): Wanted {
  const root: Wanted = { isEnd: false, steps: new Map() };
  for (const steps of paths) {
    let place = root;
    for (const step of steps) {
      const next: Wanted = place.steps.get(step) ?? { isEnd: false, steps: new Map() };
      place.steps.set(step, next);
      place = next;
    }
    place.isEnd = true;
  }
  return root;
}

interface Message {
  readonly is: 'message';
  readonly type: Type;
  readonly fields: Map<string, Found>;
}
interface Leaf {
  readonly is: 'leaf';
  readonly value: MappedValue;
}
type Found =
  | Leaf
  | Message
  | { readonly is: 'list'; readonly elements: Found[] }
  | { readonly is: 'map'; readonly entries: Map<string, Found> };

const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;
const FIXED32 = 5;
const WIRE_TYPES: Readonly<Record<string, number>> = {
  ...{ int32: VARINT, int64: VARINT, uint32: VARINT, uint64: VARINT, sint32: VARINT, sint64: VARINT, bool: VARINT },
  ...{ fixed64: FIXED64, sfixed64: FIXED64, double: FIXED64, fixed32: FIXED32, sfixed32: FIXED32, float: FIXED32 },
  ...{ string: LENGTH, bytes: LENGTH },
};
const INDEXES_MAX = 64;
const INDEX = /^(?:0|[1-9][0-9]*)$/;
const PASSED: Leaf = { is: 'leaf', value: MISSING };

/** `bytes`: behind the schema's id. Throws UndecodableError. */
export function protobufValue(file: ProtobufFile, bytes: Uint8Array, wanted: Wanted): Decoded {
  const reading = new Bytes(bytes);
  const root = emptyMessage(messageNamed(file, reading));
  readFields(reading, root, wanted, 1);
  return { at: (steps) => valueIn(steps.reduce<Found | undefined>(child, root)) };
}

/** How many indexes, and each of them; 0 alone is the first message of the file. */
function messageNamed({ messages }: ProtobufFile, reading: Bytes): Type {
  const count = reading.zigzag();
  if (count < 0n || count > BigInt(INDEXES_MAX)) throw noSuchMessage();
  let among: readonly Type[] = messages;
  let found: Type | undefined = count === 0n ? messages[0] : undefined;
  for (let left = count; left > 0n; left--) {
    const index = reading.zigzag();
    found = index < 0n ? undefined : among[Number(index)];
    if (found === undefined) throw noSuchMessage();
    among = messagesIn(found);
  }
  if (found === undefined) throw noSuchMessage();
  return found;
}

function noSuchMessage(): UndecodableError {
  return new UndecodableError('a message that the schema does not have');
}

function emptyMessage(type: Type): Message {
  return { is: 'message', type, fields: new Map() };
}

function readFields(bytes: Bytes, message: Message, wanted: Wanted, level: number): void {
  if (level > LEVELS_MAX) throw new UndecodableError('too many levels');
  while (!bytes.isAtEnd) {
    const { number, wire } = readTag(bytes);
    const field = message.type.fieldsById[number];
    const value = passValue(bytes, wire);
    if (field !== undefined) readField(value, wire, field.resolve(), message, wanted, level);
  }
}

function readTag(bytes: Bytes): { readonly number: number; readonly wire: number } {
  const tag = bytes.tag();
  const number = Number(tag / 8n);
  const wire = Number(tag % 8n);
  if (number === 0) throw new UndecodableError('a field number that does not exist');
  if (![VARINT, FIXED64, LENGTH, FIXED32].includes(wire)) throw new UndecodableError('a group, or no wire type');
  return { number, wire };
}

/** The bytes of a value, without its length. */
function passValue(bytes: Bytes, wire: number): Uint8Array | bigint {
  if (wire === VARINT) return bytes.varint();
  if (wire === LENGTH) {
    const length = bytes.varint();
    return bytes.take(Number(length));
  }
  return bytes.take(wire === FIXED64 ? 8 : 4);
}

function readField(
  value: Uint8Array | bigint,
  wire: number,
  field: Field,
  message: Message,
  wanted: Wanted,
  level: number,
): void {
  const { fields } = message;
  const inside = wanted.steps.get(field.name);
  if (isMap(field)) {
    if (wire === LENGTH && inside !== undefined) readEntry(value as Uint8Array, field, fields, inside, level);
    return;
  }
  const own = wireTypeOf(field);
  const isPacked = field.repeated && own !== LENGTH && wire === LENGTH;
  if (wire !== own && !isPacked) return;
  if (field.repeated) {
    if (inside !== undefined) readElements(value, isPacked, field, fields, inside, level);
    return;
  }
  const found = valueFound(value, field, inside, fields.get(field.name), level);
  if (found === undefined) return;
  clearOthers(field.partOf, field, fields);
  if (inside !== undefined) fields.set(field.name, found);
}

function clearOthers(oneof: OneOf | null, field: Field, fields: Map<string, Found>): void {
  for (const other of oneof?.fieldsArray ?? []) if (other !== field) fields.delete(other.name);
}

function readElements(
  value: Uint8Array | bigint,
  isPacked: boolean,
  field: Field,
  fields: Map<string, Found>,
  inside: Wanted,
  level: number,
): void {
  const held = fields.get(field.name);
  const list = held?.is === 'list' ? held : { is: 'list' as const, elements: [] as Found[] };
  const add = (each: Uint8Array | bigint): void => {
    const found = valueFound(each, field, inside.steps.get(String(list.elements.length)), undefined, level);
    if (found !== undefined) list.elements.push(found);
  };
  if (isPacked) {
    const packed = new Bytes(value as Uint8Array);
    while (!packed.isAtEnd) add(passValue(packed, wireTypeOf(field)));
  } else add(value);
  if (list.elements.length > 0) fields.set(field.name, list);
}

/** An entry is a message, one level below that of the map, of a key, 1, and a value, 2. */
function readEntry(
  bytes: Uint8Array,
  field: Field & { readonly keyType: string },
  fields: Map<string, Found>,
  inside: Wanted,
  level: number,
): void {
  if (level + 1 > LEVELS_MAX) throw new UndecodableError('too many levels');
  const held = fields.get(field.name);
  const map = held?.is === 'map' ? held : { is: 'map' as const, entries: new Map<string, Found>() };
  const entry = new Bytes(bytes);
  const values: (Uint8Array | bigint)[] = [];
  let key = field.keyType === 'string' ? '' : field.keyType === 'bool' ? 'false' : '0';
  while (!entry.isAtEnd) {
    const { number, wire } = readTag(entry);
    const value = passValue(entry, wire);
    if (number === 1 && wire === WIRE_TYPES[field.keyType]) key = keyText(field.keyType, value);
    if (number === 2 && wire === wireTypeOf(field)) values.push(value);
  }
  const wanted = inside.steps.get(key);
  let found: Found = defaultOf(field);
  for (const value of values) {
    const next = valueFound(value, field, wanted, found, level + 1);
    // A closed enum without a name: the entry is unknown.
    if (next === undefined) return;
    found = next;
  }
  map.entries.set(key, found);
  fields.set(field.name, map);
}

function keyText(type: string, value: Uint8Array | bigint): string {
  if (type !== 'string') return String(scalar(type, value));
  return utf8(value as Uint8Array) ?? '\ud800';
}

/** `wanted` undefined: passed over. Undefined: no value at all. */
function valueFound(
  value: Uint8Array | bigint,
  field: Field,
  wanted: Wanted | undefined,
  before: Found | undefined,
  level: number,
): Found | undefined {
  const { resolvedType: type } = field;
  if (type instanceof Enum) {
    const number = Number(BigInt.asIntN(32, value as bigint));
    const name = nameOf(type, number);
    if (name === undefined && isClosed(type)) return undefined;
    return {
      is: 'leaf',
      value: name === undefined ? { is: 'integer', value: BigInt(number) } : { is: 'text', text: name },
    };
  }
  if (type instanceof Type) {
    const message = before?.is === 'message' ? before : emptyMessage(type);
    if (wanted !== undefined) readFields(new Bytes(value as Uint8Array), message, wanted, level + 1);
    return message;
  }
  if (wanted === undefined) return PASSED;
  return { is: 'leaf', value: leafOf(field.type, value, wanted.isEnd) };
}

function leafOf(type: string, value: Uint8Array | bigint, isEnd: boolean): MappedValue {
  if (type === 'bytes') return { is: 'bytes', bytes: value as Uint8Array };
  if (type === 'float' || type === 'double') return UNUSABLE;
  if (type !== 'string') {
    const found = scalar(type, value);
    return typeof found === 'boolean' ? { is: 'truth', truth: found } : { is: 'integer', value: found };
  }
  if (!isEnd) return UNUSABLE;
  const text = utf8(value as Uint8Array);
  if (text === null) throw new UndecodableError('a text that is not UTF-8');
  return { is: 'text', text };
}

function scalar(type: string, value: Uint8Array | bigint): bigint | boolean {
  if (typeof value !== 'bigint') {
    const bytes = Buffer.from(value);
    if (type === 'fixed64') return bytes.readBigUInt64LE();
    if (type === 'sfixed64') return bytes.readBigInt64LE();
    return BigInt(type === 'fixed32' ? bytes.readUInt32LE() : bytes.readInt32LE());
  }
  const unzigzag = (bits: bigint): bigint => (bits % 2n === 0n ? bits / 2n : -(bits + 1n) / 2n);
  if (type === 'bool') return value !== 0n;
  if (type === 'int32') return BigInt.asIntN(32, value);
  if (type === 'uint32') return BigInt.asUintN(32, value);
  if (type === 'sint32') return unzigzag(BigInt.asUintN(32, value));
  if (type === 'int64') return BigInt.asIntN(64, value);
  return type === 'sint64' ? unzigzag(value) : value;
}

function wireTypeOf({ resolvedType, type }: Field): number {
  if (resolvedType instanceof Enum) return VARINT;
  return resolvedType instanceof Type ? LENGTH : WIRE_TYPES[type]!;
}

function child(found: Found | undefined, step: string): Found | undefined {
  if (found?.is === 'list') return INDEX.test(step) ? found.elements[Number(step)] : undefined;
  if (found?.is === 'map') return found.entries.get(step);
  if (found?.is !== 'message') return undefined;
  const held = found.fields.get(step);
  const { fields } = found.type;
  // Not what JavaScript gives to every object.
  const field = Object.hasOwn(fields, step) ? fields[step] : undefined;
  if (held !== undefined || field === undefined) return held;
  const { repeated, map, resolvedType } = field;
  // A message has presence in every syntax.
  const canBeMissing = repeated || map || field.hasPresence || resolvedType instanceof Type;
  return canBeMissing ? undefined : defaultOf(field);
}

/** What a field has that is not set and has no presence, or an entry of a map without a value: of an enum its first name. */
function defaultOf({ resolvedType, type }: Field): Found {
  if (resolvedType instanceof Type) return emptyMessage(resolvedType);
  if (resolvedType instanceof Enum) {
    const [first] = Object.keys(resolvedType.values);
    return { is: 'leaf', value: first === undefined ? { is: 'integer', value: 0n } : { is: 'text', text: first } };
  }
  if (type === 'string') return { is: 'leaf', value: { is: 'text', text: '' } };
  if (type === 'bytes') return { is: 'leaf', value: { is: 'bytes', bytes: new Uint8Array(0) } };
  if (type === 'bool') return { is: 'leaf', value: { is: 'truth', truth: false } };
  return { is: 'leaf', value: type === 'float' || type === 'double' ? UNUSABLE : { is: 'integer', value: 0n } };
}

function valueIn(found: Found | undefined): MappedValue {
  if (found === undefined) return MISSING;
  if (found.is === 'leaf') return found.value;
  return { is: found.is === 'list' ? 'list' : 'object' };
}
