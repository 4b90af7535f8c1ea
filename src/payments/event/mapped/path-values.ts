/**
 * What the paths of a mapping found in one record: for each path a kind, and its bytes in a scratch. Readers of values (value-reader.ts)
 * fill it, and judge.ts makes a payment of it. One is used again and again: nothing is allocated for a record.
 *
 * Invariants:
 * - Texts are UTF-8 without escapes, numbers are the source text of JSON's grammar, integers are canonical decimal digits with an
 *   optional minus.
 * - Texts may share bytes of the scratch. Nothing changes bytes that were set: what is made of them is put behind `end`.
 */

import type { ByteScratch } from '../../../base/memory/text-key.ts';

export const VALUE_KIND = {
  /** Not there, or null. */
  missing: 0,
  /** There, but no Unicode: a JSON text with a lone surrogate, a key or a header that is not UTF-8. It has no bytes. */
  invalid: 1,
  text: 2,
  /** A number of JSON: its source text. */
  number: 3,
  /** A whole number of Avro or Protobuf, or the record's time: its decimal digits. */
  integer: 4,
  /** A float or double of Avro or Protobuf. It has no bytes. */
  float: 5,
  /** Bytes or fixed of Avro, bytes of Protobuf. */
  bytes: 6,
  true: 7,
  false: 8,
  /** An object, record, message or map. It has no bytes. */
  object: 9,
  /** An array or a repeated field. It has no bytes. */
  list: 10,
} as const;
export type ValueKind = (typeof VALUE_KIND)[keyof typeof VALUE_KIND];

/** In `scales`: the schema says no scale. */
export const NO_SCALE = -1;

/** In `timeUnits`: what the schema says of an integer that is a time. JSON says nothing. */
export const TIME_UNIT = { none: 0, ms: 1, us: 2, ns: 3 } as const;
export type TimeUnit = (typeof TIME_UNIT)[keyof typeof TIME_UNIT];

/** Bytes behind each value that is loaded, zeros: a scanner needs no check for the end, and words may be read past it. */
export const GAP_BYTES = 4;
/** Digits of any integer of 64 bits, with its sign. */
export const INTEGER_BYTES = 20;

export class PathValues {
  /** By the numbers of the mapping's paths; so are all the others. */
  readonly kinds: Uint8Array;
  /** The bytes of a value are [start, end) of the scratch. */
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Of bytes: the scale of the schema's decimal, or NO_SCALE. */
  readonly scales: Int16Array;
  /** Of integers: a number of TIME_UNIT. */
  readonly timeUnits: Uint8Array;
  /** The source text of any value of a JSON record that is there, quotes included, is [start, end) of `source`. */
  source: Buffer = Buffer.alloc(0);
  readonly sourceStarts: Int32Array;
  readonly sourceEnds: Int32Array;
  scratch: ByteScratch;
  /** The first free byte of the scratch. */
  end = 0;

  constructor(pathCount: number, scratch: ByteScratch) {
    this.kinds = new Uint8Array(pathCount);
    this.starts = new Int32Array(pathCount);
    this.ends = new Int32Array(pathCount);
    this.scales = new Int16Array(pathCount).fill(NO_SCALE);
    this.timeUnits = new Uint8Array(pathCount);
    this.sourceStarts = new Int32Array(pathCount);
    this.sourceEnds = new Int32Array(pathCount);
    this.scratch = scratch;
  }

  /** Forgets all values. What comes is put at and past `at` of the scratch. */
  begin(scratch: ByteScratch, at: number): void {
    this.scratch = scratch;
    this.end = at;
    // Faster than fill() for the few that there are.
    for (let path = 0; path < this.kinds.length; path += 1) this.kinds[path] = VALUE_KIND.missing;
  }

  /** Copies [start, end) of the bytes to the scratch with zeros behind, and returns where they begin there. */
  load(bytes: Buffer, start: number, end: number): number {
    const at = this.#take(end - start + GAP_BYTES);
    bytes.copy(this.scratch.bytes, at, start, end);
    this.scratch.view.setInt32(this.end - GAP_BYTES, 0, true);
    return at;
  }

  /** A value whose bytes are in the scratch. */
  setRange(path: number, kind: ValueKind, start: number, end: number): void {
    this.kinds[path] = kind;
    this.starts[path] = start;
    this.ends[path] = end;
  }

  /** A value without bytes. */
  setKind(path: number, kind: ValueKind): void {
    this.kinds[path] = kind;
  }

  /** A value whose bytes are elsewhere: they are copied. */
  put(path: number, kind: ValueKind, bytes: Buffer, start: number, end: number): void {
    const at = this.#take(end - start);
    bytes.copy(this.scratch.bytes, at, start, end);
    this.setRange(path, kind, at, this.end);
  }

  /** A text as a string: `invalid` if it is not well-formed. */
  putText(path: number, text: string): void {
    if (!text.isWellFormed()) {
      this.setKind(path, VALUE_KIND.invalid);
      return;
    }
    const at = this.#take(Buffer.byteLength(text));
    this.scratch.bytes.write(text, at, 'utf8');
    this.setRange(path, VALUE_KIND.text, at, this.end);
  }

  /** A whole number of a schema, and the unit of time that its schema says. */
  putInteger(path: number, value: number | bigint, unit: TimeUnit = TIME_UNIT.none): void {
    const digits = String(value);
    const at = this.#take(digits.length);
    this.scratch.bytes.write(digits, at, 'latin1');
    this.setRange(path, VALUE_KIND.integer, at, this.end);
    this.timeUnits[path] = unit;
  }

  /** Bytes that are in the scratch, and the scale that their schema says. */
  setBytes(path: number, start: number, end: number, scale: number = NO_SCALE): void {
    this.setRange(path, VALUE_KIND.bytes, start, end);
    this.scales[path] = scale;
  }

  /** Room for what is made of values. Throws RangeError if the scratch has less: roomFor() says what a record needs. */
  take(byteLength: number): number {
    return this.#take(byteLength);
  }

  #take(byteLength: number): number {
    const at = this.end;
    if (at + byteLength > this.scratch.capacity) throw new RangeError('the scratch of a record is too small');
    this.end = at + byteLength;
    return at;
  }
}
