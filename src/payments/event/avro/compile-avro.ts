/**
 * Compiles a writer's schema and the paths of a mapping into a reader that walks a value once, puts down what the paths ask for, and
 * skips the rest without allocating.
 *
 * What holds of a value, independent of the paths: every byte is walked; the bounds of undecodable.ts; no bytes are left over.
 * A text is checked to be UTF-8 where a path ends at it. A union is its value. Of two entries of a map with one key the last counts.
 */
import { type CompiledMapping, NO_PATH, type PathNode } from '../mapped/compiled-mapping.ts';
import { type PathValues, TIME_UNIT } from '../mapped/path-values.ts';
import { pathsBelow } from '../schema/paths-below.ts';
import { SchemaValues } from '../schema/schema-values.ts';
import { UNDECODABLE, Undecodable } from '../schema/undecodable.ts';
import { AvroCursor } from './avro-cursor.ts';
import {
  type AvroStep,
  PutBoolean,
  PutBytes,
  PutEnum,
  PutFloat,
  PutInt,
  PutLong,
  PutText,
  ReadArray,
  ReadMap,
  ReadRecord,
  ReadUnion,
  SKIP_BOOLEAN,
  SKIP_INT,
  SKIP_LENGTH,
  SKIP_LONG,
  SKIP_NULL,
  SkipEnum,
  SkipFixed,
} from './avro-steps.ts';
import type { AvroType } from './avro-types.ts';

/** Reads values. Undefined: all of the value was read; otherwise why it is not a value of the schema. */
export class AvroReader {
  readonly #values: SchemaValues;
  readonly #step: AvroStep;
  readonly #cursor = new AvroCursor();

  constructor(root: AvroType, mapping: Pick<CompiledMapping, 'root' | 'pathCount'>) {
    this.#values = new SchemaValues(mapping.pathCount);
    this.#step = new Compiler(this.#values).step(root, mapping.root);
  }

  /** What read() needs of the scratch besides the value. */
  get roomBytes(): number {
    return this.#values.roomBytes;
  }

  /** The value is [start, end) of the bytes. */
  read(bytes: Buffer, start: number, end: number, out: PathValues): Undecodable | undefined {
    const at = out.load(bytes, start, end);
    const cursor = this.#cursor;
    cursor.begin(out.scratch.bytes, at, at + end - start);
    this.#values.begin(out);
    try {
      this.#step.read(cursor, this.#values);
    } catch (error) {
      if (error instanceof Undecodable) return error;
      throw error;
    }
    return cursor.at === cursor.end ? undefined : UNDECODABLE.leftOver;
  }
}

const UNITS = {
  'timestamp-millis': TIME_UNIT.ms,
  'timestamp-micros': TIME_UNIT.us,
  'timestamp-nanos': TIME_UNIT.ns,
} as const;

class Compiler {
  readonly #values: SchemaValues;
  /** Of what no path leads through. A record may contain itself, so it is made before its fields are. */
  readonly #skips = new Map<AvroType, AvroStep>();
  readonly #reads = new Map<AvroType, Map<PathNode, AvroStep>>();

  constructor(values: SchemaValues) {
    this.#values = values;
  }

  step(type: AvroType, node: PathNode | undefined): AvroStep {
    const known = node === undefined ? this.#skips.get(type) : this.#reads.get(type)?.get(node);
    return known ?? this.#make(type, node);
  }

  #keep<S extends AvroStep>(type: AvroType, node: PathNode | undefined, step: S): S {
    if (node === undefined) this.#skips.set(type, step);
    else this.#reads.set(type, (this.#reads.get(type) ?? new Map<PathNode, AvroStep>()).set(node, step));
    return step;
  }

  #make(type: AvroType, node: PathNode | undefined): AvroStep {
    const path = node?.path ?? NO_PATH;
    const isAsked = path !== NO_PATH;
    switch (type.kind) {
      case 'null':
        return SKIP_NULL;
      case 'boolean':
        return isAsked ? new PutBoolean(path) : SKIP_BOOLEAN;
      case 'int':
        return isAsked ? new PutInt(path) : SKIP_INT;
      case 'long':
        return isAsked
          ? new PutLong(path, type.timestamp === undefined ? TIME_UNIT.none : UNITS[type.timestamp])
          : SKIP_LONG;
      case 'float':
        return isAsked ? new PutFloat(path, 4) : new SkipFixed(4);
      case 'double':
        return isAsked ? new PutFloat(path, 8) : new SkipFixed(8);
      case 'string':
        return isAsked ? new PutText(path) : SKIP_LENGTH;
      case 'bytes':
        return isAsked ? new PutBytes(path, undefined, type.scale) : SKIP_LENGTH;
      case 'fixed':
        return isAsked ? new PutBytes(path, type.size, type.scale) : new SkipFixed(type.size);
      case 'enum':
        for (const symbol of isAsked ? type.symbols : []) this.#values.fitSymbol(Buffer.byteLength(symbol));
        return isAsked ? new PutEnum(path, type.symbols) : new SkipEnum(type.symbols.length);
      case 'union':
        return new ReadUnion(type.branches.map((branch) => this.step(branch, node)));
      case 'record': {
        const record = this.#keep(type, node, new ReadRecord(path));
        for (const field of type.fields) record.fields.push(this.step(field.type, node?.members.get(field.name)));
        return record;
      }
      case 'array': {
        const wanted = node === undefined ? [] : [...node.elements];
        const steps = wanted.map(([index, child]) => [index, this.step(type.items, child)] as const);
        return new ReadArray(path, new Map(steps), () => this.step(type.items, undefined));
      }
      case 'map': {
        const wanted = node === undefined ? [] : [...node.members];
        const entries = wanted.map(([key, child]) => ({
          key: Buffer.from(key),
          step: this.step(type.values, child),
          below: { paths: pathsBelow(child), countersFrom: 0, countersTo: 0 },
        }));
        return new ReadMap(path, entries, () => this.step(type.values, undefined));
      }
    }
  }
}
