/**
 * A batch's unpacked bytes, one piece at a time: memory holds one piece, for any unpacked size. Bytes are taken or
 * skipped in order.
 */
import { memoryToUnpack, type Unpacking, unpackInPieces } from './codecs.ts';

/**
 * Maximum unpacked size of one batch: 1 MiB of zstd, a broker's default limit, unpacks to 32 GiB at most. Anything
 * larger would take hours.
 */
export const MAX_UNPACKED_BYTES = 64 * 1024 ** 3;

const EMPTY: Buffer = Buffer.alloc(0);

export class Pieces {
  readonly #codecId: number;
  readonly #maxBytes: number;
  readonly #memoryBytes: number;
  /** The bytes that were not unpacked before the present frame. */
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

  /** Whether a byte is available without waiting. */
  get isReady(): boolean {
    return this.#at < this.#piece.length;
  }

  /** The available bytes, from `at` on: read them, then call moveTo(). */
  get piece(): Buffer {
    return this.#piece;
  }

  /** Position of the next byte in the piece. */
  get at(): number {
    return this.#at;
  }

  /** The piece was used up to here. */
  moveTo(at: number): void {
    this.#at = at;
  }

  /**
   * Whether everything was taken. Rejects with the library's error if the packed bytes are broken, or continue behind
   * their end.
   */
  async isOver(): Promise<boolean> {
    while (this.#at === this.#piece.length) if (!(await this.#next())) return true;
    return false;
  }

  /** Exactly this many bytes; copied if they come from several pieces. */
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

  /** Skips this many bytes, and shows them to `onPart`. */
  async skip(byteLength: number, onPart: (part: Buffer) => void = () => {}): Promise<void> {
    for (let left = byteLength; left > 0; ) {
      if (await this.isOver()) throw new RangeError(`the records end ${left} bytes too early`);
      const part = this.#piece.subarray(this.#at, this.#at + left);
      this.#at += part.length;
      left -= part.length;
      onPart(part);
    }
  }

  /** Ends it at any time, also while a read waits for a piece. Idempotent. */
  close(): void {
    this.#unpacking.close();
    this.#piece = EMPTY;
    this.#at = 0;
  }

  async #next(): Promise<boolean> {
    let { done, value } = await this.#unpacking.pieces.next();
    while (done === true) {
      // Node stops at the end of a frame; another frame may follow, and nothing else.
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
      throw new RangeError(`it unpacks to more than ${this.#maxBytes} bytes, the limit for one batch`);
    return true;
  }
}
