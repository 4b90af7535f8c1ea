/**
 * Segments: many remembered payments of one minute of event time as one block of columns, because a million small
 * entries would be slow to write, read and evict. Texts are their UTF-8 bytes, side by side. No object or string is
 * made per payment, neither when a checkpoint writes tens of thousands of them nor when they are read back.
 *
 * Layout of a value (little-endian; the checksum of seal.ts comes first):
 *   checksum u32 | count u32 | text bytes u32 | 0 u32
 *   offset f64[count] | hashHigh u32[count] | hashLow u32[count] | ms in the minute u16[count]
 *   length u16[count] of each text column | texts, entry by entry
 *
 * Invariant: these segments read back as they were written. Reading trusts the layout: callers check the seal first.
 */

import { TextColumn } from '../base/memory/text-column.ts';
import { TextKey } from '../base/memory/text-key.ts';
import type { ActivityEntry, IdEntry } from '../payments/state/digest.ts';
import { RememberedLog } from '../payments/state/remembered-log.ts';
import type { EntryBlock } from '../payments/state/stored-entries.ts';
import type { RememberedList } from '../payments/types.ts';
import type { EntryBatch } from './entry-batch.ts';
import { BUCKET_MS, minuteOf, type SegmentFamily, segmentKey } from './keys.ts';

const HEADER_BYTES = 16;
const FIXED_ENTRY_BYTES = 8 + 4 + 4 + 2;
/** A segment ends before it exceeds this, unless one entry is larger. */
const SEGMENT_BYTES_TARGET = 256 * 1024;
/** Entries that came as objects are collected this many at a time. */
const GATHERED_ENTRIES = 8_192;

/** The columns of a log of remembered payments, also for collected entries. */
interface SegmentRows {
  readonly length: number;
  offsetAt(row: number): number;
  eventTimeMsAt(row: number): number;
  hashHighAt(row: number): number;
  hashLowAt(row: number): number;
}

/** Those of ids, then those of activity. Yields after each part, so that the batch can be written and cleared. */
export function* putRemembered(remembered: RememberedList, batch: EntryBatch): Generator<void> {
  if (remembered instanceof RememberedLog) {
    yield* putRows('ids', remembered, [remembered.ids], batch);
    yield* putRows('activity', remembered, [remembered.senders, remembered.devices], batch);
  } else {
    yield* putIds(remembered, batch);
    yield* putActivity(remembered, batch);
  }
}

/** Yields after each part. */
export function* putIds(entries: Iterable<IdEntry>, batch: EntryBatch): Generator<void> {
  yield* putGathered('ids', entries, [(entry) => entry.transactionId], batch);
}

export function* putActivity(entries: Iterable<ActivityEntry>, batch: EntryBatch): Generator<void> {
  yield* putGathered('activity', entries, [(entry) => entry.senderAccountId, (entry) => entry.deviceId], batch);
}

function* putGathered<T extends GatheredEntry>(
  family: SegmentFamily,
  entries: Iterable<T>,
  columns: readonly ((entry: T) => string)[],
  batch: EntryBatch,
): Generator<void> {
  let gathered = new GatheredRows(columns.length);
  for (const entry of entries) {
    gathered.add(
      entry,
      columns.map((column) => column(entry)),
    );
    if (gathered.length < GATHERED_ENTRIES) continue;
    yield* putRows(family, gathered, gathered.texts, batch);
    gathered = new GatheredRows(columns.length);
  }
  yield* putRows(family, gathered, gathered.texts, batch);
}

type GatheredEntry = Pick<IdEntry, 'offset' | 'eventTimeMs' | 'hashHigh' | 'hashLow'>;

class GatheredRows implements SegmentRows {
  readonly texts: readonly TextColumn[];
  readonly #entries: GatheredEntry[] = [];
  readonly #key = new TextKey();

  constructor(textColumns: number) {
    this.texts = Array.from({ length: textColumns }, () => new TextColumn());
  }

  get length(): number {
    return this.#entries.length;
  }

  add(entry: GatheredEntry, texts: readonly string[]): void {
    this.#entries.push(entry);
    for (const [column, text] of texts.entries()) this.texts[column]!.add(this.#key.setText(text));
  }

  offsetAt(row: number): number {
    return this.#entries[row]!.offset;
  }

  eventTimeMsAt(row: number): number {
    return this.#entries[row]!.eventTimeMs;
  }

  hashHighAt(row: number): number {
    return this.#entries[row]!.hashHigh;
  }

  hashLowAt(row: number): number {
    return this.#entries[row]!.hashLow;
  }
}

interface Filling {
  rows: number[];
  textBytes: number;
}

function* putRows(
  family: SegmentFamily,
  from: SegmentRows,
  texts: readonly TextColumn[],
  batch: EntryBatch,
): Generator<void> {
  const byMinute = new Map<number, Filling>();
  const rowBytes = FIXED_ENTRY_BYTES + 2 * texts.length;
  for (let row = 0; row < from.length; row += 1) {
    const minute = Math.floor(from.eventTimeMsAt(row) / BUCKET_MS);
    let filling = byMinute.get(minute);
    if (filling === undefined) {
      filling = { rows: [], textBytes: 0 };
      byMinute.set(minute, filling);
    }
    let textBytes = 0;
    for (const { offsets } of texts) textBytes += offsets[row + 1]! - offsets[row]!;
    const bytes = HEADER_BYTES + (filling.rows.length + 1) * rowBytes + filling.textBytes + textBytes;
    if (bytes > SEGMENT_BYTES_TARGET && filling.rows.length > 0) {
      putSegment(family, from, texts, minute, filling, batch);
      yield;
      filling.rows = [];
      filling.textBytes = 0;
    }
    filling.rows.push(row);
    filling.textBytes += textBytes;
  }
  for (const [minute, filling] of byMinute) {
    putSegment(family, from, texts, minute, filling, batch);
    yield;
  }
}

function putSegment(
  family: SegmentFamily,
  from: SegmentRows,
  texts: readonly TextColumn[],
  minute: number,
  { rows, textBytes }: Filling,
  batch: EntryBatch,
): void {
  const count = rows.length;
  const valueBytes = HEADER_BYTES + count * (FIXED_ENTRY_BYTES + 2 * texts.length) + textBytes;
  batch.put(segmentKey(family, minute), valueBytes, (value) => {
    value.writeUInt32LE(count, 4);
    value.writeUInt32LE(textBytes, 8);
    const { offsets, hashHighs, hashLows, millis, lengths, textAt } = columnsOf(value, count, texts.length);
    let at = textAt;
    for (let index = 0; index < count; index += 1) {
      const row = rows[index]!;
      offsets[index] = from.offsetAt(row);
      hashHighs[index] = from.hashHighAt(row);
      hashLows[index] = from.hashLowAt(row);
      millis[index] = from.eventTimeMsAt(row) - minute * BUCKET_MS;
      for (let column = 0; column < texts.length; column += 1) {
        const { bytes, offsets: ends } = texts[column]!;
        const start = ends[row]!;
        const end = ends[row + 1]!;
        lengths[column * count + index] = end - start;
        for (let read = start; read < end; read += 1, at += 1) value[at] = bytes[read]!;
      }
    }
  });
}

/** The columns of a segment in place; `bytes` is memory that contains the value, and `view` all of it. */
export function blockOf(
  family: SegmentFamily,
  key: Buffer,
  value: Buffer,
  { bytes, view }: { readonly bytes: Buffer; readonly view: DataView },
): EntryBlock {
  const count = value.readUInt32LE(4);
  const { textAt, ...columns } = columnsOf(value, count, family === 'ids' ? 1 : 2);
  const minuteMs = minuteOf(key) * BUCKET_MS;
  return { minuteMs, count, ...columns, bytes, view, textAt: textAt + value.byteOffset - bytes.byteOffset };
}

/** `textAt` counts from the start of the value. */
function columnsOf({ buffer, byteOffset }: Buffer, count: number, textColumns: number) {
  const offsetsAt = byteOffset + HEADER_BYTES;
  const hashHighsAt = offsetsAt + 8 * count;
  const hashLowsAt = hashHighsAt + 4 * count;
  const millisAt = hashLowsAt + 4 * count;
  const lengthsAt = millisAt + 2 * count;
  return {
    offsets: new Float64Array(buffer, offsetsAt, count),
    hashHighs: new Uint32Array(buffer, hashHighsAt, count),
    hashLows: new Uint32Array(buffer, hashLowsAt, count),
    millis: new Uint16Array(buffer, millisAt, count),
    lengths: new Uint16Array(buffer, lengthsAt, count * textColumns),
    textAt: lengthsAt + 2 * count * textColumns - byteOffset,
  };
}
