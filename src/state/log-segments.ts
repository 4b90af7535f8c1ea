/**
 * Segments (segment-codec.ts has their form) from the columns of a fold's log: the bytes of its texts are copied, and no
 * object or string is made for a payment. A checkpoint at full load writes tens of thousands of them.
 *
 * Invariant: what decodeIds() and decodeActivity() read from these segments is what the log yields.
 */
import { isAscii } from 'node:buffer';
import type { RememberedLog } from '../payments/remembered-log.ts';
import type { TextColumn } from '../payments/text-column.ts';
import { BUCKET_MS, type SegmentFamily, segmentKey } from './keys.ts';
import {
  ASCII,
  activitySegments,
  columnsOf,
  FIXED_ENTRY_BYTES,
  HEADER_BYTES,
  idSegments,
  newSegment,
  SEGMENT_BYTES_TARGET,
  type StoredValue,
} from './segment-codec.ts';

export function logIdSegments(log: RememberedLog): Iterable<StoredValue> {
  const texts = [log.ids];
  return texts.every(isPlain) ? segments('ids', log, texts) : idSegments(log);
}

export function logActivitySegments(log: RememberedLog): Iterable<StoredValue> {
  const texts = [log.senders, log.devices];
  return texts.every(isPlain) ? segments('activity', log, texts) : activitySegments(log);
}

/** A byte per UTF-16 unit: lengths mean the same in both. */
function isPlain({ bytes, byteLength }: TextColumn): boolean {
  return isAscii(bytes.subarray(0, byteLength));
}

interface Filling {
  rows: number[];
  textBytes: number;
}

function* segments(family: SegmentFamily, log: RememberedLog, texts: readonly TextColumn[]): Generator<StoredValue> {
  const byMinute = new Map<number, Filling>();
  const rowBytes = FIXED_ENTRY_BYTES + 2 * texts.length;
  for (let row = 0; row < log.length; row += 1) {
    const minute = Math.floor(log.eventTimeMsAt(row) / BUCKET_MS);
    let filling = byMinute.get(minute);
    if (filling === undefined) {
      filling = { rows: [], textBytes: 0 };
      byMinute.set(minute, filling);
    }
    let textBytes = 0;
    for (const { offsets } of texts) textBytes += (offsets[row + 1] as number) - (offsets[row] as number);
    const bytes = HEADER_BYTES + (filling.rows.length + 1) * rowBytes + filling.textBytes + textBytes;
    if (bytes > SEGMENT_BYTES_TARGET && filling.rows.length > 0) {
      yield segment(family, log, texts, minute, filling);
      filling.rows = [];
      filling.textBytes = 0;
    }
    filling.rows.push(row);
    filling.textBytes += textBytes;
  }
  for (const [minute, filling] of byMinute) yield segment(family, log, texts, minute, filling);
}

function segment(
  family: SegmentFamily,
  log: RememberedLog,
  texts: readonly TextColumn[],
  minute: number,
  { rows, textBytes }: Filling,
): StoredValue {
  const count = rows.length;
  const value = newSegment(count, texts.length, ASCII, textBytes);
  const { offsets, hashHighs, hashLows, millis, lengths, textAt } = columnsOf(value, count, texts.length);
  let at = textAt;
  for (let index = 0; index < count; index += 1) {
    const row = rows[index] as number;
    offsets[index] = log.offsetAt(row);
    hashHighs[index] = log.hashHighAt(row);
    hashLows[index] = log.hashLowAt(row);
    millis[index] = log.eventTimeMsAt(row) - minute * BUCKET_MS;
    for (let column = 0; column < texts.length; column += 1) {
      const { bytes, offsets: ends } = texts[column] as TextColumn;
      const from = ends[row] as number;
      const to = ends[row + 1] as number;
      lengths[column * count + index] = to - from;
      for (let read = from; read < to; read += 1, at += 1) value[at] = bytes[read] as number;
    }
  }
  return { key: segmentKey(family, minute, log.offsetAt(rows[0] as number)), value };
}
