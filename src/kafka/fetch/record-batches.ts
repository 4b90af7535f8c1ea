/**
 * Reads record batches (message format 2) as a read-committed Java consumer does: it omits aborted records and markers,
 * and uses the batch's timestamp if the topic uses LogAppendTime.
 *
 * An answer is read in chunks of bounded size, from where reading stopped, also within a batch. Memory holds a chunk,
 * the answer itself, and one unpacked batch up to `maxAtOnceBytes`; a larger batch is read while it is unpacked.
 *
 * Invariants: 1. `completeTo` is one past the last offset that was read, markers and aborted records included; every
 * committed record in [from, completeTo) has been handed on; 2. no record is handed on of a batch whose bytes differ
 * from those that the broker accepted (batch-scan.ts); 3. of a sound batch that is not a list of records, those before
 * the first broken one are handed on, for any chunks: what can be read does not depend on where reading began.
 */
import { PackedRecord } from '../../payments/event/packed-record.ts';
import type { LogRecord } from '../../payments/types.ts';
import {
  type BatchPlace,
  type BatchScan,
  BrokenBatchError,
  codecOf,
  countOf,
  HEADER_BYTES,
  scanBatches,
  timesOf,
} from './batch-scan.ts';
import { CodecMissingError, unpackAtOnce } from './codecs.ts';
import type { AbortedTransaction } from './fetch-response.ts';
import { type ChunkLimits, LargeBatch, RECORD_OVERHEAD_BYTES } from './large-batch.ts';
import { MemoryShare } from './memory-share.ts';
import { RecordReader } from './record-reader.ts';

export interface ReadChunk {
  readonly records: LogRecord[];
  readonly completeTo: number;
  /** Bytes that the records hold in memory, unpacked. */
  readonly byteLength: number;
  /** What ended the reading before the end of the bytes; records read before it stay valid. */
  readonly stoppedBy: CodecMissingError | BrokenBatchError | undefined;
  /** One past the batch that ended it, if its end is known. */
  readonly stoppedBatchEnd: number | undefined;
  /** Nothing of the answer is left. */
  readonly isLast: boolean;
}

export interface AnswerLimits extends ChunkLimits {
  /** A batch that is larger unpacked is unpacked in pieces. */
  readonly maxAtOnceBytes: number;
}

export const DEFAULT_ANSWER_LIMITS: AnswerLimits = Object.freeze({
  maxBytes: 4 * 1024 * 1024,
  maxRecords: 16_384,
  maxAtOnceBytes: 4 * 1024 * 1024,
});

/**
 * Memory for unpacking in pieces, over all partitions of the process: one batch of the largest window, or 16 of usual
 * ones.
 */
const MAX_UNPACKING_BYTES = 128 * 1024 * 1024;
const unpackingMemory = new MemoryShare(MAX_UNPACKING_BYTES);

/** An unpacked batch, and how far it was read. */
interface OpenBatch {
  readonly place: BatchPlace;
  readonly reader: RecordReader;
  readonly count: number;
  readonly baseMs: number;
  readonly appendTimeMs: number | undefined;
  /** Of the next record. */
  index: number;
}

export class AnswerReader {
  readonly #bytes: Buffer;
  readonly #from: number;
  readonly #scan: BatchScan;
  readonly #closed = new AbortController();
  /** Of scan.batches, those that were opened. */
  #opened = 0;
  #open: OpenBatch | undefined;
  #large: LargeBatch | undefined;
  #release: (() => void) | undefined;
  #isCut = false;
  #isOver = false;
  // Of the chunk that is being read:
  #records: LogRecord[] = [];
  #heldBytes = 0;
  #completeTo: number;
  #stoppedBy: ReadChunk['stoppedBy'];
  #stoppedBatchEnd: number | undefined;

  constructor(bytes: Buffer, from: number, aborted: readonly AbortedTransaction[]) {
    this.#bytes = bytes;
    this.#from = from;
    this.#scan = scanBatches(bytes, from, aborted);
    this.#completeTo = from;
  }

  /** Of the last batch: it changes when the log may have been truncated. -1 if there is none. */
  get leaderEpoch(): number {
    return this.#scan.leaderEpoch;
  }

  /** The next chunk that is available at once; undefined if the next batch must be read with readPieces(). */
  readNow(limits: AnswerLimits): ReadChunk | undefined {
    if (this.#large !== undefined) return undefined;
    while (this.#stoppedBy === undefined && !this.#isFull(limits)) {
      if (this.#open !== undefined) this.#readOpen(limits);
      else if (!this.#openNext(limits)) break;
    }
    if (this.#large === undefined || this.#records.length > 0) return this.#chunk();
    return undefined;
  }

  /**
   * The next chunk of a batch that is unpacked in pieces. Waits for its share of memory. Rejects only after close().
   */
  async readPieces(limits: AnswerLimits): Promise<ReadChunk> {
    const large = this.#large!;
    const { signal } = this.#closed;
    const place = this.#scan.batches[this.#opened - 1]!;
    if (this.#release === undefined) {
      const release = await unpackingMemory.take(large.memoryBytes, signal);
      if (signal.aborted) release();
      signal.throwIfAborted();
      this.#release = release;
    }
    try {
      await large.read(limits, this.#records);
    } catch (error) {
      this.#stopAt(notRecords(place, large.nextOffset, error), place);
    }
    signal.throwIfAborted();
    this.#heldBytes += large.takeHeldBytes();
    this.#completeTo = Math.max(this.#completeTo, large.nextOffset);
    if (this.#stoppedBy !== undefined || large.nextOffset > place.lastOffset) this.#letGoOfLarge();
    return this.#chunk();
  }

  /** readNow or, if it returns nothing, readPieces. */
  async read(limits: AnswerLimits): Promise<ReadChunk> {
    return this.readNow(limits) ?? this.readPieces(limits);
  }

  /** Nothing more is read. Idempotent; a waiting readPieces rejects. */
  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#closed.abort(new Error('the answer is read no further'));
    this.#letGoOfLarge();
  }

  #isFull({ maxBytes, maxRecords }: ChunkLimits): boolean {
    return this.#heldBytes >= maxBytes || this.#records.length >= maxRecords;
  }

  /** False at the end, at a fault, or if a batch must be unpacked in pieces. */
  #openNext({ maxAtOnceBytes }: AnswerLimits): boolean {
    const place = this.#scan.batches[this.#opened];
    if (place === undefined) {
      this.#completeTo = Math.max(this.#completeTo, this.#scan.completeTo);
      this.#stopAt(this.#scan.brokenBy);
      return false;
    }
    this.#opened += 1;
    // Between two batches with records there are only markers and aborted batches.
    this.#completeTo = Math.max(this.#completeTo, place.baseOffset);
    const bytes = this.#bytes;
    try {
      const packed = bytes.subarray(place.at + HEADER_BYTES, place.end);
      const body = unpackAtOnce(codecOf(bytes, place), packed, maxAtOnceBytes);
      if (body === undefined) {
        this.#large = new LargeBatch(bytes, place, this.#from);
        return false;
      }
      this.#open = {
        place,
        reader: new RecordReader(body),
        count: countOf(bytes, place),
        ...timesOf(bytes, place),
        index: 0,
      };
      return true;
    } catch (error) {
      this.#stopAt(error instanceof CodecMissingError ? error : notRecords(place, place.baseOffset, error), place);
      return false;
    }
  }

  /** Continues the open batch, to its end or as far as there is room. */
  #readOpen({ maxRecords }: ChunkLimits): void {
    const open = this.#open!;
    const { place, reader, count, baseMs, appendTimeMs } = open;
    const { bytes } = reader;
    const startedAt = reader.at;
    const from = this.#from;
    const records = this.#records;
    let { index } = open;
    try {
      for (; index < count && records.length < maxRecords; index += 1) {
        reader.next();
        if (reader.offsetDelta !== index)
          throw new RangeError(`record ${index} claims to be record ${reader.offsetDelta}`);
        // The last record counts only if nothing follows it.
        if (index === count - 1 && reader.at !== bytes.length)
          throw new RangeError(`${bytes.length - reader.at} bytes are left behind its ${count} records`);
        const offset = place.baseOffset + index;
        if (offset < from) continue;
        const timestampMs = appendTimeMs ?? baseMs + reader.timestampDelta;
        const { keyStart, keyEnd, valueStart, valueEnd } = reader;
        records.push(new PackedRecord(offset, timestampMs, bytes, keyStart, keyEnd, valueStart, valueEnd));
      }
    } catch (error) {
      this.#stopAt(notRecords(place, place.baseOffset + index, error), place);
    }
    open.index = index;
    this.#heldBytes += reader.at - startedAt;
    this.#completeTo = Math.max(this.#completeTo, place.baseOffset + index);
    if (index === count) this.#open = undefined;
    else this.#isCut = true;
  }

  #chunk(): ReadChunk {
    const records = this.#records;
    const isLast =
      this.#stoppedBy !== undefined ||
      (this.#open === undefined && this.#large === undefined && this.#opened === this.#scan.batches.length);
    if (isLast && this.#stoppedBy === undefined) {
      this.#completeTo = Math.max(this.#completeTo, this.#scan.completeTo);
      this.#stopAt(this.#scan.brokenBy);
    }
    if (isLast) this.#isOver = true;
    // Records of uncompressed batches keep the whole answer in memory.
    const least = records.length > 0 && isLast && !this.#isCut ? this.#bytes.length : 0;
    const byteLength = Math.max(this.#heldBytes, least) + records.length * RECORD_OVERHEAD_BYTES;
    const chunk: ReadChunk = {
      records,
      completeTo: this.#completeTo,
      byteLength,
      stoppedBy: this.#stoppedBy,
      stoppedBatchEnd: this.#stoppedBatchEnd,
      isLast,
    };
    this.#records = [];
    this.#heldBytes = 0;
    return chunk;
  }

  /** `place`: of a sound batch. */
  #stopAt(error: ReadChunk['stoppedBy'], place?: BatchPlace): void {
    this.#stoppedBy = error;
    if (place !== undefined) this.#stoppedBatchEnd = place.lastOffset + 1;
    else if (error instanceof BrokenBatchError) this.#stoppedBatchEnd = error.endOffset;
  }

  #letGoOfLarge(): void {
    this.#large?.close();
    this.#large = undefined;
    this.#release?.();
    this.#release = undefined;
  }
}

function notRecords({ baseOffset, lastOffset }: BatchPlace, offset: number, cause: unknown): BrokenBatchError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new BrokenBatchError(
    `its bytes are as the producer sent them, but are not a list of records at offset ${offset} (batch of ${baseOffset} to ${lastOffset}): ${why}`,
    lastOffset + 1,
    { cause },
  );
}

/** Everything of an answer from `from` on that is available at once; isLast is false if there is more. */
export function readBatches(bytes: Buffer, from: number, aborted: readonly AbortedTransaction[]): ReadChunk {
  const reader = new AnswerReader(bytes, from, aborted);
  const limits = { ...DEFAULT_ANSWER_LIMITS, maxRecords: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY };
  const nothing = { records: [], completeTo: from, byteLength: 0, stoppedBy: undefined, stoppedBatchEnd: undefined };
  return reader.readNow(limits) ?? { ...nothing, isLast: false };
}
