/**
 * Reads record batches (message format 2) as a read-committed Java consumer does: aborted records and markers are left
 * out, timestamps are the batch's where the topic uses LogAppendTime.
 *
 * Invariant: `completeTo` is one past the last offset of the last batch that was read whole, markers, aborted records and
 * offsets removed by compaction included; every committed record in [from, completeTo) is in `records`.
 */
import { NULL_AT, PackedRecord } from '../payments/packed-record.ts';
import type { LogRecord } from '../payments/types.ts';
import { CodecMissingError, decompress } from './codecs.ts';
import type { AbortedTransaction } from './fetch-response.ts';

export interface ReadBatches {
  readonly records: LogRecord[];
  readonly completeTo: number;
  /** Bytes that the records hold in memory, unpacked. */
  readonly byteLength: number;
  /** Leader epoch of the last batch read: it changes when the log may have been cut. -1 where no batch was read. */
  readonly leaderEpoch: number;
  /** What ended the reading before the end of the bytes; what was read until then stands. */
  readonly stoppedBy: CodecMissingError | BrokenBatchError | undefined;
}

/** Bytes that are no record batch of format 2. */
export class BrokenBatchError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'BrokenBatchError';
  }
}

const HEADER_BYTES = 61;
/** Offset and length: what a batch's length does not count. */
const LENGTH_PREFIX_BYTES = 12;
/** What a record costs beyond its payload once it is an object. */
const RECORD_OVERHEAD_BYTES = 64;

export function readBatches(bytes: Buffer, from: number, abortedList: readonly AbortedTransaction[]): ReadBatches {
  const records: LogRecord[] = [];
  const aborted = new AbortedProducers(abortedList);
  let completeTo = from;
  let leaderEpoch = -1;
  let unpackedBytes = 0;
  let stoppedBy: ReadBatches['stoppedBy'];
  for (let at = 0; at + LENGTH_PREFIX_BYTES + 5 <= bytes.length; ) {
    const end = at + LENGTH_PREFIX_BYTES + bytes.readInt32BE(at + 8);
    const magic = bytes.readInt8(at + 16);
    if (magic !== 2 || end < at + HEADER_BYTES) {
      stoppedBy = new BrokenBatchError(`message format ${magic}, batch of ${end - at} bytes: only format 2 is read`);
      break;
    }
    if (end > bytes.length) break; // cut short by the size limit
    const batch = bytes.subarray(at, end);
    const baseOffset = Number(batch.readBigInt64BE(0));
    const lastOffset = baseOffset + batch.readInt32BE(23);
    const kept = records.length;
    try {
      if (aborted.isVisible(batch, lastOffset) && lastOffset >= from)
        unpackedBytes += readRecords(batch, baseOffset, from, records);
    } catch (error) {
      records.length = kept;
      stoppedBy =
        error instanceof CodecMissingError
          ? error
          : new BrokenBatchError(`the batch at offset ${baseOffset} cannot be read`, { cause: error });
      break;
    }
    leaderEpoch = batch.readInt32BE(12);
    completeTo = Math.max(completeTo, lastOffset + 1);
    at = end;
  }
  const byteLength =
    Math.max(unpackedBytes, records.length === 0 ? 0 : bytes.length) + records.length * RECORD_OVERHEAD_BYTES;
  return { records, completeTo, byteLength, leaderEpoch, stoppedBy };
}

const TIMESTAMP_IS_LOG_APPEND = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

/** Which producers are inside an aborted transaction, batch by batch in log order. */
class AbortedProducers {
  readonly #coming: AbortedTransaction[];
  readonly #inside = new Set<bigint>();

  constructor(list: readonly AbortedTransaction[]) {
    this.#coming = list.toSorted((a, b) => b.firstOffset - a.firstOffset);
  }

  /** False for markers and for batches of aborted transactions. */
  isVisible(batch: Buffer, lastOffset: number): boolean {
    for (
      let next = this.#coming.at(-1);
      next !== undefined && next.firstOffset <= lastOffset;
      next = this.#coming.at(-1)
    ) {
      this.#inside.add(next.producerId);
      this.#coming.pop();
    }
    const attributes = batch.readInt16BE(21);
    const producerId = batch.readBigInt64BE(43);
    if ((attributes & CONTROL) !== 0) {
      // A transaction's end, whichever way: an aborted producer has no other marker here than its abort.
      this.#inside.delete(producerId);
      return false;
    }
    return (attributes & TRANSACTIONAL) === 0 || !this.#inside.has(producerId);
  }
}

/** Appends the batch's records from `from` on; returns their bytes. */
function readRecords(batch: Buffer, baseOffset: number, from: number, into: LogRecord[]): number {
  const attributes = batch.readInt16BE(21);
  const baseTimestampMs = Number(batch.readBigInt64BE(27));
  const appendTimeMs = (attributes & TIMESTAMP_IS_LOG_APPEND) === 0 ? undefined : Number(batch.readBigInt64BE(35));
  const codec = attributes & 0x07;
  const packed = batch.subarray(HEADER_BYTES);
  const body = codec === 0 ? packed : decompress(codec, packed);
  const reader = new VarintReader(body);
  for (let left = batch.readInt32BE(57); left > 0; left -= 1) {
    const length = reader.next();
    const end = reader.at + length;
    if (end > body.length) throw new RangeError(`a record of ${length} bytes in a batch of ${body.length}`);
    reader.at += 1; // attributes, unused
    const timestampDelta = reader.next();
    const offset = baseOffset + reader.next();
    const keyStart = reader.skipBytes();
    const keyEnd = reader.at;
    const valueStart = reader.skipBytes();
    const valueEnd = reader.at;
    reader.at = end; // past the headers
    if (offset < from) continue;
    const timestampMs = appendTimeMs ?? baseTimestampMs + timestampDelta;
    into.push(new PackedRecord(offset, timestampMs, body, keyStart, keyEnd, valueStart, valueEnd));
  }
  return body.length;
}

/** Zigzag varints, up to the 53 bits that a number holds exactly. */
class VarintReader {
  at = 0;
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  next(): number {
    const bytes = this.#bytes;
    const first = bytes[this.at];
    // Most take one byte: deltas, and the lengths of keys.
    if (first !== undefined && first < 0x80) {
      this.at += 1;
      return (first >>> 1) ^ -(first & 1);
    }
    let value = 0;
    let scale = 1;
    for (;;) {
      const byte = bytes[this.at];
      if (byte === undefined) throw new RangeError('a number runs past the end of the batch');
      this.at += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
      scale *= 128;
    }
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  /** Past a length and so many bytes: tells where they start; NULL_AT where the length is -1. */
  skipBytes(): number {
    const length = this.next();
    if (length < 0) return NULL_AT;
    const start = this.at;
    if (start + length > this.#bytes.length) throw new RangeError('bytes run past the end of the batch');
    this.at = start + length;
    return start;
  }
}
