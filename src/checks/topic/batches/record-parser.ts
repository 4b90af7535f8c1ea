/**
 * Records out of the unpacked body of a batch, which may come in pieces. Memory: one piece, a record of a MiB at most, and
 * of a larger one its head; of that, hashes go over all of it.
 *
 * Invariant: records are handed out up to the first that breaks a rule, and the last one only by end(), once the body was
 * used to its last byte. Their offsets ascend within the batch, and there are as many as its header says.
 */
import { isUtf8 } from 'node:buffer';
import type { TopicHeader, TopicRecord } from '../../inputs/verify-inputs.ts';
import { DamagedBytesError } from '../errors.ts';
import { APPEND_TIME, type Batch } from './batch.ts';
import { LargeRecord } from './large-record.ts';
import { zigzag64 } from './zigzag.ts';

/** A longer record is taken a piece at a time. */
const WHOLE_RECORD_MAX_BYTES = 1024 * 1024;

const NOTHING = Buffer.alloc(0);
const NO_HEADERS: readonly TopicHeader[] = [];

export class RecordParser {
  readonly #batch: Batch;
  readonly #appendTimeMs: number | undefined;
  readonly #baseTimestampMs: number;
  readonly #lastDelta: number;
  #rest: Buffer = NOTHING;
  #large: LargeRecord | undefined;
  /** The last record that the header announces: whether it is one shows by what comes behind it. */
  #last: TopicRecord | undefined;
  #found = 0;
  #previousDelta = -1;
  // Where reading is, in the piece at hand.
  #bytes: Buffer = NOTHING;
  #at = 0;
  #end = 0;

  constructor(batch: Batch) {
    this.#batch = batch;
    this.#appendTimeMs = (batch.attributes & APPEND_TIME) === 0 ? undefined : Number(batch.maxTimestampMs);
    this.#baseTimestampMs = Number(batch.baseTimestampMs);
    this.#lastDelta = batch.lastOffset - batch.baseOffset;
    this.nextOffset = batch.baseOffset;
  }

  /** One past the last record that was handed out; the batch's first offset before that. */
  nextOffset: number;
  /** What ended the records; nothing is to be pushed after it. */
  damage: DamagedBytesError | undefined;

  /** The records that end in this piece, or end before its damage. */
  push(piece: Buffer): TopicRecord[] {
    const records: TopicRecord[] = [];
    try {
      this.#read(piece, records);
    } catch (error) {
      if (!(error instanceof DamagedBytesError)) throw error;
      this.damage = error;
    }
    this.nextOffset = (records.at(-1)?.offset ?? this.nextOffset - 1) + 1;
    return records;
  }

  #read(piece: Buffer, records: TopicRecord[]): void {
    const bytes = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    this.#bytes = bytes;
    this.#at = 0;
    for (;;) {
      if (this.#large !== undefined) {
        const record = this.#large.take(bytes, this.#at);
        this.#at += this.#large.taken;
        if (record === undefined) break;
        this.#large = undefined;
        this.#count(record, records);
        continue;
      }
      const start = this.#at;
      if (start === bytes.length) break;
      if (this.#found === this.#batch.recordCount) {
        throw new DamagedBytesError(`more bytes than the ${this.#found} records that the batch says`);
      }
      const length = this.#length();
      if (length === undefined) {
        this.#at = start;
        break;
      }
      if (length < 6) throw new DamagedBytesError(`a record of ${length} bytes`);
      if (length > WHOLE_RECORD_MAX_BYTES) {
        this.#large = new LargeRecord(length, this.#batch.baseOffset, (delta) => this.#timeOf(delta));
        continue;
      }
      if (this.#at + length > bytes.length) {
        this.#at = start;
        break;
      }
      this.#count(this.#whole(length), records);
    }
    this.#rest = bytes.subarray(this.#at);
  }

  /** The last record. Throws DamagedBytesError where the body ends too early. */
  end(): TopicRecord[] {
    const { recordCount } = this.#batch;
    if (this.#large !== undefined || this.#rest.length > 0) {
      throw new DamagedBytesError(`after record ${this.#found} of ${recordCount}, the next one is cut off`);
    }
    if (this.#found !== recordCount) {
      throw new DamagedBytesError(`${this.#found} records, and the batch says ${recordCount}`);
    }
    return this.#last === undefined ? [] : [this.#last];
  }

  /** Hands it out, unless it is the last. */
  #count(record: TopicRecord, records: TopicRecord[]): void {
    const delta = record.offset - this.#batch.baseOffset;
    if (delta <= this.#previousDelta || delta > this.#lastDelta) {
      throw new DamagedBytesError(`a record at offset ${record.offset} is out of its place`);
    }
    this.#previousDelta = delta;
    this.#found += 1;
    if (this.#found < this.#batch.recordCount) records.push(record);
    else this.#last = record;
  }

  #timeOf(timestampDelta: bigint | number): number {
    if (this.#appendTimeMs !== undefined) return this.#appendTimeMs;
    return typeof timestampDelta === 'number'
      ? this.#baseTimestampMs + timestampDelta
      : Number(this.#batch.baseTimestampMs + timestampDelta);
  }

  #whole(length: number): TopicRecord {
    const bytes = this.#bytes;
    this.#end = this.#at + length;
    this.#at += 1; // attributes, unused
    const timestampMs = this.#timeOf(this.#timestampDelta());
    const offset = this.#batch.baseOffset + this.#varint();
    const key = this.#nullable(bytes);
    const value = this.#nullable(bytes);
    const headers = this.#headers(bytes);
    if (this.#at !== this.#end) throw new DamagedBytesError(`${this.#end - this.#at} bytes of a record are left over`);
    return headers.length === 0 ? { offset, timestampMs, key, value } : { offset, timestampMs, key, value, headers };
  }

  #headers(bytes: Buffer): readonly TopicHeader[] {
    const count = this.#varint();
    if (count < 0) throw new DamagedBytesError(`${count} headers`);
    if (count === 0) return NO_HEADERS;
    const headers: TopicHeader[] = [];
    for (let left = count; left > 0; left -= 1) {
      const name = this.#nullable(bytes);
      if (name === null) throw new DamagedBytesError('a header without a name');
      const value = this.#nullable(bytes);
      if (isUtf8(name)) headers.push({ name: name.toString(), value });
    }
    return headers;
  }

  #nullable(bytes: Buffer): Buffer | null {
    const length = this.#varint();
    if (length === -1) return null;
    const start = this.#at;
    if (length < 0 || start + length > this.#end) throw new DamagedBytesError(`${length} bytes run past their record`);
    this.#at = start + length;
    return bytes.subarray(start, start + length);
  }

  /** A zigzag number of 32 bits within the record. */
  #varint(): number {
    const first = this.#at < this.#end ? this.#bytes[this.#at]! : 0x80;
    if (first < 0x80) {
      this.#at += 1;
      return (first >>> 1) ^ -(first & 1);
    }
    const value = this.#unsigned(this.#end, 5);
    if (value === undefined || value > 0xffff_ffff) throw new DamagedBytesError('a number runs past its record');
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** A zigzag number of 64 bits within the record; exact, as a bigint where it is large. */
  #timestampDelta(): number | bigint {
    const start = this.#at;
    const value = this.#unsigned(this.#end, 10);
    if (value === undefined) throw new DamagedBytesError('a timestamp runs past its record');
    if (value <= Number.MAX_SAFE_INTEGER) return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    return zigzag64(this.#bytes, start, this.#at);
  }

  /** The length of the next record; undefined where it is cut off. */
  #length(): number | undefined {
    const end = this.#bytes.length;
    const value = this.#unsigned(end, 5);
    if (value === undefined && this.#at < end) throw new DamagedBytesError('a length of more than five bytes');
    if (value === undefined) return undefined;
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** Undefined if it does not end before `end`, or takes more than `maxBytes`. */
  #unsigned(end: number, maxBytes: number): number | undefined {
    let value = 0;
    let scale = 1;
    for (let left = maxBytes; left > 0 && this.#at < end; left -= 1) {
      const byte = this.#bytes[this.#at++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
      scale *= 128;
    }
    return undefined;
  }
}
