/**
 * Puts what a reader of Avro or Protobuf finds into PathValues. The value's bytes lie in the scratch already, so texts and bytes are
 * ranges of it; digits and names of enums are written behind it.
 *
 * Invariant: a path has one place for digits and names in a value, however often the value has it. So a value that repeats a field a
 * million times needs no more room than another.
 */
import { isUtf8 } from 'node:buffer';
import {
  INTEGER_BYTES,
  NO_SCALE,
  type PathValues,
  TIME_UNIT,
  type TimeUnit,
  VALUE_KIND,
} from '../mapped/path-values.ts';
import { UNDECODABLE } from './undecodable.ts';

/** All that is below a place in a schema: what was found there is forgotten together. */
export interface Below {
  readonly paths: readonly number[];
  /** Counters [from, to). */
  readonly countersFrom: number;
  readonly countersTo: number;
}

const NO_PLACE = -1;
const ZERO = 0x30;
const MINUS = 0x2d;

export class SchemaValues {
  #out!: PathValues;
  #bytes!: Buffer;
  /** Where the digits or the name of a path are written. */
  readonly #places: Int32Array;
  #placeBytes = INTEGER_BYTES;
  /** Elements seen so far, of each list that comes in pieces. */
  readonly counts: number[] = [];

  constructor(pathCount: number) {
    this.#places = new Int32Array(pathCount);
  }

  /** Names of enums have at most this many bytes. To be called while a reader is compiled. */
  fitSymbol(byteLength: number): void {
    if (byteLength > this.#placeBytes) this.#placeBytes = byteLength;
  }

  /** The number of a new counter. To be called while a reader is compiled. */
  newCounter(): number {
    return this.counts.push(0) - 1;
  }

  /** Bytes that all digits and names of a value take at most. */
  get roomBytes(): number {
    return this.#placeBytes * this.#places.length;
  }

  begin(out: PathValues): void {
    this.#out = out;
    this.#bytes = out.scratch.bytes;
    this.#places.fill(NO_PLACE);
    this.counts.fill(0);
  }

  clear({ paths, countersFrom, countersTo }: Below): void {
    for (let index = 0; index < paths.length; index += 1) this.#out.kinds[paths[index] as number] = VALUE_KIND.missing;
    for (let counter = countersFrom; counter < countersTo; counter += 1) this.counts[counter] = 0;
  }

  isMissing(path: number): boolean {
    return this.#out.kinds[path] === VALUE_KIND.missing;
  }

  /** Throws UNDECODABLE.utf8 if the bytes of the scratch are not UTF-8. */
  text(path: number, start: number, end: number): void {
    const { view } = this.#out.scratch;
    let at = start;
    // Four bytes at a time: ASCII has no highest bit.
    while (at + 4 <= end && (view.getInt32(at, true) & 0x80808080) === 0) at += 4;
    while (at < end && view.getUint8(at) < 0x80) at += 1;
    if (at < end && !isUtf8(this.#bytes.subarray(at, end))) throw UNDECODABLE.utf8;
    this.#out.setRange(path, VALUE_KIND.text, start, end);
  }

  emptyText(path: number): void {
    this.#out.setRange(path, VALUE_KIND.text, this.#out.end, this.#out.end);
  }

  bytes(path: number, start: number, end: number, scale: number): void {
    this.#out.setBytes(path, start, end, scale);
  }

  emptyBytes(path: number): void {
    this.#out.setBytes(path, this.#out.end, this.#out.end, NO_SCALE);
  }

  /** The name of an enum's value. */
  symbol(path: number, name: Buffer): void {
    const at = this.#place(path);
    for (let index = 0; index < name.length; index += 1) this.#bytes[at + index] = name[index] as number;
    this.#out.setRange(path, VALUE_KIND.text, at, at + name.length);
  }

  /** `value` if that is a safe integer, otherwise the two's complement of 64 bits. */
  integer(path: number, value: number, low: number, high: number, unit: TimeUnit = TIME_UNIT.none): void {
    if (Number.isSafeInteger(value)) this.#digits(path, value);
    else this.#large(path, BigInt.asIntN(64, (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0)));
    this.#out.timeUnits[path] = unit;
  }

  /** 64 bits without a sign. */
  unsigned(path: number, low: number, high: number): void {
    const value = high * 0x1_0000_0000 + low;
    if (Number.isSafeInteger(value)) this.#digits(path, value);
    else this.#large(path, (BigInt(high) << 32n) | BigInt(low));
    this.#out.timeUnits[path] = TIME_UNIT.none;
  }

  boolean(path: number, value: boolean): void {
    this.#out.setKind(path, value ? VALUE_KIND.true : VALUE_KIND.false);
  }

  float(path: number): void {
    this.#out.setKind(path, VALUE_KIND.float);
  }

  object(path: number): void {
    this.#out.setKind(path, VALUE_KIND.object);
  }

  list(path: number): void {
    this.#out.setKind(path, VALUE_KIND.list);
  }

  #place(path: number): number {
    let at = this.#places[path] as number;
    if (at === NO_PLACE) {
      at = this.#out.take(this.#placeBytes);
      this.#places[path] = at;
    }
    return at;
  }

  #digits(path: number, value: number): void {
    const place = this.#place(path);
    const bytes = this.#bytes;
    // From the last digit; a number of over 31 bits in two parts, of which each is a fast division.
    let at = place + INTEGER_BYTES;
    const end = at;
    let rest = Math.abs(value);
    while (rest > 0x7fffffff) {
      const upper = Math.floor(rest / 100_000_000);
      let part = (rest - upper * 100_000_000) | 0;
      for (let digit = 0; digit < 8; digit += 1) {
        const next = (part / 10) | 0;
        bytes[--at] = ZERO + part - next * 10;
        part = next;
      }
      rest = upper;
    }
    let part = rest | 0;
    do {
      const next = (part / 10) | 0;
      bytes[--at] = ZERO + part - next * 10;
      part = next;
    } while (part > 0);
    if (value < 0) bytes[--at] = MINUS;
    this.#out.setRange(path, VALUE_KIND.integer, at, end);
  }

  #large(path: number, value: bigint): void {
    const digits = String(value);
    const at = this.#place(path);
    this.#bytes.write(digits, at, 'latin1');
    this.#out.setRange(path, VALUE_KIND.integer, at, at + digits.length);
  }
}
