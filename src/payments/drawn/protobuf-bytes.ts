/**
 * Writes a drawn value as Protobuf by any message: what does not fit is turned into what does, and what is missing is left out or
 * drawn. `isWild`: as few producers write it too, with fields in any order, lists packed and not, unknown fields, and numbers that are
 * longer than they need be. `isHostile`: with fields twice, messages in parts, and values of another wire type.
 * For tests and the simulated world. Shares no code with the reader.
 */
import { type Chance, drawInteger, drawOne, oneIn, shuffled } from './draw.ts';
import type { JsonTree } from './drawn-json.ts';
import { bytesOf, elementsOf, type Given, isNothing, memberOf, membersOf, numberOf, textOf, wholeOf } from './given.ts';
import type { SchemaDials } from './path-tree.ts';
import type { ProtoEnum, ProtoField, ProtoMessage } from './protobuf-file.ts';

const VARINT = 0;
const FIXED_64 = 1;
const LENGTH = 2;
const FIXED_32 = 5;
/** Below this what is missing is left out, so that a message that contains itself ends. */
const LEVELS_DRAWN = 4;
const NUMBERS = [0n, 1n, -1n, 127n, 128n, 2n ** 31n, -(2n ** 31n), 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)];

export class ProtobufWriter {
  readonly #syntax: 2 | 3;
  readonly #dials: Omit<SchemaDials, 'oddEvery'>;

  constructor(syntax: 2 | 3, dials: Omit<SchemaDials, 'oddEvery'>) {
    this.#syntax = syntax;
    this.#dials = dials;
  }

  message(message: ProtoMessage, given: Given, chance: Chance, level = 0): Buffer {
    const parts = message.fields.flatMap((field) => {
      const own = memberOf(given, field.name);
      return isLeftOut(field, own, chance, level) ? [] : [this.#field(field, own, chance, level)];
    });
    if (this.#rarely(chance, 6)) parts.push(unknownField(chance));
    return Buffer.concat(this.#rarely(chance, 4) ? shuffled(parts, chance) : parts);
  }

  #rarely(chance: Chance, every: number): boolean {
    return this.#dials.isWild && oneIn(chance, every);
  }

  #harms(chance: Chance, every: number): boolean {
    return this.#dials.isHostile && oneIn(chance, every);
  }

  #field(field: ProtoField, given: Given, chance: Chance, level: number): Buffer {
    const { label, number } = field;
    if (label === 'map') {
      const members = given === undefined ? [['1', 'null'] as const] : membersOf(given);
      return Buffer.concat(members.map((member) => lengthed(number, this.#entry(field, member, chance, level))));
    }
    if (label === 'repeated')
      return this.#list(field, given === undefined ? ['null'] : elementsOf(given), chance, level);
    if (this.#harms(chance, 40)) return otherWireType(number, chance);
    const value = (of: Given): Buffer => this.#tagged(field, of, chance, level);
    if (this.#isDefault(field, given) && !this.#rarely(chance, 4)) return Buffer.alloc(0);
    // An earlier value of the same field, which the last one replaces or is merged into.
    return this.#harms(chance, 12) ? Buffer.concat([value(undefined), value(given)]) : value(given);
  }

  /** A field without presence says its default by not being there. */
  #isDefault({ label, oneof, type }: ProtoField, given: Given): boolean {
    if (this.#syntax === 2 || label !== 'plain' || oneof !== undefined || given === undefined) return false;
    if (typeof type !== 'string') return false;
    return type === 'string' || type === 'bytes' ? textOf(given) === '' : wholeOf(given) === 0n && given !== 'true';
  }

  #entry(field: ProtoField, [name, member]: readonly [string, JsonTree], chance: Chance, level: number): Buffer {
    const of = { number: 1, name: 'key', label: 'plain', type: field.keyType! } as const;
    const key = this.#tagged(of, JSON.stringify(name), chance, level);
    const value = this.#tagged({ ...field, number: 2, label: 'plain' }, member, chance, level);
    if (this.#harms(chance, 12)) return value;
    return Buffer.concat(this.#rarely(chance, 6) ? [value, key] : [key, value]);
  }

  #list(field: ProtoField, elements: readonly JsonTree[], chance: Chance, level: number): Buffer {
    const { type } = field;
    const canPack = typeof type === 'object' ? type.is === 'enum' : type !== 'string' && type !== 'bytes';
    if (!canPack || (this.#syntax === 2 ? !this.#rarely(chance, 3) : this.#rarely(chance, 3)))
      return Buffer.concat(elements.map((element) => this.#tagged(field, element, chance, level)));
    const values = elements.map((element) => this.#value(field, element, chance, level).bytes);
    const cut = this.#rarely(chance, 4) ? drawInteger(chance, 0, values.length) : values.length;
    const packed = [values.slice(0, cut), values.slice(cut)].filter((some) => some.length > 0);
    return Buffer.concat(packed.map((some) => lengthed(field.number, Buffer.concat(some))));
  }

  #tagged(field: ProtoField, given: Given, chance: Chance, level: number): Buffer {
    const { type, number } = field;
    if (typeof type === 'object' && type.is === 'message') {
      const whole = this.message(type, given, chance, level + 1);
      if (!this.#harms(chance, 10)) return lengthed(number, whole);
      // The same message in two parts: both are merged.
      const parts = [this.message(type, undefined, chance, LEVELS_DRAWN + 1), whole];
      return Buffer.concat(parts.map((part) => lengthed(number, part)));
    }
    const { wireType, bytes } = this.#value(field, given, chance, level);
    return wireType === LENGTH ? lengthed(number, bytes) : Buffer.concat([tag(number, wireType), bytes]);
  }

  #value({ type }: ProtoField, given: Given, chance: Chance, level: number): { wireType: number; bytes: Buffer } {
    if (typeof type === 'object') {
      if (type.is === 'message') return { wireType: LENGTH, bytes: this.message(type, given, chance, level + 1) };
      return { wireType: VARINT, bytes: varint(this.#numberOf(type, given, chance)) };
    }
    const whole = given === undefined ? drawOne(chance, NUMBERS) : wholeOf(given);
    switch (type) {
      case 'double':
      case 'float': {
        const bytes = Buffer.alloc(type === 'double' ? 8 : 4);
        if (type === 'double') bytes.writeDoubleLE(numberOf(given));
        else bytes.writeFloatLE(numberOf(given));
        return { wireType: type === 'double' ? FIXED_64 : FIXED_32, bytes };
      }
      case 'fixed64':
      case 'sfixed64': {
        const bytes = Buffer.alloc(8);
        bytes.writeBigUInt64LE(BigInt.asUintN(64, whole));
        return { wireType: FIXED_64, bytes };
      }
      case 'fixed32':
      case 'sfixed32': {
        const bytes = Buffer.alloc(4);
        bytes.writeUInt32LE(Number(BigInt.asUintN(32, whole)));
        return { wireType: FIXED_32, bytes };
      }
      case 'string':
        return { wireType: LENGTH, bytes: Buffer.from(given === undefined ? drawnText(chance) : textOf(given)) };
      case 'bytes':
        return { wireType: LENGTH, bytes: given === undefined ? Buffer.from([1, 2]) : bytesOf(given, undefined) };
      default:
        return { wireType: VARINT, bytes: this.#longer(varint(ofVarint(type, whole, given)), chance) };
    }
  }

  /** A number that the enum does not have is missing or an integer, by the syntax. */
  #numberOf({ values }: ProtoEnum, given: Given, chance: Chance): bigint {
    if (this.#harms(chance, 12)) return drawOne(chance, [99n, -5n]);
    const found = values.find(([name]) => name === textOf(given));
    return BigInt((found ?? drawOne(chance, values))[1]);
  }

  /** Seven bits of zeros more, which change nothing. */
  #longer(bytes: Buffer, chance: Chance): Buffer {
    if (bytes.length > 9 || !this.#rarely(chance, 20)) return bytes;
    const longer = Buffer.concat([bytes, Buffer.from([0])]);
    longer[bytes.length - 1]! |= 0x80;
    return longer;
  }
}

/** Where records are: one message of the file by the indexes that lead to it. The first of all has a short form. */
export function messageIndexes(indexes: readonly number[]): Buffer {
  if (indexes.length === 1 && indexes[0] === 0) return Buffer.from([0]);
  return Buffer.concat([indexes.length, ...indexes].map((number) => varint(BigInt(2 * number))));
}

/** A list or map without entries is the same bytes as one that is not there. */
function isLeftOut(field: ProtoField, given: Given, chance: Chance, level: number): boolean {
  if (field.label === 'required') return false;
  if (given !== undefined) return isNothing(given);
  return level > LEVELS_DRAWN || !oneIn(chance, 3);
}

function ofVarint(type: string, whole: bigint, given: Given): bigint {
  switch (type) {
    case 'bool':
      return given === 'true' || (given === undefined && whole !== 0n) ? 1n : 0n;
    case 'sint32':
      return zigzag(BigInt.asIntN(32, whole));
    case 'sint64':
      return zigzag(whole);
    case 'int32':
      return BigInt.asIntN(32, whole);
    case 'uint32':
      return BigInt.asUintN(32, whole);
    default:
      return whole;
  }
}

function zigzag(value: bigint): bigint {
  return value >= 0n ? value * 2n : -value * 2n - 1n;
}

function drawnText(chance: Chance): string {
  return drawOne(chance, ['', 'x', 'a text', 'é€😀', '4111 1111 1111 1111', 'x'.repeat(130)]);
}

function unknownField(chance: Chance): Buffer {
  const number = drawInteger(chance, 500, 5_000);
  switch (drawInteger(chance, 0, 5)) {
    case 0:
      return Buffer.concat([tag(number, VARINT), varint(drawOne(chance, NUMBERS))]);
    case 1:
      return Buffer.concat([tag(number, FIXED_64), Buffer.alloc(8, 1)]);
    case 2:
      return Buffer.concat([tag(number, FIXED_32), Buffer.alloc(4, 1)]);
    case 3:
      // A group: they are not read.
      return oneIn(chance, 10) ? Buffer.concat([tag(number, 3), tag(number, 4)]) : lengthed(number, Buffer.alloc(0));
    default:
      return lengthed(number, Buffer.from('unknown'));
  }
}

function otherWireType(number: number, chance: Chance): Buffer {
  return drawOne(chance, [
    Buffer.concat([tag(number, FIXED_32), Buffer.alloc(4)]),
    Buffer.concat([tag(number, FIXED_64), Buffer.alloc(8)]),
    Buffer.concat([tag(number, VARINT), varint(7n)]),
    lengthed(number, Buffer.from([1])),
  ]);
}

function lengthed(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([tag(number, LENGTH), varint(BigInt(bytes.length)), bytes]);
}

function tag(number: number, wireType: number): Buffer {
  return varint(BigInt(number * 8 + wireType));
}

/** A negative number in ten bytes. */
function varint(value: bigint): Buffer {
  let left = BigInt.asUintN(64, value);
  const bytes: number[] = [];
  for (; left > 0x7fn; left >>= 7n) bytes.push(Number(left & 0x7fn) | 0x80);
  bytes.push(Number(left));
  return Buffer.from(bytes);
}
