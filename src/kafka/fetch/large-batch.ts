/**
 * The records of a batch with a large unpacked size, read while it is unpacked. Memory holds one piece of it, the
 * decompressor's window and the records that were not handed on yet, for any unpacked size. Reading can stop at any
 * record and resume there later. Of a record too large to be held only the beginnings of key and value and its headers
 * stay; its hash and its fingerprint are computed on the way.
 */
import { RecordDigest } from '../../payments/event/hash.ts';
import { PackedRecord } from '../../payments/event/packed-record.ts';
import { lastHeader, MAX_HEADER_BYTES } from '../../payments/event/record-headers.ts';
import { MAX_VALUE_BYTES } from '../../payments/event/validation.ts';
import type { LogRecord } from '../../payments/types.ts';
import { type BatchPlace, codecOf, countOf, HEADER_BYTES, timesOf } from './batch-scan.ts';
import { memoryToUnpack } from './codecs.ts';
import { MOST_VARINT_BYTES, MOST_VARLONG_BYTES, RecordReader, readVarint } from './record-reader.ts';
import { Pieces } from './unpacked-pieces.ts';

/** A record up to this size is held whole. */
const HELD_RECORD_BYTES = 2 * MAX_VALUE_BYTES;
const HELD_KEY_BYTES = 64 * 1024;
/** Kept of a longer key: one byte more than any key that is read as a text (docs/reference/rules-file.md). */
const KEY_HEAD_BYTES = HELD_KEY_BYTES + 1;
/** Kept of a value that is not held: the part for its row, and as much again for masking. */
const VALUE_HEAD_BYTES = 128 * 1024;
const NO_BYTES: Buffer = Buffer.alloc(0);
/** Memory of a record beyond its bytes. */
export const RECORD_OVERHEAD_BYTES = 128;

/** When to pause. */
export interface ChunkLimits {
  readonly maxBytes: number;
  readonly maxRecords: number;
}

export class LargeBatch {
  readonly #packed: Buffer;
  readonly #codecId: number;
  readonly #from: number;
  readonly #baseOffset: number;
  readonly #times: ReturnType<typeof timesOf>;
  readonly #count: number;
  readonly #maxUnpackedBytes: number | undefined;
  #pieces: Pieces | undefined;
  /** Of the present piece. */
  #reader = new RecordReader(Buffer.alloc(0));
  /** Of the next record. */
  #index = 0;
  /** Memory that the last record keeps: all of its bytes, or the beginnings of its key and value. */
  #lastHeldBytes = 0;
  #heldBytes = 0;

  /** `maxUnpackedBytes` is for tests. */
  constructor(bytes: Buffer, place: BatchPlace, from: number, maxUnpackedBytes?: number) {
    this.#packed = bytes.subarray(place.at + HEADER_BYTES, place.end);
    this.#codecId = codecOf(bytes, place);
    this.#from = from;
    this.#baseOffset = place.baseOffset;
    this.#times = timesOf(bytes, place);
    this.#count = countOf(bytes, place);
    this.#maxUnpackedBytes = maxUnpackedBytes;
  }

  /** Maximum memory while it is read, without records. */
  get memoryBytes(): number {
    return memoryToUnpack(this.#codecId, this.#packed);
  }

  /** Every record below it was handed on. */
  get nextOffset(): number {
    return this.#baseOffset + this.#index;
  }

  /** Bytes held by the records that were handed on since the last call. */
  takeHeldBytes(): number {
    const heldBytes = this.#heldBytes;
    this.#heldBytes = 0;
    return heldBytes;
  }

  /**
   * Appends the next records to `into`. Done when nextOffset is past the batch. Rejects at broken bytes; what was
   * appended until then, and nextOffset, stay valid.
   */
  async read({ maxBytes, maxRecords }: ChunkLimits, into: LogRecord[]): Promise<void> {
    this.#pieces ??= new Pieces(this.#codecId, this.#packed, this.#maxUnpackedBytes);
    const pieces = this.#pieces;
    const startLength = into.length;
    const isFull = (): boolean => {
      const records = into.length - startLength;
      return records >= maxRecords || this.#heldBytes + records * RECORD_OVERHEAD_BYTES >= maxBytes;
    };
    while (this.#index < this.#count && !isFull()) {
      if (!pieces.isReady && (await pieces.isOver()))
        throw new RangeError(`the records end after ${this.#index} of ${this.#count}`);
      const record = this.#ofPiece(pieces) ?? (await this.#acrossPieces(pieces));
      // The last record counts only if nothing follows it.
      if (this.#index === this.#count - 1 && !(await pieces.isOver()))
        throw new RangeError(`bytes are left behind its ${this.#count} records`);
      this.#index += 1;
      if (record.offset < this.#from) continue;
      into.push(record);
      this.#heldBytes += this.#lastHeldBytes;
    }
  }

  /** Idempotent; a waiting read rejects. */
  close(): void {
    this.#pieces?.close();
  }

  /** A record that is wholly in the present piece. */
  #ofPiece(pieces: Pieces): LogRecord | undefined {
    if (this.#reader.bytes !== pieces.piece) this.#reader = new RecordReader(pieces.piece);
    const reader = this.#reader;
    reader.at = pieces.at;
    if (reader.peekLength() === undefined) return undefined;
    const record = this.#packedRecord(reader);
    pieces.moveTo(reader.at);
    return record;
  }

  #packedRecord(reader: RecordReader): LogRecord {
    const start = reader.at;
    reader.next();
    this.#lastHeldBytes = reader.at - start;
    const offset = this.#offsetOf(reader.offsetDelta);
    const { bytes, keyStart, keyEnd, valueStart, valueEnd } = reader;
    return new PackedRecord(offset, this.#timeOf(reader.timestampDelta), bytes, keyStart, keyEnd, valueStart, valueEnd);
  }

  async #acrossPieces(pieces: Pieces): Promise<LogRecord> {
    const length = await varint(pieces, MOST_VARINT_BYTES);
    if (length.value < 0) throw new RangeError(`a record claims ${length.value} bytes`);
    if (length.value > HELD_RECORD_BYTES) return this.#inPieces(pieces, length.value);
    const content = await pieces.take(length.value);
    return this.#packedRecord(new RecordReader(Buffer.concat([length.bytes, content])));
  }

  async #inPieces(pieces: Pieces, byteLength: number): Promise<LogRecord> {
    const within = new WithinRecord(pieces, byteLength);
    await within.skip(1); // attributes, which no version uses
    const timestampMs = this.#timeOf(await within.varint(MOST_VARLONG_BYTES));
    const offset = this.#offsetOf(await within.varint(MOST_VARINT_BYTES));
    const keyLength = await within.length();
    let key: Buffer | null = null;
    let digest: RecordDigest | undefined;
    if (keyLength !== null && keyLength > HELD_KEY_BYTES) {
      // The value's length is hashed before the key, but follows it.
      const valueLength = await this.#lengthAt(pieces.position + keyLength);
      digest = new RecordDigest(offset, timestampMs, keyLength, valueLength);
      const head = new Head(KEY_HEAD_BYTES);
      await within.skip(keyLength, (part) => {
        digest?.addKey(part);
        head.add(part);
      });
      key = head.bytes();
    } else if (keyLength !== null) key = await within.copy(keyLength);
    const valueLength = await within.length();
    if (digest === undefined) {
      digest = new RecordDigest(offset, timestampMs, keyLength, valueLength);
      if (key !== null) digest.addKey(key);
    }
    const head = new Head(valueLength !== null && valueLength > MAX_VALUE_BYTES ? VALUE_HEAD_BYTES : MAX_VALUE_BYTES);
    await within.skip(valueLength ?? 0, (part) => {
      digest.addValue(part);
      head.add(part);
    });
    const headers = await within.headers();
    const value = valueLength === null ? null : head.bytes();
    this.#lastHeldBytes = (key?.length ?? 0) + (value?.length ?? 0) + headers.length;
    const header = (name: string): Buffer | null => lastHeader(headers, 0, name);
    return { offset, timestampMs, key, value, oversized: digest.finish(), header };
  }

  /** The length at a later position, by a second pass over the batch from its beginning. */
  async #lengthAt(position: number): Promise<number | null> {
    const ahead = new Pieces(this.#codecId, this.#packed, this.#maxUnpackedBytes);
    try {
      await ahead.skip(position);
      const { value } = await varint(ahead, MOST_VARINT_BYTES);
      return value < 0 ? null : value;
    } finally {
      ahead.close();
    }
  }

  #offsetOf(delta: number): number {
    if (delta !== this.#index) throw new RangeError(`record ${this.#index} claims to be record ${delta}`);
    return this.#baseOffset + delta;
  }

  #timeOf(delta: number): number {
    return this.#times.appendTimeMs ?? this.#times.baseMs + delta;
  }
}

/** A record that is read in pieces: no field may pass its end, and nothing may be left over. */
class WithinRecord {
  readonly #pieces: Pieces;
  #left: number;

  constructor(pieces: Pieces, byteLength: number) {
    this.#pieces = pieces;
    this.#left = byteLength;
  }

  async varint(mostBytes: number): Promise<number> {
    const { value, bytes } = await varint(this.#pieces, mostBytes);
    this.#uses(bytes.length);
    return value;
  }

  /** Of a key, a value or a header; null if there is none. */
  async length(): Promise<number | null> {
    const length = await this.varint(MOST_VARINT_BYTES);
    if (length === -1) return null;
    if (length < 0 || length > this.#left)
      throw new RangeError(`a key, value or header claims ${length} bytes, and ${this.#left} are left`);
    return length;
  }

  async skip(byteLength: number, onPart?: (part: Buffer) => void): Promise<void> {
    this.#uses(byteLength);
    await this.#pieces.skip(byteLength, onPart);
  }

  async copy(byteLength: number): Promise<Buffer> {
    this.#uses(byteLength);
    return Buffer.from(await this.#pieces.take(byteLength));
  }

  /** The headers' bytes, if there are no more than a record may keep; else none. */
  async headers(): Promise<Buffer> {
    if (this.#left > MAX_HEADER_BYTES) {
      await this.#walkHeaders();
      return NO_BYTES;
    }
    const bytes = await this.copy(this.#left);
    new RecordReader(bytes).readHeaders();
    return bytes;
  }

  async #walkHeaders(): Promise<void> {
    const count = await this.varint(MOST_VARINT_BYTES);
    if (count < 0) throw new RangeError(`a record claims ${count} headers`);
    for (let left = count; left > 0; left -= 1) {
      left -= this.#shortHeaders(left - 1);
      const nameLength = await this.length();
      if (nameLength === null) throw new RangeError('a header without a name');
      await this.skip(nameLength);
      await this.skip((await this.length()) ?? 0);
    }
    if (this.#left > 0) throw new RangeError(`a record ends ${this.#left} bytes before the end that it claims`);
  }

  /**
   * Skips headers of short names and values that are in the present piece, at most this many, without waiting; returns
   * their number.
   */
  #shortHeaders(most: number): number {
    const { piece, at: start } = this.#pieces;
    const end = Math.min(piece.length, start + this.#left);
    let at = start;
    let count = 0;
    while (count < most) {
      const nameLength = piece[at] ?? 0x80;
      // Lengths are zigzag: even numbers below 128 are those from 0 to 63, and 1 means that there is no value.
      if (nameLength >= 0x80 || (nameLength & 1) !== 0) break;
      const valueAt = at + 1 + nameLength / 2;
      const valueLength = piece[valueAt] ?? 0x80;
      if (valueLength >= 0x80 || ((valueLength & 1) !== 0 && valueLength !== 1)) break;
      const next = valueAt + 1 + (valueLength >>> 1);
      if (next > end) break;
      at = next;
      count += 1;
    }
    this.#left -= at - start;
    this.#pieces.moveTo(at);
    return count;
  }

  #uses(byteLength: number): void {
    if (byteLength > this.#left) throw new RangeError('a number runs past the end of its record');
    this.#left -= byteLength;
  }
}

/** The first bytes of data that comes in parts. */
class Head {
  readonly #maxBytes: number;
  readonly #parts: Buffer[] = [];
  #byteLength = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  add(part: Buffer): void {
    const kept = part.subarray(0, this.#maxBytes - this.#byteLength);
    if (kept.length === 0) return;
    this.#parts.push(kept);
    this.#byteLength += kept.length;
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts, this.#byteLength);
  }
}

async function varint(pieces: Pieces, mostBytes: number): Promise<{ readonly value: number; readonly bytes: Buffer }> {
  const bytes: number[] = [];
  do {
    const byte = (await pieces.take(1))[0]!;
    bytes.push(byte);
  } while (bytes.at(-1)! >= 0x80 && bytes.length < mostBytes);
  const all = Buffer.from(bytes);
  return { value: readVarint(all, 0, mostBytes).value, bytes: all };
}
