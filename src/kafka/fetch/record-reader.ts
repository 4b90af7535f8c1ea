/**
 * Iterates over the records in a batch's unpacked bytes, and gives the place of each key and value. It reads every
 * record to its end, headers included: a record that does not end where it claims to is broken.
 */
import { NULL_AT } from '../../payments/event/packed-record.ts';

/** Maximum bytes of a 32-bit and of a 64-bit varint. */
export const MOST_VARINT_BYTES = 5;
export const MOST_VARLONG_BYTES = 10;
const MAX_INT32 = 0x7fffffff;

/** The next record, after next(). */
export class RecordReader {
  readonly bytes: Buffer;
  /** Start of the next record. */
  at: number;
  timestampDelta = 0;
  offsetDelta = 0;
  /** [start, end) in `bytes`; NULL_AT: there is none. */
  keyStart = NULL_AT;
  keyEnd = 0;
  valueStart = NULL_AT;
  valueEnd = 0;
  #end = 0;

  constructor(bytes: Buffer, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  /** Throws RangeError if the bytes are not a record, and then does not move. */
  next(): void {
    const start = this.at;
    try {
      this.#next();
    } catch (error) {
      this.at = start;
      throw error;
    }
  }

  /** Walks over headers that take all of the bytes. Throws RangeError if they are none. */
  readHeaders(): void {
    this.#end = this.bytes.length;
    this.#skipHeaders();
    if (this.at !== this.#end)
      throw new RangeError(`a record ends ${this.#end - this.at} bytes before the end that it claims`);
  }

  /** Bytes of the next record, its length included; undefined if not all of them are here. Throws as next() does. */
  peekLength(): number | undefined {
    const { bytes, at } = this;
    if (bytes.length - at < MOST_VARINT_BYTES && !endsWithin(bytes, at)) return undefined;
    const length = readVarint(bytes, at, MOST_VARINT_BYTES);
    return at + length.bytes + length.value > bytes.length ? undefined : length.bytes + length.value;
  }

  #next(): void {
    const length = this.#varint(MOST_VARINT_BYTES, this.bytes.length);
    const end = this.at + length;
    if (length < 0 || end > this.bytes.length)
      throw new RangeError(`a record claims ${length} bytes, and ${this.bytes.length - this.at} are left`);
    this.#end = end;
    this.at += 1; // attributes, which no version uses
    this.timestampDelta = this.#varint(MOST_VARLONG_BYTES, end);
    this.offsetDelta = this.#varint(MOST_VARINT_BYTES, end);
    this.keyStart = this.#skipBytes();
    this.keyEnd = this.at;
    this.valueStart = this.#skipBytes();
    this.valueEnd = this.at;
    this.#skipHeaders();
    if (this.at !== end) throw new RangeError(`a record ends ${end - this.at} bytes before the end that it claims`);
  }

  #skipHeaders(): void {
    const count = this.#varint(MOST_VARINT_BYTES, this.#end);
    if (count < 0) throw new RangeError(`a record claims ${count} headers`);
    for (let left = count; left > 0; left -= 1) {
      if (this.#skipBytes() === NULL_AT) throw new RangeError('a header without a name');
      this.#skipBytes();
    }
  }

  /** Skips a length and its bytes; returns their start, or NULL_AT for length -1. */
  #skipBytes(): number {
    const length = this.#varint(MOST_VARINT_BYTES, this.#end);
    if (length === -1) return NULL_AT;
    const start = this.at;
    if (length < 0 || start + length > this.#end)
      throw new RangeError(`a key, value or header claims ${length} bytes, and ${this.#end - start} are left`);
    this.at = start + length;
    return start;
  }

  /** Zigzag, before `end`. Most take one byte: deltas, and the lengths of keys. */
  #varint(mostBytes: number, end: number): number {
    const first = this.bytes[this.at];
    if (first !== undefined && first < 0x80 && this.at < end) {
      this.at += 1;
      return (first >>> 1) ^ -(first & 1);
    }
    const { value, bytes } = readVarint(this.bytes, this.at, mostBytes, end);
    this.at += bytes;
    return value;
  }
}

/** Whether a varint that begins at `at` ends within the bytes. */
function endsWithin(bytes: Buffer, at: number): boolean {
  for (let i = at; i < bytes.length; i += 1) if (bytes[i]! < 0x80) return true;
  return false;
}

/**
 * A zigzag varint at `at`, and its number of bytes. Exact up to 53 bits, rounded beyond, like a Number of a 64-bit
 * value. Throws RangeError if it does not end before `end` or within `mostBytes`, or has more than 32 bits where that
 * is not allowed.
 */
export function readVarint(
  source: Buffer,
  at: number,
  mostBytes: number,
  end = source.length,
): { readonly value: number; readonly bytes: number } {
  let value = 0;
  let scale = 1;
  for (let bytes = 1; bytes <= mostBytes; bytes += 1) {
    const byte = at + bytes <= end ? source[at + bytes - 1] : undefined;
    if (byte === undefined) throw new RangeError('a number runs past the end of its record');
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) {
      const signed = value % 2 === 0 ? value / 2 : -(value + 1) / 2;
      if (mostBytes === MOST_VARINT_BYTES && (signed > MAX_INT32 || signed < -MAX_INT32 - 1))
        throw new RangeError('a number of more than 32 bits');
      return { value: signed, bytes };
    }
    scale *= 128;
  }
  throw new RangeError(`a number of more than ${mostBytes} bytes`);
}
