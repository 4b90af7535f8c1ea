/**
 * Reads the headers of an answer's record batches (message format 2): which of them are sound, and which hold committed
 * records. Everything that can be checked without unpacking is checked here, before a record of the answer is handed
 * on.
 *
 * A sound batch: the CRC32C over everything behind it in the batch is right; it begins where the one before it ended,
 * the first one at or before the requested offset; it has one record per offset. Brokers refuse other batches from
 * producers, and only compaction makes others, which is refused at start. So the neighbours of a batch verify a header
 * field that no checksum covers (the base offset). The answer's list of aborted transactions is checked against the
 * markers in the answer.
 */
import { crc32c } from '@node-rs/crc32';
import type { AbortedTransaction } from './fetch-response.ts';

/** Bytes that are not a sound record batch of format 2. */
export class BrokenBatchError extends Error {
  /** One past the last offset of the batch, if its header is credible or another batch follows; else undefined. */
  readonly endOffset: number | undefined;

  constructor(message: string, endOffset?: number, options?: ErrorOptions) {
    super(message, options);
    this.name = 'BrokenBatchError';
    this.endOffset = endOffset;
  }
}

/** A sound batch with committed records, at `at` of the answer. */
export interface BatchPlace {
  readonly at: number;
  /** One past its last byte. */
  readonly end: number;
  readonly baseOffset: number;
  readonly lastOffset: number;
}

export interface BatchScan {
  /** Batches with committed records at or past the requested offset, in order. */
  readonly batches: readonly BatchPlace[];
  /** One past the last offset of the last sound batch, markers and aborted records included. */
  readonly completeTo: number;
  /** Of the last sound batch; -1 if there is none. */
  readonly leaderEpoch: number;
  /** The fault of the batch at `completeTo`. */
  readonly brokenBy: BrokenBatchError | undefined;
}

export const HEADER_BYTES = 61;
/** Offset and length fields, which a batch's length does not count. */
const LENGTH_PREFIX_BYTES = 12;
const MAGIC_AT = 16;
const CRC_AT = 17;
/** The CRC is over all that follows it. */
const CRC_FROM = 21;
const COUNT_AT = 57;

const ATTRIBUTES_AT = 21;
const CODEC_BITS = 0x07;
const TIMESTAMP_IS_LOG_APPEND = 0x08;
const TRANSACTIONAL = 0x10;
const CONTROL = 0x20;

export function codecOf(bytes: Buffer, { at }: BatchPlace): number {
  return bytes.readInt16BE(at + ATTRIBUTES_AT) & CODEC_BITS;
}

export function countOf(bytes: Buffer, { at }: BatchPlace): number {
  return bytes.readInt32BE(at + COUNT_AT);
}

/** `appendTimeMs`: the time of all its records, if the topic uses LogAppendTime. */
export function timesOf(bytes: Buffer, { at }: BatchPlace): { baseMs: number; appendTimeMs: number | undefined } {
  const isAppendTime = (bytes.readInt16BE(at + ATTRIBUTES_AT) & TIMESTAMP_IS_LOG_APPEND) !== 0;
  const appendTimeMs = isAppendTime ? Number(bytes.readBigInt64BE(at + 35)) : undefined;
  return { baseMs: Number(bytes.readBigInt64BE(at + 27)), appendTimeMs };
}

/** Never throws. `from` is the requested offset; the broker's answer may begin in the middle of a batch before it. */
export function scanBatches(bytes: Buffer, from: number, aborted: readonly AbortedTransaction[]): BatchScan {
  const batches: BatchPlace[] = [];
  const transactions = new Transactions(aborted, from);
  let completeTo = from;
  let leaderEpoch = -1;
  let expected: number | undefined;
  let brokenBy: BrokenBatchError | undefined;
  for (let at = 0; at < bytes.length; ) {
    const found = soundBatch(bytes, at, expected, from);
    if (found === 'cut') break;
    if (found instanceof BrokenBatchError) {
      brokenBy = found;
      break;
    }
    const { lastOffset, end } = found;
    const seen = transactions.see(bytes, found);
    if (seen.contradictedFrom !== undefined) {
      brokenBy = new BrokenBatchError(
        `the marker at offset ${lastOffset} says that the transaction before it ${seen.wasCommitted ? 'was committed' : 'was aborted'}, ` +
          'and the broker lists it otherwise',
        lastOffset + 1,
      );
      while ((batches.at(-1)?.lastOffset ?? -1) >= seen.contradictedFrom) batches.pop();
      completeTo = Math.max(from, Math.min(completeTo, seen.contradictedFrom));
      break;
    }
    if (seen.isVisible && lastOffset >= from) batches.push(found);
    leaderEpoch = bytes.readInt32BE(at + LENGTH_PREFIX_BYTES);
    completeTo = Math.max(completeTo, lastOffset + 1);
    expected = lastOffset + 1;
    at = end;
  }
  return { batches, completeTo, leaderEpoch, brokenBy };
}

/** `cut`: the size limit of the answer ended the batch here, which never happens to the first one. */
function soundBatch(
  bytes: Buffer,
  at: number,
  expected: number | undefined,
  from: number,
): BatchPlace | 'cut' | BrokenBatchError {
  const left = bytes.length - at;
  const isFirst = at === 0;
  if (left < CRC_AT) return isFirst ? new BrokenBatchError(`an answer of ${left} bytes holds no batch`) : 'cut';
  const byteLength = LENGTH_PREFIX_BYTES + bytes.readInt32BE(at + 8);
  const magic = bytes.readInt8(at + MAGIC_AT);
  if (magic !== 2) return new BrokenBatchError(`it has message format ${magic}; only format 2 is read`);
  if (byteLength < HEADER_BYTES)
    return new BrokenBatchError(`it claims ${byteLength} bytes; its header alone has ${HEADER_BYTES}`);
  if (byteLength > left) {
    if (!isFirst) return 'cut';
    return new BrokenBatchError(
      `it claims ${byteLength} bytes; the broker sent ${left} of them`,
      claimedEnd(bytes, at, from),
    );
  }
  const end = at + byteLength;
  const stored = bytes.readUInt32BE(at + CRC_AT);
  const computed = crc32c(bytes.subarray(at + CRC_FROM, end));
  const baseOffset = Number(bytes.readBigInt64BE(at));
  const delta = bytes.readInt32BE(at + 23);
  const count = bytes.readInt32BE(at + COUNT_AT);
  if (stored !== computed) {
    const found = `its checksum is ${hex(stored)}, that of its bytes is ${hex(computed)}`;
    return new BrokenBatchError(found, nextBase(bytes, end, baseOffset) ?? claimedEnd(bytes, at, from));
  }
  const lastOffset = baseOffset + delta;
  if (count <= 0 || count !== delta + 1) {
    const found = `it claims ${count} records for offsets ${baseOffset} to ${lastOffset}`;
    return new BrokenBatchError(found, delta >= 0 ? lastOffset + 1 : undefined);
  }
  const isInPlace = expected === undefined ? baseOffset <= from : baseOffset === expected;
  if (!isInPlace || baseOffset < 0 || !Number.isSafeInteger(lastOffset)) {
    const found = `it claims to begin at offset ${baseOffset}; offset ${expected ?? from} comes next`;
    return new BrokenBatchError(found, nextBase(bytes, end, expected ?? from));
  }
  return { at, end, baseOffset, lastOffset };
}

/** The end that a broken batch claims, if its header is consistent: one record per offset, `from` among them. */
function claimedEnd(bytes: Buffer, at: number, from: number): number | undefined {
  if (at + HEADER_BYTES > bytes.length) return undefined;
  const baseOffset = Number(bytes.readBigInt64BE(at));
  const count = bytes.readInt32BE(at + COUNT_AT);
  const isOneStory = count > 0 && count === bytes.readInt32BE(at + 23) + 1;
  return isOneStory && baseOffset + count > from ? baseOffset + count : undefined;
}

/** The start of a plausible batch behind a broken one. */
function nextBase(bytes: Buffer, at: number, after: number): number | undefined {
  if (at + HEADER_BYTES > bytes.length || bytes.readInt8(at + MAGIC_AT) !== 2) return undefined;
  const end = at + LENGTH_PREFIX_BYTES + bytes.readInt32BE(at + 8);
  if (end < at + HEADER_BYTES || end > bytes.length) return undefined;
  if (bytes.readUInt32BE(at + CRC_AT) !== crc32c(bytes.subarray(at + CRC_FROM, end))) return undefined;
  const base = Number(bytes.readBigInt64BE(at));
  return base > after && Number.isSafeInteger(base) ? base : undefined;
}

function hex(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}

interface Seen {
  /** False for markers and for batches of aborted transactions. */
  readonly isVisible: boolean;
  /** The marker contradicts the assumption about its transaction's batches, from this offset on. */
  readonly contradictedFrom?: number;
  readonly wasCommitted?: boolean;
}

const HIDDEN: Seen = { isVisible: false };
const VISIBLE: Seen = { isVisible: true };

/** Producers inside an aborted transaction, batch by batch in log order. */
class Transactions {
  readonly #coming: AbortedTransaction[];
  readonly #from: number;
  /** Producers in an aborted transaction, and its first offset in this answer. */
  readonly #aborted = new Map<bigint, number>();
  /** Producers with batches since their last marker that were assumed committed, and the first offset of those. */
  readonly #committed = new Map<bigint, number>();

  constructor(list: readonly AbortedTransaction[], from: number) {
    this.#coming = list.toSorted((a, b) => b.firstOffset - a.firstOffset);
    this.#from = from;
  }

  see(bytes: Buffer, { at, end, baseOffset, lastOffset }: BatchPlace): Seen {
    const attributes = bytes.readInt16BE(at + ATTRIBUTES_AT);
    for (
      let next = this.#coming.at(-1);
      next !== undefined && next.firstOffset <= lastOffset;
      next = this.#coming.at(-1)
    ) {
      this.#aborted.set(next.producerId, Math.max(next.firstOffset, this.#from));
      this.#coming.pop();
    }
    if ((attributes & (TRANSACTIONAL | CONTROL)) === 0) return VISIBLE;
    const producerId = bytes.readBigInt64BE(at + 43);
    if ((attributes & CONTROL) !== 0) {
      const abortedFrom = this.#aborted.get(producerId);
      const committedFrom = this.#committed.get(producerId);
      this.#aborted.delete(producerId);
      this.#committed.delete(producerId);
      const wasCommitted = markerSaysCommit(bytes, at, end);
      if (lastOffset < this.#from || wasCommitted === undefined) return HIDDEN;
      const contradictedFrom = wasCommitted ? abortedFrom : committedFrom;
      return contradictedFrom === undefined ? HIDDEN : { isVisible: false, contradictedFrom, wasCommitted };
    }
    if (this.#aborted.has(producerId)) return HIDDEN;
    if (!this.#committed.has(producerId)) this.#committed.set(producerId, Math.max(baseOffset, this.#from));
    return VISIBLE;
  }
}

/**
 * Of a control batch's only record, which is never compressed: its key is a version and a type. Undefined for other
 * types.
 */
function markerSaysCommit(bytes: Buffer, at: number, end: number): boolean | undefined {
  // length, attributes, time, offset, key's length: one byte each, except the time's.
  let key = at + HEADER_BYTES;
  const skipVarint = (): void => {
    while (key < end && (bytes[key]! & 0x80) !== 0) key += 1;
    key += 1;
  };
  skipVarint();
  key += 1;
  for (let field = 0; field < 3; field += 1) skipVarint();
  if (key + 4 > end) return undefined;
  const type = bytes.readInt16BE(key + 2);
  return type === 1 ? true : type === 0 ? false : undefined;
}
