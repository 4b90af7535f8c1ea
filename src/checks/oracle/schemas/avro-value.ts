/**
 * A value of an Avro schema, read whole into a tree: no library, because a library trusts the counts that a value says, and the
 * contract bounds them. Texts stay bytes until a path ends at one.
 */
import type { Decoded } from '../mapped/mapped-value.ts';
import { type MappedValue, MISSING, UNUSABLE } from '../mapped/mapped-value.ts';
import { utf8 } from '../mapped/text-forms.ts';
import type { AvroType } from './avro-schema.ts';
import { Bytes, ELEMENTS_MAX, LEVELS_MAX, UndecodableError } from './undecodable.ts';

type Tree =
  | { readonly is: 'leaf'; readonly value: MappedValue }
  | { readonly is: 'text'; readonly bytes: Uint8Array }
  /** Names as their UTF-8 bytes, a character each. Under one name all that a map has, and the last counts. */
  | { readonly is: 'object'; readonly members: ReadonlyMap<string, readonly Tree[]> }
  | { readonly is: 'list'; readonly elements: readonly Tree[] };

const INT_LIMIT = 2n ** 31n;
const INDEX = /^(?:0|[1-9][0-9]*)$/;

/** Throws UndecodableError. So does asking for a text that is not UTF-8, or that one with the same path replaces. */
export function avroValue(schema: AvroType, bytes: Uint8Array): Decoded {
  const reading = new AvroReading(bytes);
  const root = reading.value(schema, 1);
  if (!reading.isAtEnd) throw new UndecodableError('bytes left over');
  return {
    at(steps) {
      const all = steps.reduce<readonly Tree[]>((trees, step) => trees.flatMap((tree) => children(tree, step)), [root]);
      for (const tree of all) valueIn(tree);
      return valueIn(steps.reduce<Tree | undefined>((tree, step) => children(tree, step).at(-1), root));
    },
  };
}

function children(tree: Tree | undefined, step: string): readonly Tree[] {
  if (tree?.is === 'object') return tree.members.get(byteName(step)) ?? [];
  return tree?.is === 'list' && INDEX.test(step) ? tree.elements.slice(Number(step)).slice(0, 1) : [];
}

function valueIn(tree: Tree | undefined): MappedValue {
  if (tree === undefined) return MISSING;
  if (tree.is === 'leaf') return tree.value;
  if (tree.is !== 'text') return { is: tree.is };
  const text = utf8(tree.bytes);
  if (text === null) throw new UndecodableError('a text that is not UTF-8');
  return { is: 'text', text };
}

function byteName(name: string): string {
  return Buffer.from(name).toString('latin1');
}

class AvroReading {
  readonly #bytes: Bytes;
  #elements = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = new Bytes(bytes);
  }

  get isAtEnd(): boolean {
    return this.#bytes.isAtEnd;
  }

  /** `level`: of a record, list or map that begins here. */
  value(type: AvroType, level: number): Tree {
    switch (type.is) {
      case 'null':
        return { is: 'leaf', value: MISSING };
      case 'boolean':
        return { is: 'leaf', value: { is: 'truth', truth: this.#boolean() } };
      case 'int':
        return { is: 'leaf', value: { is: 'integer', value: this.#int() } };
      case 'long': {
        const { timeType } = type;
        const value = this.#bytes.zigzag();
        return { is: 'leaf', value: { is: 'integer', value, ...(timeType === undefined ? {} : { timeType }) } };
      }
      case 'float':
      case 'double':
        this.#bytes.take(type.is === 'float' ? 4 : 8);
        return { is: 'leaf', value: UNUSABLE };
      case 'string':
        return { is: 'text', bytes: this.#bytes.take(this.#length()) };
      case 'bytes': {
        const bytes = this.#bytes.take(type.size ?? this.#length());
        return {
          is: 'leaf',
          value: { is: 'bytes', bytes, ...(type.scale === undefined ? {} : { scale: type.scale }) },
        };
      }
      case 'enum':
        return { is: 'leaf', value: { is: 'text', text: this.#oneOf(type.symbols, this.#int()) } };
      case 'union':
        return this.value(this.#oneOf(type.branches, this.#bytes.zigzag()), level);
      case 'record': {
        this.#begin(level);
        const members = new Map<string, readonly Tree[]>();
        for (const field of type.fields) members.set(byteName(field.name), [this.value(field.type, level + 1)]);
        return { is: 'object', members };
      }
      case 'array': {
        this.#begin(level);
        const elements: Tree[] = [];
        this.#blocks(() => elements.push(this.value(type.of, level + 1)));
        return { is: 'list', elements };
      }
      case 'map': {
        this.#begin(level);
        const members = new Map<string, Tree[]>();
        this.#blocks(() => {
          const name = Buffer.from(this.#bytes.take(this.#length())).toString('latin1');
          const under = members.get(name) ?? [];
          under.push(this.value(type.of, level + 1));
          members.set(name, under);
        });
        return { is: 'object', members };
      }
      default:
        return type satisfies never;
    }
  }

  #begin(level: number): void {
    if (level > LEVELS_MAX) throw new UndecodableError('too many levels');
    this.#count(1n);
  }

  /** A count of elements, a negative one followed by a length, which can be no longer than what is left; a count of zero is the end. */
  #blocks(element: () => void): void {
    for (let count = this.#bytes.zigzag(); count !== 0n; count = this.#bytes.zigzag()) {
      if (count < 0n && this.#length() > this.#bytes.left) throw new UndecodableError('cut off');
      const elements = count < 0n ? -count : count;
      this.#count(elements);
      for (let left = elements; left > 0n; left--) element();
    }
  }

  #count(more: bigint): void {
    if (more > BigInt(ELEMENTS_MAX - this.#elements)) throw new UndecodableError('too many elements');
    this.#elements += Number(more);
  }

  #boolean(): boolean {
    const byte = this.#bytes.byte();
    if (byte > 1) throw new UndecodableError('a boolean that is neither 0 nor 1');
    return byte === 1;
  }

  #int(): bigint {
    const value = this.#bytes.zigzag();
    if (value < -INT_LIMIT || value >= INT_LIMIT) throw new UndecodableError('a number of too many bits');
    return value;
  }

  #length(): number {
    const length = this.#bytes.zigzag();
    if (length < 0n) throw new UndecodableError('a negative length');
    return Number(length);
  }

  #oneOf<T>(choices: readonly T[], index: bigint): T {
    const chosen = index < 0n ? undefined : choices[Number(index)];
    if (chosen === undefined) throw new UndecodableError('an index past the end');
    return chosen;
  }
}
