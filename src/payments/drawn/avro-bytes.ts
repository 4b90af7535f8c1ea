/**
 * Writes a drawn value as Avro (specification 1.12) by any schema: what does not fit is turned into what does, and what is missing
 * is drawn. Now and then as few producers write it: lists in several blocks, blocks with their size, too many elements.
 * For tests and the simulated world. Shares no code with the reader.
 */
import { type Chance, drawInteger, drawOne, oneIn } from './draw.ts';
import { JsonList, JsonObject, type JsonTree } from './drawn-json.ts';
import { bytesOf, elementsOf, type Given, isNothing, memberOf, membersOf, numberOf, textOf, wholeOf } from './given.ts';

export type AvroJson = string | readonly AvroJson[] | AvroNode;

export interface AvroNode {
  readonly type: AvroJson;
  readonly name?: string;
  readonly fields?: readonly AvroMember[];
  readonly items?: AvroJson;
  readonly values?: AvroJson;
  readonly symbols?: readonly string[];
  readonly size?: number;
  readonly logicalType?: string;
  readonly precision?: number;
  readonly scale?: number;
}

export interface AvroMember {
  readonly name: string;
  readonly type: AvroJson;
}

/** Below this what is missing is nothing, so that a record that contains itself ends. */
const LEVELS_DRAWN = 5;
const COUNT_LIMIT = 100_000n;

export class AvroWriter {
  readonly #schema: AvroJson;
  readonly #named = new Map<string, AvroNode>();

  /** `references`: schemas whose names it uses. Names have no namespace. */
  constructor(schema: AvroJson, references: readonly AvroJson[] = []) {
    this.#schema = schema;
    for (const each of [...references, schema]) this.#remember(each);
  }

  write(given: Given, chance: Chance): Buffer {
    return Buffer.concat([...this.#write(this.#schema, given, chance, 0)]);
  }

  #remember(schema: AvroJson): void {
    if (typeof schema === 'string') return;
    if (isUnion(schema)) {
      for (const branch of schema) this.#remember(branch);
      return;
    }
    if (schema.name !== undefined) this.#named.set(schema.name, schema);
    for (const { type } of schema.fields ?? []) this.#remember(type);
    for (const inner of [schema.items, schema.values]) if (inner !== undefined) this.#remember(inner);
  }

  *#write(schema: AvroJson, given: Given, chance: Chance, level: number): Generator<Buffer> {
    if (isUnion(schema)) {
      const branch = this.#branch(schema, given, chance, level);
      yield varint(BigInt(branch));
      yield* this.#write(schema[branch]!, given, chance, level);
      return;
    }
    const node = this.#nodeOf(schema);
    switch (node.type) {
      case 'null':
        return;
      case 'record':
        for (const { name, type } of node.fields!) yield* this.#write(type, memberOf(given, name), chance, level + 1);
        return;
      case 'array': {
        const elements = given === undefined ? drawnElements(chance, level) : elementsOf(given);
        if (node.items === 'null' && oneIn(chance, 20)) yield varint(COUNT_LIMIT + BigInt(drawInteger(chance, -4, 4)));
        yield* blocks(
          elements.map((element) => [...this.#write(node.items!, element, chance, level + 1)]),
          chance,
        );
        return;
      }
      case 'map': {
        const members = given === undefined ? drawnMembers(chance, level) : membersOf(given);
        yield* blocks(
          members.map(([name, member]) => [
            lengthed(Buffer.from(name.toWellFormed())),
            ...this.#write(node.values!, member, chance, level + 1),
          ]),
          chance,
        );
        return;
      }
      default:
        yield scalar(node, given, chance);
    }
  }

  #nodeOf(schema: string | AvroNode): AvroNode {
    if (typeof schema === 'string') return this.#named.get(schema) ?? { type: schema };
    return typeof schema.type === 'string' ? schema : this.#nodeOf(schema.type as AvroNode);
  }

  /** Null for nothing; else one that fits, if there is one. */
  #branch(branches: readonly AvroJson[], given: Given, chance: Chance, level: number): number {
    const none = branches.indexOf('null');
    if (none >= 0 && isNothing(given) && (given !== undefined || level > LEVELS_DRAWN || !oneIn(chance, 4)))
      return none;
    const others = [...branches.keys()].filter((index) => index !== none);
    const fitting = others.filter((index) => {
      const branch = branches[index]!;
      return !isUnion(branch) && fits(this.#nodeOf(branch), given);
    });
    return drawOne(chance, fitting.length > 0 ? fitting : others);
  }
}

function isUnion(schema: AvroJson): schema is readonly AvroJson[] {
  return Array.isArray(schema);
}

function fits({ type, symbols }: AvroNode, given: Given): boolean {
  if (given instanceof JsonObject) return type === 'record' || type === 'map';
  if (given instanceof JsonList) return type === 'array';
  if (given === undefined) return true;
  if (given.startsWith('"')) return type === 'enum' ? symbols!.includes(textOf(given)) : type === 'string';
  if (given === 'true' || given === 'false') return type === 'boolean';
  return type === 'int' || type === 'long' || type === 'double' || type === 'bytes';
}

function drawnElements(chance: Chance, level: number): readonly JsonTree[] {
  return Array.from({ length: level > LEVELS_DRAWN ? 0 : drawInteger(chance, 0, 3) }, () => 'null');
}

function drawnMembers(chance: Chance, level: number): readonly (readonly [string, JsonTree])[] {
  return drawnElements(chance, level).map((element) => [`k${drawInteger(chance, 0, 2)}`, element]);
}

function scalar({ type, symbols, size, logicalType, scale }: AvroNode, given: Given, chance: Chance): Buffer {
  const decimals = logicalType === 'decimal' ? (scale ?? 0) : undefined;
  switch (type) {
    case 'boolean':
      return Buffer.from([(given === undefined ? oneIn(chance, 2) : given === 'true') ? 1 : 0]);
    case 'int':
      return varint(BigInt.asIntN(32, wholeOrDrawn(given, chance)));
    case 'long':
      return varint(wholeOrDrawn(given, chance));
    case 'float': {
      const bytes = Buffer.alloc(4);
      bytes.writeFloatLE(numberOf(given));
      return bytes;
    }
    case 'double': {
      const bytes = Buffer.alloc(8);
      bytes.writeDoubleLE(numberOf(given));
      return bytes;
    }
    case 'string':
      return lengthed(Buffer.from(given === undefined ? drawnText(chance) : textOf(given)));
    case 'bytes':
      return lengthed(given === undefined ? Buffer.from(drawnText(chance)) : bytesOf(given, decimals));
    case 'fixed':
      return widened(bytesOf(given, decimals), size!);
    case 'enum': {
      const found = symbols!.indexOf(textOf(given));
      return varint(BigInt(found >= 0 ? found : drawInteger(chance, 0, symbols!.length - 1)));
    }
    default:
      throw new RangeError(`no scalar of Avro: ${JSON.stringify(type)}`);
  }
}

function wholeOrDrawn(given: Given, chance: Chance): bigint {
  if (given !== undefined) return wholeOf(given);
  return drawOne(chance, [0n, -1n, 63n, -64n, 64n, 2n ** 31n, -(2n ** 53n), 2n ** 63n - 1n, -(2n ** 63n)]);
}

function drawnText(chance: Chance): string {
  return drawOne(chance, ['', 'x', 'a text', 'é€😀', '4111 1111 1111 1111', 'x'.repeat(70)]);
}

/** As a decimal is widened: by its sign. */
function widened(bytes: Buffer, size: number): Buffer {
  if (bytes.length >= size) return bytes.subarray(bytes.length - size);
  const sign = bytes.length > 0 && bytes[0]! >= 0x80 ? 0xff : 0;
  return Buffer.concat([Buffer.alloc(size - bytes.length, sign), bytes]);
}

/** In one block mostly; else in several, some of them with their size in bytes. */
function* blocks(elements: readonly (readonly Buffer[])[], chance: Chance): Generator<Buffer> {
  let left = elements;
  while (left.length > 0) {
    const count = oneIn(chance, 4) ? drawInteger(chance, 1, left.length) : left.length;
    const body = Buffer.concat(left.slice(0, count).flat());
    left = left.slice(count);
    if (oneIn(chance, 4)) {
      yield varint(BigInt(-count));
      yield varint(BigInt(body.length));
    } else yield varint(BigInt(count));
    yield body;
  }
  yield varint(0n);
}

function lengthed(bytes: Buffer): Buffer {
  return Buffer.concat([varint(BigInt(bytes.length)), bytes]);
}

/** Zigzag, then seven bits a byte, the lowest first. */
function varint(value: bigint): Buffer {
  let left = value >= 0n ? value * 2n : -value * 2n - 1n;
  const bytes: number[] = [];
  for (; left > 0x7fn; left >>= 7n) bytes.push(Number(left & 0x7fn) | 0x80);
  bytes.push(Number(left));
  return Buffer.from(bytes);
}
