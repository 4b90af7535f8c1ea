/**
 * A place in the bytes of a Protobuf message. Reads nothing past the end, and allocates nothing.
 *
 * A tag has at most five bytes, another varint ten; bits past the 64th are dropped, as every implementation does. Groups are refused.
 * Source: protobuf.dev, Encoding.
 */
import { MOST_LEVELS, UNDECODABLE } from '../schema/undecodable.ts';

export const WIRE_VARINT = 0;
export const WIRE_64 = 1;
export const WIRE_LENGTH = 2;
export const WIRE_32 = 5;

export class ProtobufCursor {
  bytes: Buffer = Buffer.alloc(0);
  at = 0;
  /** Of the message or packed list that is being read. */
  end = 0;
  /** Of the last varint or fixed number: 32 bits each, unsigned. */
  low = 0;
  high = 0;
  #levels = 0;

  begin(bytes: Buffer, at: number, end: number): void {
    this.bytes = bytes;
    this.at = at;
    this.end = end;
    this.#levels = 0;
  }

  /** Into the message that ends at `end`; returns the end of the outer one, for leave(). An entry of a map is a message. */
  enter(end: number): number {
    this.#levels += 1;
    if (this.#levels > MOST_LEVELS) throw UNDECODABLE.levels;
    return this.narrow(end);
  }

  /** Into a packed list that ends at `end`, which is no level; returns the end of what is around it. */
  narrow(end: number): number {
    const outer = this.end;
    this.end = end;
    return outer;
  }

  leave(outerEnd: number): void {
    this.#levels -= 1;
    this.end = outerEnd;
  }

  /** Field number and wire type, as they stand in one number. */
  tag(): number {
    const { bytes, end } = this;
    let tag = 0;
    for (let shift = 0; ; shift += 7) {
      if (this.at >= end) throw UNDECODABLE.cutOff;
      const byte = bytes[this.at++] as number;
      if (shift === 28 && byte > 15) throw UNDECODABLE.field;
      tag |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    tag >>>= 0;
    if (tag < 8) throw UNDECODABLE.field;
    return tag;
  }

  varint(): void {
    const { bytes, end } = this;
    let lowest = 0;
    let middle = 0;
    let top = 0;
    for (let index = 0; ; index += 1) {
      if (this.at >= end) throw UNDECODABLE.cutOff;
      if (index === 10) throw UNDECODABLE.number;
      const byte = bytes[this.at++] as number;
      if (index < 4) lowest |= (byte & 0x7f) << (7 * index);
      else if (index < 8) middle |= (byte & 0x7f) << (7 * (index - 4));
      else top |= (byte & 0x7f) << (7 * (index - 8));
      if (byte < 0x80) break;
    }
    this.low = (lowest | (middle << 28)) >>> 0;
    this.high = ((middle >>> 4) | (top << 24)) >>> 0;
  }

  fixed64(): void {
    const { bytes, at } = this;
    this.#skip(8);
    this.low = bytes.readUInt32LE(at);
    this.high = bytes.readUInt32LE(at + 4);
  }

  fixed32(): void {
    const { bytes, at } = this;
    this.#skip(4);
    this.low = bytes.readUInt32LE(at);
    this.high = 0;
  }

  /** The end of what follows, which begins with its length. */
  lengthEnd(): number {
    this.varint();
    if (this.high !== 0 || this.low > this.end - this.at) throw UNDECODABLE.cutOff;
    return this.at + this.low;
  }

  skipField(wireType: number): void {
    switch (wireType) {
      case WIRE_VARINT:
        this.varint();
        return;
      case WIRE_64:
        this.#skip(8);
        return;
      case WIRE_LENGTH:
        this.at = this.lengthEnd();
        return;
      case WIRE_32:
        this.#skip(4);
        return;
      case 3:
      case 4:
        throw UNDECODABLE.group;
      default:
        throw UNDECODABLE.field;
    }
  }

  #skip(byteLength: number): void {
    if (byteLength > this.end - this.at) throw UNDECODABLE.cutOff;
    this.at += byteLength;
  }
}
