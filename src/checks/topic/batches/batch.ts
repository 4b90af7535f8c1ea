/**
 * The record batches of an answer (message format 2, Kafka's documentation, section 5.3): where each starts and ends, and
 * whether it can be believed. Offset, length, leader epoch and format are not under a batch's checksum, so they are held
 * against each other, against the batch before, and against the end of the log.
 */

import type { Damage } from '../errors.ts';
import { crc32c } from './crc32c.ts';

export interface Batch {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly attributes: number;
  readonly baseTimestampMs: bigint;
  /** Greatest of its records, or the time of the append where the topic uses LogAppendTime. */
  readonly maxTimestampMs: bigint;
  readonly producerId: bigint;
  readonly recordCount: number;
  /** As it came, packed. */
  readonly body: Buffer;
}

export interface FoundBatches {
  readonly batches: readonly Batch[];
  /** One past the last offset of the last batch; toOffset at most. */
  readonly nextOffset: number;
  /** What ended the batches before the bytes did. */
  readonly damage: Damage | undefined;
}

const HEADER_BYTES = 61;
/** Offset and length: what a batch's length does not count. */
const LENGTH_PREFIX_BYTES = 12;
const CRC_FROM = 21;
const FORMAT = 2;

export const APPEND_TIME = 0x08;
export const TRANSACTIONAL = 0x10;
export const CONTROL = 0x20;

export interface Wanted {
  readonly fromOffset: number;
  readonly toOffset: number;
  /** Whether a batch ends right before fromOffset, so that none may reach over it. */
  readonly isBatchStart: boolean;
  /** One past the last offset that the broker shows. */
  readonly highWatermark: number;
}

/** The whole batches in `bytes` that hold offsets of [fromOffset, toOffset); a last one that is cut off is left out. */
export function findBatches(bytes: Buffer, wanted: Wanted): FoundBatches {
  const { fromOffset, toOffset, isBatchStart, highWatermark } = wanted;
  const batches: Batch[] = [];
  let nextOffset = fromOffset;
  /** Where the last batch should have started, had offsets not been left out before it. */
  let expectedBefore = fromOffset;
  const damaged = (offset: number, reason: string): FoundBatches => {
    return { batches, nextOffset: offset, damage: { offset, lastOffset: undefined, reason } };
  };
  for (let at = 0; nextOffset < toOffset && at + LENGTH_PREFIX_BYTES + 5 <= bytes.length; ) {
    const end = at + LENGTH_PREFIX_BYTES + bytes.readInt32BE(at + 8);
    const format = bytes.readInt8(at + 16);
    if (format !== FORMAT) return damaged(nextOffset, `message format ${format}; only format ${FORMAT} is read`);
    if (end < at + HEADER_BYTES) return damaged(nextOffset, `its length is ${end - at} bytes`);
    if (end > bytes.length) break;
    const batch = readBatch(bytes.subarray(at, end), highWatermark);
    if (typeof batch === 'string') return damaged(nextOffset, batch);
    const { baseOffset, lastOffset } = batch;
    const mayReachOver = at === 0 && !isBatchStart;
    at = end;
    if (lastOffset < nextOffset || (baseOffset < nextOffset && !mayReachOver)) {
      // One of two says a wrong offset: where the one before leaves some out, it may be that one.
      const isDoubtful = batches.length > 0 && batches.at(-1)!.baseOffset > expectedBefore;
      if (isDoubtful) batches.pop();
      const reason = `its offsets ${baseOffset} to ${lastOffset} do not follow those before it`;
      return damaged(isDoubtful ? expectedBefore : nextOffset, reason);
    }
    expectedBefore = nextOffset;
    nextOffset = Math.min(toOffset, lastOffset + 1);
    if (baseOffset < toOffset) batches.push(batch);
  }
  return { batches, nextOffset, damage: undefined };
}

/** What is wrong with it, as text. */
function readBatch(bytes: Buffer, highWatermark: number): Batch | string {
  const stored = bytes.readUInt32BE(17);
  const computed = crc32c(bytes, CRC_FROM);
  if (stored !== computed) {
    return `its CRC32C is ${hex(computed)}, and the batch says ${hex(stored)}: bytes of it have changed`;
  }
  const baseOffset = Number(bytes.readBigInt64BE(0));
  const lastDelta = bytes.readInt32BE(23);
  const recordCount = bytes.readInt32BE(57);
  const lastOffset = baseOffset + lastDelta;
  if (baseOffset < 0 || lastDelta < 0 || lastOffset >= highWatermark) {
    return `offsets ${baseOffset} to ${lastOffset}, where the log ends at ${highWatermark}`;
  }
  // Compaction takes records out and leaves the offsets.
  if (recordCount < 0 || recordCount > lastDelta + 1) return `${recordCount} records in ${lastDelta + 1} offsets`;
  return {
    baseOffset,
    lastOffset,
    attributes: bytes.readInt16BE(21),
    baseTimestampMs: bytes.readBigInt64BE(27),
    maxTimestampMs: bytes.readBigInt64BE(35),
    producerId: bytes.readBigInt64BE(43),
    recordCount,
    body: bytes.subarray(HEADER_BYTES),
  };
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}
