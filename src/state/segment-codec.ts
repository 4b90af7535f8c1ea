/**
 * Segments: many remembered payments of one minute of event time as one block of columns, because a million small values
 * would be slow to write, to read and to evict. Strings are joined into one text per segment and cut out by length.
 *
 * Layout (little-endian; the checksum of seal.ts comes first):
 *   checksum u32 | count u32 | text encoding u32 | text bytes u32
 *   offset f64[count] | hashHigh u32[count] | hashLow u32[count] | ms in the minute u16[count]
 *   length u16[count] of each string column | text
 *
 * Decoding trusts the layout: callers open the seal first.
 */
import type { RememberedPayment } from '../payments/types.ts';
import { BUCKET_MS, minuteOf, type SegmentFamily, segmentKey } from './keys.ts';

export type IdEntry = Pick<RememberedPayment, 'offset' | 'transactionId' | 'eventTimeMs' | 'hashHigh' | 'hashLow'>;
export type ActivityEntry = Pick<
  RememberedPayment,
  'offset' | 'eventTimeMs' | 'hashHigh' | 'hashLow' | 'senderAccountId' | 'deviceId'
>;

/** A value that is stored under a key. */
export interface StoredValue {
  readonly key: Buffer;
  readonly value: Buffer;
}

export const HEADER_BYTES = 16;
export const FIXED_ENTRY_BYTES = 8 + 4 + 4 + 2;
/** Four pages of lmdb, less its page header: larger ones would need longer runs of free pages, and the file would grow. */
export const SEGMENT_BYTES_TARGET = 4 * 4096 - 24;
export const ASCII = 0;
const UTF16 = 1;

type Columns<T> = readonly ((entry: T) => string)[];
const ID_COLUMNS: Columns<IdEntry> = [(entry) => entry.transactionId];
const ACTIVITY_COLUMNS: Columns<ActivityEntry> = [(entry) => entry.senderAccountId, (entry) => entry.deviceId];

/** Yields segments as they fill up; holds at most one unfinished segment per minute of event time. */
export function idSegments(entries: Iterable<IdEntry>): Generator<StoredValue> {
  return segments('ids', ID_COLUMNS, entries);
}

export function activitySegments(entries: Iterable<ActivityEntry>): Generator<StoredValue> {
  return segments('activity', ACTIVITY_COLUMNS, entries);
}

export function* decodeIds({ key, value }: StoredValue): Generator<IdEntry> {
  const view = open(key, value, 1);
  const { offsets, hashHighs, hashLows, millis, lengths, text, minuteMs } = view;
  let at = 0;
  for (let index = 0; index < view.count; index += 1) {
    const end = at + lengths[index]!;
    yield {
      offset: offsets[index]!,
      transactionId: text.slice(at, end),
      eventTimeMs: minuteMs + millis[index]!,
      hashHigh: hashHighs[index]!,
      hashLow: hashLows[index]!,
    };
    at = end;
  }
}

export function* decodeActivity({ key, value }: StoredValue): Generator<ActivityEntry> {
  const view = open(key, value, 2);
  const { offsets, hashHighs, hashLows, millis, lengths, text, minuteMs } = view;
  let at = 0;
  for (let index = 0; index < view.count; index += 1) {
    const senderEnd = at + lengths[index]!;
    const deviceEnd = senderEnd + lengths[view.count + index]!;
    yield {
      offset: offsets[index]!,
      eventTimeMs: minuteMs + millis[index]!,
      hashHigh: hashHighs[index]!,
      hashLow: hashLows[index]!,
      senderAccountId: text.slice(at, senderEnd),
      deviceId: text.slice(senderEnd, deviceEnd),
    };
    at = deviceEnd;
  }
}

interface Filling<T> {
  readonly entries: T[];
  bytes: number;
}

type Entry = Pick<RememberedPayment, 'offset' | 'eventTimeMs' | 'hashHigh' | 'hashLow'>;

function* segments<T extends Entry>(
  family: SegmentFamily,
  columns: Columns<T>,
  entries: Iterable<T>,
): Generator<StoredValue> {
  const byMinute = new Map<number, Filling<T>>();
  for (const entry of entries) {
    const minute = Math.floor(entry.eventTimeMs / BUCKET_MS);
    let filling = byMinute.get(minute);
    if (filling === undefined) {
      filling = { entries: [], bytes: HEADER_BYTES };
      byMinute.set(minute, filling);
    }
    let entryBytes = FIXED_ENTRY_BYTES;
    for (const column of columns) entryBytes += 2 + column(entry).length;
    if (filling.bytes + entryBytes > SEGMENT_BYTES_TARGET && filling.entries.length > 0) {
      yield encode(family, columns, minute, filling.entries);
      filling = { entries: [], bytes: HEADER_BYTES };
      byMinute.set(minute, filling);
    }
    filling.entries.push(entry);
    filling.bytes += entryBytes;
  }
  for (const [minute, filling] of byMinute) yield encode(family, columns, minute, filling.entries);
}

function encode<T extends Entry>(
  family: SegmentFamily,
  columns: Columns<T>,
  minute: number,
  entries: readonly T[],
): StoredValue {
  const count = entries.length;
  const lengths = new Uint16Array(count * columns.length);
  let text = '';
  for (let index = 0; index < count; index += 1) {
    for (let column = 0; column < columns.length; column += 1) {
      const part = columns[column]!(entries[index]!);
      lengths[column * count + index] = part.length;
      text += part;
    }
  }
  // Plain ASCII decodes fastest; UTF-16 keeps anything that JavaScript calls a string.
  const ascii = Buffer.byteLength(text, 'utf8') === text.length;
  const textBytes = ascii ? text.length : text.length * 2;
  const value = newSegment(count, columns.length, ascii ? ASCII : UTF16, textBytes);
  const {
    offsets,
    hashHighs,
    hashLows,
    millis,
    lengths: lengthColumn,
    textAt,
  } = columnsOf(value, count, columns.length);
  for (let index = 0; index < count; index += 1) {
    const entry = entries[index]!;
    offsets[index] = entry.offset;
    hashHighs[index] = entry.hashHigh;
    hashLows[index] = entry.hashLow;
    millis[index] = entry.eventTimeMs - minute * BUCKET_MS;
  }
  lengthColumn.set(lengths);
  value.write(text, textAt, ascii ? 'latin1' : 'utf16le');
  return { key: segmentKey(family, minute, entries[0]!.offset), value };
}

/** A segment with its header, all else yet to be filled in; `encoding` is that of the text. */
export function newSegment(count: number, stringColumns: number, encoding: number, textBytes: number): Buffer {
  const columnBytes = count * (FIXED_ENTRY_BYTES + 2 * stringColumns);
  const value = Buffer.from(new ArrayBuffer(HEADER_BYTES + columnBytes + textBytes));
  value.writeUInt32LE(count, 4);
  value.writeUInt32LE(encoding, 8);
  value.writeUInt32LE(textBytes, 12);
  return value;
}

/** The columns of a segment, and where its text starts in it. */
export function columnsOf(value: Buffer, count: number, stringColumns: number) {
  const offsetsAt = value.byteOffset + HEADER_BYTES;
  const hashHighsAt = offsetsAt + 8 * count;
  const hashLowsAt = hashHighsAt + 4 * count;
  const millisAt = hashLowsAt + 4 * count;
  const lengthsAt = millisAt + 2 * count;
  return {
    offsets: new Float64Array(value.buffer, offsetsAt, count),
    hashHighs: new Uint32Array(value.buffer, hashHighsAt, count),
    hashLows: new Uint32Array(value.buffer, hashLowsAt, count),
    millis: new Uint16Array(value.buffer, millisAt, count),
    lengths: new Uint16Array(value.buffer, lengthsAt, count * stringColumns),
    textAt: lengthsAt + 2 * count * stringColumns - value.byteOffset,
  };
}

function open(key: Buffer, stored: Buffer, stringColumns: number) {
  // Typed arrays need an aligned start, which a slice of a larger buffer does not promise.
  const value = stored.byteOffset % 8 === 0 ? stored : Buffer.from(new Uint8Array(stored).buffer);
  const count = value.readUInt32LE(4);
  const columns = columnsOf(value, count, stringColumns);
  const encoding = value.readUInt32LE(8) === ASCII ? 'latin1' : 'utf16le';
  const text = value.toString(encoding, columns.textAt, columns.textAt + value.readUInt32LE(12));
  return { ...columns, count, text, minuteMs: minuteOf(key) * BUCKET_MS };
}
