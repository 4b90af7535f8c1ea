/**
 * The steps of a compiled Avro reader: one for each place in a schema. A step moves the cursor over one value; where a path ends, it
 * puts the value down. A step that no path leads through only moves.
 */
import { NO_SCALE, type TimeUnit } from '../mapped/path-values.ts';
import type { Below, SchemaValues } from '../schema/schema-values.ts';
import { UNDECODABLE } from '../schema/undecodable.ts';
import type { AvroCursor } from './avro-cursor.ts';

export interface AvroStep {
  read(cursor: AvroCursor, out: SchemaValues): void;
}

export const SKIP_NULL: AvroStep = { read: () => {} };

export const SKIP_BOOLEAN: AvroStep = {
  read(cursor) {
    if (cursor.byte() > 1) throw UNDECODABLE.boolean;
  },
};

export const SKIP_INT: AvroStep = {
  read(cursor) {
    cursor.int();
  },
};

export const SKIP_LONG: AvroStep = {
  read(cursor) {
    cursor.long();
  },
};

/** A text or bytes. */
export const SKIP_LENGTH: AvroStep = {
  read(cursor) {
    const byteLength = cursor.length();
    cursor.at += byteLength;
  },
};

export class SkipFixed implements AvroStep {
  readonly #byteLength: number;

  constructor(byteLength: number) {
    this.#byteLength = byteLength;
  }

  read(cursor: AvroCursor): void {
    cursor.skip(this.#byteLength);
  }
}

export class SkipEnum implements AvroStep {
  readonly #symbols: number;

  constructor(symbols: number) {
    this.#symbols = symbols;
  }

  read(cursor: AvroCursor): void {
    const index = cursor.int();
    if (index < 0 || index >= this.#symbols) throw UNDECODABLE.symbol;
  }
}

export class PutBoolean implements AvroStep {
  readonly #path: number;

  constructor(path: number) {
    this.#path = path;
  }

  read(cursor: AvroCursor, out: SchemaValues): void {
    const byte = cursor.byte();
    if (byte > 1) throw UNDECODABLE.boolean;
    out.boolean(this.#path, byte === 1);
  }
}

export class PutInt implements AvroStep {
  readonly #path: number;

  constructor(path: number) {
    this.#path = path;
  }

  read(cursor: AvroCursor, out: SchemaValues): void {
    const value = cursor.int();
    out.integer(this.#path, value, cursor.low, cursor.high);
  }
}

export class PutLong implements AvroStep {
  readonly #path: number;
  readonly #unit: TimeUnit;

  constructor(path: number, unit: TimeUnit) {
    this.#path = path;
    this.#unit = unit;
  }

  read(cursor: AvroCursor, out: SchemaValues): void {
    const value = cursor.long();
    out.integer(this.#path, value, cursor.low, cursor.high, this.#unit);
  }
}

export class PutFloat implements AvroStep {
  readonly #path: number;
  readonly #byteLength: number;

  constructor(path: number, byteLength: number) {
    this.#path = path;
    this.#byteLength = byteLength;
  }

  read(cursor: AvroCursor, out: SchemaValues): void {
    cursor.skip(this.#byteLength);
    out.float(this.#path);
  }
}

export class PutText implements AvroStep {
  readonly #path: number;

  constructor(path: number) {
    this.#path = path;
  }

  read(cursor: AvroCursor, out: SchemaValues): void {
    const byteLength = cursor.length();
    const start = cursor.at;
    cursor.at = start + byteLength;
    out.text(this.#path, start, cursor.at);
  }
}

/** Bytes, or a fixed of `byteLength`. `scale`: of the logical type decimal. */
export class PutBytes implements AvroStep {
  readonly #path: number;
  readonly #byteLength: number | undefined;
  readonly #scale: number;

  constructor(path: number, byteLength: number | undefined, scale: number = NO_SCALE) {
    this.#path = path;
    this.#byteLength = byteLength;
    this.#scale = scale;
  }

  read(cursor: AvroCursor, out: SchemaValues): void {
    const byteLength = this.#byteLength ?? cursor.length();
    const start = cursor.at;
    cursor.skip(byteLength);
    out.bytes(this.#path, start, cursor.at, this.#scale);
  }
}

export class PutEnum implements AvroStep {
  readonly #path: number;
  readonly #symbols: readonly Buffer[];

  constructor(path: number, symbols: readonly string[]) {
    this.#path = path;
    this.#symbols = symbols.map((symbol) => Buffer.from(symbol));
  }

  read(cursor: AvroCursor, out: SchemaValues): void {
    const symbol = this.#symbols[cursor.int()];
    if (symbol === undefined) throw UNDECODABLE.symbol;
    out.symbol(this.#path, symbol);
  }
}

export class ReadUnion implements AvroStep {
  readonly #branches: readonly AvroStep[];

  constructor(branches: readonly AvroStep[]) {
    this.#branches = branches;
  }

  read(cursor: AvroCursor, out: SchemaValues): void {
    const branch = this.#branches[cursor.long()];
    if (branch === undefined) throw UNDECODABLE.branch;
    branch.read(cursor, out);
  }
}

/** A record, the fields in order. `path`: of one that ends at the record itself, or NO_PATH. */
export class ReadRecord implements AvroStep {
  readonly #path: number;
  /** Filled after the record is made: a record may contain itself. */
  readonly fields: AvroStep[] = [];

  constructor(path: number) {
    this.#path = path;
  }

  read(cursor: AvroCursor, out: SchemaValues): void {
    cursor.enter();
    if (this.#path >= 0) out.object(this.#path);
    const { fields } = this;
    for (let index = 0; index < fields.length; index += 1) fields[index]!.read(cursor, out);
    cursor.leave();
  }
}

/**
 * A list. It comes in blocks: a count of elements, a negative one followed by the block's length in bytes, which is not trusted and
 * not used; a count of zero ends the list.
 */
export class ReadArray implements AvroStep {
  readonly #path: number;
  readonly #wanted: ReadonlyMap<number, AvroStep>;
  readonly #makeOthers: () => AvroStep;
  /** Made when it is needed: its type may contain this one. */
  #others: AvroStep | undefined;

  constructor(path: number, wanted: ReadonlyMap<number, AvroStep>, makeOthers: () => AvroStep) {
    this.#path = path;
    this.#wanted = wanted;
    this.#makeOthers = makeOthers;
  }

  read(cursor: AvroCursor, out: SchemaValues): void {
    cursor.enter();
    if (this.#path >= 0) out.list(this.#path);
    this.#others ??= this.#makeOthers();
    const others = this.#others;
    let index = 0;
    for (let count = blockCount(cursor); count !== 0; count = blockCount(cursor)) {
      for (; count > 0; count -= 1, index += 1) {
        cursor.count();
        (this.#wanted.get(index) ?? others).read(cursor, out);
      }
    }
    cursor.leave();
  }
}

interface WantedEntry {
  readonly key: Buffer;
  readonly step: AvroStep;
  /** What an earlier entry with the same key put: of two the last counts. */
  readonly below: Below;
}

/** A map, in blocks as a list. */
export class ReadMap implements AvroStep {
  readonly #path: number;
  readonly #wanted: readonly WantedEntry[];
  readonly #makeOthers: () => AvroStep;
  /** Made when it is needed: its type may contain this one. */
  #others: AvroStep | undefined;

  constructor(path: number, wanted: readonly WantedEntry[], makeOthers: () => AvroStep) {
    this.#path = path;
    this.#wanted = wanted;
    this.#makeOthers = makeOthers;
  }

  read(cursor: AvroCursor, out: SchemaValues): void {
    cursor.enter();
    if (this.#path >= 0) out.object(this.#path);
    this.#others ??= this.#makeOthers();
    const others = this.#others;
    for (let count = blockCount(cursor); count !== 0; count = blockCount(cursor)) {
      for (; count > 0; count -= 1) {
        cursor.count();
        const keyLength = cursor.length();
        const start = cursor.at;
        cursor.at += keyLength;
        const wanted = this.#find(cursor.bytes, start, cursor.at);
        if (wanted === undefined) others.read(cursor, out);
        else {
          out.clear(wanted.below);
          wanted.step.read(cursor, out);
        }
      }
    }
    cursor.leave();
  }

  #find(bytes: Buffer, start: number, end: number): WantedEntry | undefined {
    for (const entry of this.#wanted) {
      if (entry.key.length === end - start && bytes.compare(entry.key, 0, entry.key.length, start, end) === 0)
        return entry;
    }
    return undefined;
  }
}

function blockCount(cursor: AvroCursor): number {
  const count = cursor.long();
  if (count >= 0) return count;
  cursor.length();
  return -count;
}
