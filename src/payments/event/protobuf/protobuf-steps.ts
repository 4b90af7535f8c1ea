/**
 * The steps of a compiled Protobuf reader: one for each field that a path leads to or through. What no path leads through is skipped by
 * its length, and nothing inside it is looked at.
 */
import type { Below, SchemaValues } from '../schema/schema-values.ts';
import type { KeyTest } from './map-keys.ts';
import { type ProtobufCursor, WIRE_LENGTH } from './protobuf-cursor.ts';
import type { ScalarReader } from './protobuf-scalars.ts';

/** The type of a field's values, with the path that ends at them or NO_PATH. */
export interface ValueStep {
  readonly wireType: number;
  /** As ScalarReader has it. */
  readonly isUnknown?: ScalarReader['isUnknown'];
  /** The cursor is behind the tag. */
  read(cursor: ProtobufCursor, out: SchemaValues): void;
  /** What stands for a value that is not there, where the schema says that it has one. */
  putDefault(out: SchemaValues): void;
}

export class ScalarStep implements ValueStep {
  readonly wireType: number;
  readonly isUnknown: ScalarReader['isUnknown'];
  readonly #path: number;
  readonly #scalar: ScalarReader;

  constructor(path: number, scalar: ScalarReader) {
    this.wireType = scalar.wireType;
    this.isUnknown = scalar.isUnknown;
    this.#path = path;
    this.#scalar = scalar;
  }

  read(cursor: ProtobufCursor, out: SchemaValues): void {
    if (this.#path >= 0) this.#scalar.put(cursor, out, this.#path);
    else cursor.skipField(this.wireType);
  }

  putDefault(out: SchemaValues): void {
    if (this.#path >= 0) this.#scalar.putDefault(out, this.#path);
  }
}

/** What a message does with one of its field numbers. */
export interface FieldStep {
  /** False: the value has another wire type, so it is an unknown field. */
  takes(wireType: number): boolean;
  read(cursor: ProtobufCursor, out: SchemaValues, wireType: number): void;
}

/** A field that is there once; of several the last counts, and messages are merged. */
export class SingularField implements FieldStep {
  readonly #value: ValueStep;
  /** The other fields of its oneof. Filled after all of them are made. */
  readonly clears: Below[] = [];

  constructor(value: ValueStep) {
    this.#value = value;
  }

  takes(wireType: number): boolean {
    return wireType === this.#value.wireType;
  }

  read(cursor: ProtobufCursor, out: SchemaValues): void {
    if (isSkipped(this.#value, cursor)) return;
    for (const below of this.clears) out.clear(below);
    this.#value.read(cursor, out);
  }
}

/** Whether the cursor moved over a value that counts as an unknown field. */
function isSkipped({ isUnknown }: ValueStep, cursor: ProtobufCursor): boolean {
  if (isUnknown === undefined) return false;
  const { at } = cursor;
  if (isUnknown(cursor)) return true;
  cursor.at = at;
  return false;
}

/** A list: packed or one by one, as the bytes have it. A list without elements is missing. */
export class RepeatedField implements FieldStep {
  readonly #path: number;
  readonly #wanted: ReadonlyMap<number, ValueStep>;
  readonly #others: ValueStep;
  readonly #wireType: number;
  readonly #counter: number;

  constructor(path: number, wanted: ReadonlyMap<number, ValueStep>, others: ValueStep, counter: number) {
    this.#path = path;
    this.#wanted = wanted;
    this.#others = others;
    this.#wireType = others.wireType;
    this.#counter = counter;
  }

  takes(wireType: number): boolean {
    return wireType === this.#wireType || wireType === WIRE_LENGTH;
  }

  read(cursor: ProtobufCursor, out: SchemaValues, wireType: number): void {
    if (wireType === this.#wireType) {
      this.#element(cursor, out);
      return;
    }
    const end = cursor.lengthEnd();
    const outer = cursor.narrow(end);
    while (cursor.at < end) this.#element(cursor, out);
    cursor.end = outer;
  }

  #element(cursor: ProtobufCursor, out: SchemaValues): void {
    if (isSkipped(this.#others, cursor)) return;
    if (this.#path >= 0) out.list(this.#path);
    const index = out.counts[this.#counter] as number;
    out.counts[this.#counter] = index + 1;
    const wanted = this.#wanted.get(index);
    if (wanted === undefined) cursor.skipField(this.#wireType);
    else wanted.read(cursor, out);
  }
}

export interface WantedEntry {
  readonly isKey: KeyTest;
  readonly value: ValueStep;
  /** What an earlier entry with the same key put. */
  readonly below: Below;
}

const KEY = 1;
const VALUE = 2;

/** A map: each entry is a message with a key and a value. Of two entries with one key the last counts. */
export class MapField implements FieldStep {
  readonly #path: number;
  readonly #wanted: readonly WantedEntry[];
  readonly #keyWireType: number;
  /** Of values that no path asks for. */
  readonly #others: ValueStep;

  constructor(path: number, wanted: readonly WantedEntry[], keyWireType: number, others: ValueStep) {
    this.#path = path;
    this.#wanted = wanted;
    this.#keyWireType = keyWireType;
    this.#others = others;
  }

  takes(wireType: number): boolean {
    return wireType === WIRE_LENGTH;
  }

  read(cursor: ProtobufCursor, out: SchemaValues): void {
    const end = cursor.lengthEnd();
    const outer = cursor.enter(end);
    const start = cursor.at;
    const valueTag = (VALUE << 3) | this.#others.wireType;
    let keyAt = -1;
    let isUnknown = false;
    while (cursor.at < end) {
      const tag = cursor.tag();
      if (tag === ((KEY << 3) | this.#keyWireType)) keyAt = cursor.at;
      // Of a closed enum without a name: the whole entry is an unknown field.
      if (tag === valueTag && isSkipped(this.#others, cursor)) isUnknown = true;
      else cursor.skipField(tag & 7);
    }
    if (!isUnknown) {
      if (this.#path >= 0) out.object(this.#path);
      const wanted = this.#find(cursor, keyAt);
      if (wanted !== undefined) this.#readValue(cursor, out, wanted, start, end);
    }
    cursor.at = end;
    cursor.leave(outer);
  }

  #find(cursor: ProtobufCursor, keyAt: number): WantedEntry | undefined {
    for (const entry of this.#wanted) {
      if (keyAt >= 0) cursor.at = keyAt;
      if (entry.isKey(keyAt >= 0 ? cursor : undefined)) return entry;
    }
    return undefined;
  }

  #readValue(cursor: ProtobufCursor, out: SchemaValues, wanted: WantedEntry, start: number, end: number): void {
    const { value, below } = wanted;
    let isThere = false;
    cursor.at = start;
    while (cursor.at < end) {
      const tag = cursor.tag();
      if (tag !== ((VALUE << 3) | value.wireType)) {
        cursor.skipField(tag & 7);
        continue;
      }
      if (!isThere) out.clear(below);
      isThere = true;
      value.read(cursor, out);
    }
    if (isThere) return;
    out.clear(below);
    value.putDefault(out);
  }
}

/** A field of a message that has a default where it is not set. */
interface Defaulted {
  readonly path: number;
  readonly value: ValueStep;
}

export class MessageStep implements ValueStep {
  readonly wireType = WIRE_LENGTH;
  readonly #path: number;
  /** Filled after the message is made: it may contain itself. */
  readonly fields = new Map<number, FieldStep>();
  readonly defaulted: Defaulted[] = [];

  constructor(path: number) {
    this.#path = path;
  }

  read(cursor: ProtobufCursor, out: SchemaValues): void {
    this.readTo(cursor, out, cursor.lengthEnd());
  }

  readTo(cursor: ProtobufCursor, out: SchemaValues, end: number): void {
    const outer = cursor.enter(end);
    if (this.#path >= 0) out.object(this.#path);
    const { fields } = this;
    while (cursor.at < end) {
      const tag = cursor.tag();
      const field = fields.get(tag >>> 3);
      const wireType = tag & 7;
      if (field?.takes(wireType)) field.read(cursor, out, wireType);
      else cursor.skipField(wireType);
    }
    this.#putDefaults(out);
    cursor.leave(outer);
  }

  putDefault(out: SchemaValues): void {
    if (this.#path >= 0) out.object(this.#path);
    this.#putDefaults(out);
  }

  #putDefaults(out: SchemaValues): void {
    for (const { path, value } of this.defaulted) if (out.isMissing(path)) value.putDefault(out);
  }
}
