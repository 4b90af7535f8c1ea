/** Draws .proto files and messages, and says by protobufjs's decoding what a path must find. For tests: shares no code with the reader but
 * the names of scalars. */
import type fc from 'fast-check';
import protobuf from 'protobufjs';
import { PROTOBUF_SCALARS } from '../../protobuf/protobuf-types.ts';
import { type Found, MISSING } from './read-paths.ts';

type Draw = fc.GeneratorValue;

interface LongMaker {
  fromString(text: string, isUnsigned?: boolean): protobuf.Long;
}
const LONGS = protobuf.util.Long as unknown as LongMaker;

/** In memory protobufjs keys a map by this text where the key has 64 bits. */
function memberName(keyType: string, key: string): string {
  return keyType.includes('64') ? protobuf.util.longToHash(LONGS.fromString(key)) : key;
}

function keyTypeOf(field: protobuf.Field): string {
  return (field as unknown as protobuf.MapField).keyType;
}

const KEYS = PROTOBUF_SCALARS.filter((type) => !['double', 'float', 'bytes'].includes(type));

export class ProtobufDrawing {
  readonly #g: Draw;
  readonly #fc: typeof fc;

  constructor(g: Draw, fcModule: typeof fc) {
    this.#g = g;
    this.#fc = fcModule;
  }

  below(limit: number): number {
    return this.#g(this.#fc.nat, { max: limit - 1 });
  }

  #one<T>(of: readonly T[]): T {
    return of[this.below(of.length)]!;
  }

  /** Three messages that refer to each other, and an enum; proto2 or proto3. */
  file(): string {
    const isOld = this.below(3) === 0;
    const messages = ['A', 'B', 'C'];
    const type = (): string => this.#one([...PROTOBUF_SCALARS, 'E', ...messages]);
    const label = (): string => (isOld ? this.#one(['optional ', 'required ']) : this.#one(['', 'optional ']));
    const bodies = messages.map((name) => {
      const fields = Array.from({ length: 1 + this.below(6) }, (_, index) => {
        const number = index * 3 + 1;
        switch (this.below(5)) {
          case 0:
            return `repeated ${type()} f${index} = ${number};`;
          case 1:
            return `map<${this.#one(KEYS)}, ${type()}> f${index} = ${number};`;
          case 2:
            return `oneof o${index} { ${type()} f${index} = ${number}; ${type()} f${index}b = ${number + 1}; }`;
          default: {
            const drawn = type();
            // A message that must contain another one never ends.
            return `${messages.includes(drawn) && isOld ? 'optional ' : label()}${drawn} f${index} = ${number};`;
          }
        }
      });
      return `message ${name} { ${fields.join(' ')} }`;
    });
    const first = isOld ? 3 : 0;
    const names = `CARD = ${first}; A_VERY_LONG_NAME_THAT_NO_NUMBER_WILL_EVER_HAVE = 7; NEGATIVE = -2;`;
    return `syntax = "proto${isOld ? 2 : 3}"; package drawn; enum E { ${names} } ${bodies.join(' ')}`;
  }

  message(type: protobuf.Type, level = 0): Record<string, unknown> {
    const message: Record<string, unknown> = {};
    const oneofs = new Set<string>();
    for (const field of type.fieldsArray) {
      field.resolve();
      if (field.partOf && oneofs.has(field.partOf.name)) continue;
      if (!field.required && this.below(4) === 0) continue;
      if (field.partOf) oneofs.add(field.partOf.name);
      const length = level > 2 ? 0 : this.below(4);
      if (field.resolvedType instanceof protobuf.Type && !field.repeated && !field.map && level > 2) continue;
      const values = Array.from({ length }, () => this.#value(field, level));
      if (field.map) {
        const keyType = keyTypeOf(field);
        message[field.name] = Object.fromEntries(
          values.map((value) => [memberName(keyType, this.#key(keyType)), value]),
        );
      } else message[field.name] = field.repeated ? values : this.#value(field, level);
    }
    return message;
  }

  #key(keyType: string): string {
    if (keyType === 'bool') return this.#one(['true', 'false']);
    if (keyType === 'string') return `k${this.below(3)}`;
    return this.#one(['0', '1', '2']);
  }

  #value({ type, resolvedType }: protobuf.Field, level: number): unknown {
    const g = this.#g;
    if (resolvedType instanceof protobuf.Enum) return this.#one(Object.values(resolvedType.values));
    if (resolvedType instanceof protobuf.Type) return this.message(resolvedType, level + 1);
    const isUnsigned = type.startsWith('u') || type.startsWith('fixed');
    if (type.includes('64')) {
      const bits = g(this.#fc.bigInt, { min: 0n, max: 2n ** 64n - 1n }) >> BigInt(this.below(64));
      return LONGS.fromString(String(isUnsigned ? bits : BigInt.asIntN(64, bits)), isUnsigned);
    }
    if (type.includes('32')) {
      const bits = g(this.#fc.nat, { max: 0xffffffff }) >>> this.below(32);
      return isUnsigned ? bits : bits | 0;
    }
    if (type === 'bool') return this.below(2) === 0;
    if (type === 'string') return g(this.#fc.string, { unit: 'binary', maxLength: 10 });
    if (type === 'bytes') return Buffer.from(g(this.#fc.uint8Array, { maxLength: 9 }));
    return this.below(2) / 2;
  }

  paths(type: protobuf.Type): string[] {
    const found = new Set<string>(['/nowhere/0']);
    const walk = (of: protobuf.Type, path: string, level: number): void => {
      for (const field of of.fieldsArray) {
        field.resolve();
        const at = `${path}/${field.name}`;
        if (this.below(3) > 0) found.add(at);
        const key = field.map ? this.#key(keyTypeOf(field)) : String(this.below(3));
        const inner = field.repeated || field.map ? `${at}/${key}` : at;
        if (this.below(3) > 0) found.add(inner);
        if (field.resolvedType instanceof protobuf.Type && level < 3) walk(field.resolvedType, inner, level + 1);
      }
    };
    walk(type, '', 0);
    return [...found];
  }
}

/** What the path must find in a message that protobufjs decoded. */
export function expectedIn(type: protobuf.Type, message: unknown, steps: readonly string[]): Found {
  const [name, ...rest] = steps;
  if (name === undefined) return ['object'];
  const field = type.fields[name];
  if (field === undefined) return MISSING;
  field.resolve();
  const values = message as Record<string, unknown>;
  if (!Object.hasOwn(values, name)) {
    if (field.repeated || field.map || field.hasPresence || field.resolvedType instanceof protobuf.Type) return MISSING;
    return valueAt(field, field.typeDefault, rest);
  }
  const value = values[name];
  if (field.repeated || field.map) {
    const length = Object.keys(value as object).length;
    if (length === 0) return MISSING;
    const [key, ...further] = rest;
    if (key === undefined) return [field.map ? 'object' : 'list'];
    const hash = field.map ? memberName(keyTypeOf(field), key) : key;
    return Object.hasOwn(value as object, hash)
      ? valueAt(field, (value as Record<string, unknown>)[hash], further)
      : MISSING;
  }
  return valueAt(field, value, rest);
}

function valueAt(field: protobuf.Field, value: unknown, rest: readonly string[]): Found {
  const { resolvedType, type } = field;
  if (resolvedType instanceof protobuf.Type) return expectedIn(resolvedType, value, rest);
  if (rest.length > 0) return MISSING;
  if (resolvedType instanceof protobuf.Enum) {
    const name = resolvedType.valuesById[value as number];
    return name === undefined ? ['integer', String(value), 0] : ['text', name];
  }
  if (type === 'bool') return [String(value)];
  if (type === 'string') return ['text', value as string];
  if (type === 'bytes') return ['bytes', Buffer.from(value as Uint8Array).toString('hex'), -1];
  if (type === 'double' || type === 'float') return ['float'];
  return ['integer', String(value), 0];
}
