/**
 * A place in the bytes of an Avro value, with the bounds that hold for the whole of it. Reads nothing past the end, and allocates
 * nothing.
 *
 * Varints are at most ten bytes; a longer one, or one past 64 bits, is refused. Numbers that are not safe integers keep their exact
 * value in `low` and `high`.
 */
import { MOST_ELEMENTS, MOST_LEVELS, UNDECODABLE } from '../schema/undecodable.ts';

export class AvroCursor {
  bytes: Buffer = Buffer.alloc(0);
  at = 0;
  end = 0;
  /** Of the last long that was read: 32 bits each, unsigned. */
  low = 0;
  high = 0;
  #levels = 0;
  #elements = 0;

  begin(bytes: Buffer, at: number, end: number): void {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
    this.#levels = 0;
    this.#elements = 0;
  }

  /** Into a record, a list or a map. */
  enter(): void {
    this.#levels += 1;
    if (this.#levels > MOST_LEVELS) throw UNDECODABLE.levels;
    this.count();
  }

  leave(): void {
    this.#levels -= 1;
  }

  /** One more record, list, map, or element of one. */
  count(): void {
    this.#elements += 1;
    if (this.#elements > MOST_ELEMENTS) throw UNDECODABLE.elements;
  }

  byte(): number {
    if (this.at >= this.end) throw UNDECODABLE.cutOff;
    return this.bytes[this.at++] as number;
  }

  skip(byteLength: number): void {
    if (byteLength > this.end - this.at) throw UNDECODABLE.cutOff;
    this.at += byteLength;
  }

  /** The length of what follows: not negative, and not past the end. */
  length(): number {
    const value = this.long();
    if (value < 0) throw UNDECODABLE.length;
    if (value > this.end - this.at) throw UNDECODABLE.cutOff;
    return value;
  }

  /** A value of 32 bits. */
  int(): number {
    const value = this.long();
    if (value !== (value | 0)) throw UNDECODABLE.number;
    return value;
  }

  /** Exact if it is a safe integer, else near it; `low` and `high` are exact always. */
  long(): number {
    const { bytes, end } = this;
    let at = this.at;
    let bits = 0;
    // Four bytes hold 28 bits: plain arithmetic.
    for (let shift = 0; shift < 28; shift += 7) {
      if (at >= end) throw UNDECODABLE.cutOff;
      const byte = bytes[at++] as number;
      bits |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        this.at = at;
        const value = (bits >>> 1) ^ -(bits & 1);
        this.low = value >>> 0;
        this.high = value < 0 ? 0xffffffff : 0;
        return value;
      }
    }
    return this.#longer(at, bits);
  }

  #longer(from: number, lowest: number): number {
    const { bytes, end } = this;
    let at = from;
    let middle = 0;
    let top = 0;
    for (let index = 4; ; index += 1) {
      if (at >= end) throw UNDECODABLE.cutOff;
      const byte = bytes[at++] as number;
      // The tenth byte holds the 64th bit alone.
      if (index === 9 && byte > 1) throw UNDECODABLE.number;
      if (index < 8) middle |= (byte & 0x7f) << (7 * (index - 4));
      else top |= (byte & 0x7f) << (7 * (index - 8));
      if (byte < 0x80) break;
    }
    this.at = at;
    const low = (lowest | (middle << 28)) >>> 0;
    const high = ((middle >>> 4) | (top << 24)) >>> 0;
    // Zigzag: halved, and all bits turned where the lowest was set.
    const sign = -(low & 1);
    this.low = (((low >>> 1) | (high << 31)) ^ sign) >>> 0;
    this.high = ((high >>> 1) ^ sign) >>> 0;
    return (this.high | 0) * 0x1_0000_0000 + this.low;
  }
}
