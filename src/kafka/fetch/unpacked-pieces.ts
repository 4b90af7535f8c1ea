/**
 * A batch's unpacked bytes, a piece at a time: memory holds one piece, whatever the batch unpacks to. Bytes are taken or
 * skipped in the order in which they come.
 */
import { memoryToUnpack, type Unpacking, unpackInPieces } from './codecs.ts';

/**
 * Most bytes that one batch may unpack to: 1 MiB of zstd, what brokers take by default, unpacks to 32 GiB at most. Beyond it
 * unpacking would only end after hours.
 */
export const MAX_UNPACKED_BYTES = 64 * 1024 ** 3;

const EMPTY: Buffer = Buffer.alloc(0);

export class Pieces {
  readonly #codecId: number;
  readonly #maxBytes: number;
  readonly #memoryBytes: number;
  /** What was not unpacked before the present frame. */
  #packed: Buffer;
  #unpacking: Unpacking;
  #piece = EMPTY;
  #at = 0;
  /** Of all pieces before the present one. */
  #before = 0;

  constructor(codecId: number, packed: Buffer, maxBytes = MAX_UNPACKED_BYTES) {
    this.#codecId = codecId;
    this.#packed = packed;
    this.#maxBytes = maxBytes;
    this.#memoryBytes = memoryToUnpack(codecId, packed);
    this.#unpacking = unpackInPieces(codecId, packed, this.#memoryBytes);
  }

  /** Bytes taken and skipped so far. */
  get position(): number {
    return this.#before + this.#at;
  }

  /** Whether a byte is here without waiting. */
  get isReady(): boolean {
    return this.#at < this.#piece.length;
  }

  /** The bytes that are here, from `at` on: look at them, then moveTo(). */
  get piece(): Buffer {
    return this.#piece;
  }

  /** Where in the piece the next byte is. */
  get at(): number {
    return this.#at;
  }

  /** The piece is done with up to here. */
  moveTo(at: number): void {
    this.#at = at;
  }

  /** Whether all was taken. Rejects with the library's error where the packed bytes are broken, or go on behind their end. */
  async isOver(): Promise<boolean> {
    while (this.#at === this.#piece.length) if (!(await this.#next())) return true;
    return false;
  }

  /** Exactly so many bytes, in memory of their own where they come in several pieces. */
  async take(byteLength: number): Promise<Buffer> {
    if (this.#piece.length - this.#at >= byteLength) {
      const bytes = this.#piece.subarray(this.#at, this.#at + byteLength);
      this.#at += byteLength;
      return bytes;
    }
    const parts: Buffer[] = [];
    await this.skip(byteLength, (part) => parts.push(part));
    return Buffer.concat(parts, byteLength);
  }

  /** Past so many bytes, showing them. */
  async skip(byteLength: number, onPart: (part: Buffer) => void = () => {}): Promise<void> {
    for (let left = byteLength; left > 0; ) {
      if (await this.isOver()) throw new RangeError(`the records end ${left} bytes too early`);
      const part = this.#piece.subarray(this.#at, this.#at + left);
      this.#at += part.length;
      left -= part.length;
      onPart(part);
    }
  }

  /** Ends it, at any time, also while a piece is waited for. Idempotent. */
  close(): void {
    this.#unpacking.close();
    this.#piece = EMPTY;
    this.#at = 0;
  }

  async #next(): Promise<boolean> {
    let { done, value } = await this.#unpacking.pieces.next();
    while (done === true) {
      // Node ends at the end of a frame, whatever follows: another one may, and nothing else.
      const left = this.#packed.subarray(this.#unpacking.bytesUsed);
      if (left.length === 0) return false;
      if (left.length === this.#packed.length) throw new RangeError(`${left.length} packed bytes are left over`);
      this.#packed = left;
      this.#unpacking = unpackInPieces(this.#codecId, left, this.#memoryBytes);
      ({ done, value } = await this.#unpacking.pieces.next());
    }
    this.#before += this.#piece.length;
    this.#piece = value;
    this.#at = 0;
    if (this.#before + value.length > this.#maxBytes)
      throw new RangeError(
        `it unpacks to more than ${this.#maxBytes} bytes, which is as much as is unpacked of one batch`,
      );
    return true;
  }
}
