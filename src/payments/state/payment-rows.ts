/**
 * The rows of accepted payments in memory. A row is an id (known-ids.ts), activity of its sender (activity.ts), or
 * both. The two parts die at different times. Rows are grouped by the minute of their event time, in chunks of typed
 * arrays. So there is no object per payment, and a minute goes with its chunks once both its parts are dead.
 *
 * A reference (chunk and row, below 2^31) names a row until its minute is dropped. After that it may name another row.
 * So each table must forget its references when its part of the minute is dropped.
 *
 * A row has eight words: offset (its low 32 bits; the chunk holds the others) | payload hash (two words) | id hash | ms
 * in the minute (16 bits), the word where the id's bytes start (14), whether they are a packed UUID (1), whether the
 * row is an id (1) | sender | device | next entry of the sender's chain. An id that is no UUID has its length in the
 * word before its bytes.
 */

import { NO_REFERENCE } from '../../base/memory/slot-table.ts';
import { LaneSum } from './digest.ts';
import { floorTo, MINUTE_MS } from './liveness.ts';

/** Words per row, and the index of each word in it. */
export const ROW_WORDS = 8;
export const ID_HASH = 3;
export const SENDER = 5;
export const DEVICE = 6;
export const NEXT = 7;
const OFFSET_LOW = 0;
const HASH_HIGH = 1;
const HASH_LOW = 2;
const TIME_AND_TEXT = 4;

/** Stands in place of a sender's number if the row is no activity. */
export const NO_SENDER = -1;
/** Stands in place of a device's number if the payment has no device. */
export const NO_DEVICE = -1;
const MILLIS_MASK = 0xffff;
const TEXT_AT_SHIFT = 16;
const TEXT_AT_MASK = 0x3fff;
const UUID_BIT = 1 << 30;
const ID_BIT = 1 << 31;
const TWO_32 = 4_294_967_296;

const ROW_BITS = 12;
/** Maximum number of rows in a chunk. */
const MOST_ROWS = 1 << ROW_BITS;
const LEAST_ROWS = 16;
const MOST_CHUNKS = 2 ** (31 - ROW_BITS);
/** Maximum words of ids in a chunk: the start of an id fits 14 bits. Enough for a UUID in every row. */
const MOST_TEXT_WORDS = 16_384;
const LEAST_TEXT_WORDS = 64;
const NO_TEXTS = new Int32Array(0);

/** Rows of one minute whose offsets differ only in their low 32 bits. */
export class RowChunk {
  readonly index: number;
  readonly minuteMs: number;
  /** The bits above the low 32 of an offset, equal for all its rows. */
  readonly offsetHigh: number;
  count = 0;
  words = new Int32Array(LEAST_ROWS * ROW_WORDS);
  /** The bytes of the ids, as words. */
  texts = NO_TEXTS;
  usedTextWords = 0;

  constructor(index: number, minuteMs: number, offsetHigh: number) {
    this.index = index;
    this.minuteMs = minuteMs;
    this.offsetHigh = offsetHigh;
  }

  hasRoom(offsetHigh: number, textWords: number): boolean {
    if (this.offsetHigh !== offsetHigh || this.count === MOST_ROWS) return false;
    return this.usedTextWords + textWords <= MOST_TEXT_WORDS;
  }

  /** Reserves `wordCount` words and returns the first. It may replace `texts`: read the field again afterwards. */
  reserveText(wordCount: number): number {
    const start = this.usedTextWords;
    const end = start + wordCount;
    if (end > this.texts.length) {
      const grown = new Int32Array(Math.max(end, 2 * this.texts.length, LEAST_TEXT_WORDS));
      grown.set(this.texts);
      this.texts = grown;
    }
    this.usedTextWords = end;
    return start;
  }

  dropTexts(): void {
    this.texts = NO_TEXTS;
    this.usedTextWords = 0;
  }

  /** Frees unused room. Add nothing to the chunk afterwards. */
  trim(): void {
    if (this.words.length > this.count * ROW_WORDS) this.words = this.words.slice(0, this.count * ROW_WORDS);
    if (this.texts.length > this.usedTextWords) this.texts = this.texts.slice(0, this.usedTextWords);
  }

  /** Writes what both parts share. `word` is the row's first. Afterwards the row is neither an id nor activity. */
  set(word: number, offset: number, eventTimeMs: number, hashHigh: number, hashLow: number): void {
    const { words } = this;
    words[word + OFFSET_LOW] = offset; // modulo 2^32
    words[word + HASH_HIGH] = hashHigh;
    words[word + HASH_LOW] = hashLow;
    words[word + TIME_AND_TEXT] = eventTimeMs - this.minuteMs;
    words[word + SENDER] = NO_SENDER;
  }

  setId(word: number, hash: number, isUuid: boolean, textAt: number): void {
    const { words } = this;
    const timeMs = words[word + TIME_AND_TEXT] as number;
    words[word + TIME_AND_TEXT] = timeMs | (textAt << TEXT_AT_SHIFT) | (isUuid ? UUID_BIT : 0) | ID_BIT;
    words[word + ID_HASH] = hash;
  }

  clearId(word: number): void {
    this.words[word + TIME_AND_TEXT] = (this.words[word + TIME_AND_TEXT] as number) & MILLIS_MASK;
  }

  isIdAt(word: number): boolean {
    return ((this.words[word + TIME_AND_TEXT] as number) & ID_BIT) !== 0;
  }

  offsetAt(word: number): number {
    return this.offsetHigh * TWO_32 + ((this.words[word + OFFSET_LOW] as number) >>> 0);
  }

  eventTimeMsAt(word: number): number {
    return this.minuteMs + ((this.words[word + TIME_AND_TEXT] as number) & MILLIS_MASK);
  }

  hashHighAt(word: number): number {
    return (this.words[word + HASH_HIGH] as number) >>> 0;
  }

  hashLowAt(word: number): number {
    return (this.words[word + HASH_LOW] as number) >>> 0;
  }

  isUuidAt(word: number): boolean {
    return ((this.words[word + TIME_AND_TEXT] as number) & UUID_BIT) !== 0;
  }

  /** The word of `texts` where the id's bytes start. */
  textAt(word: number): number {
    return ((this.words[word + TIME_AND_TEXT] as number) >>> TEXT_AT_SHIFT) & TEXT_AT_MASK;
  }

  isOf(word: number, eventTimeMs: number, hashHigh: number, hashLow: number): boolean {
    const { words } = this;
    if (words[word + HASH_HIGH] !== (hashHigh | 0) || words[word + HASH_LOW] !== (hashLow | 0)) return false;
    return this.eventTimeMsAt(word) === eventTimeMs;
  }
}

/** One part of a minute: its ids or its activity. */
class Part {
  /** Rows that have ever belonged to the part; 0 once it is dropped. */
  rows = 0;
  /** Digest sum of the rows that belong to it now. */
  lanes = new LaneSum();
}

export type PartName = 'ids' | 'activity';

export class MinuteOfRows {
  readonly minuteMs: number;
  readonly chunks: RowChunk[] = [];
  ids = new Part();
  activity = new Part();
  /** Where PaymentRows.take() continues: a row number, counted with MOST_ROWS rows per chunk. */
  takenRows = 0;

  constructor(minuteMs: number) {
    this.minuteMs = minuteMs;
  }
}

export class PaymentRows {
  /** By minutes since 1970. */
  readonly #minutes = new Map<number, MinuteOfRows>();
  readonly #chunks: (RowChunk | undefined)[] = [];
  readonly #free: number[] = [];
  #last: MinuteOfRows | undefined;

  /** The minute of an event time. It is created if absent. */
  minuteOf(eventTimeMs: number): MinuteOfRows {
    const minuteMs = floorTo(eventTimeMs, MINUTE_MS);
    if (this.#last?.minuteMs === minuteMs) return this.#last;
    const number = minuteMs / MINUTE_MS;
    let minute = this.#minutes.get(number);
    if (minute === undefined) {
      minute = new MinuteOfRows(minuteMs);
      this.#minutes.set(number, minute);
    }
    this.#last = minute;
    return minute;
  }

  /**
   * Adds a row for a payment at `offset`, in a chunk with room for `textWords` words of id. Its words are not set yet.
   */
  add(minute: MinuteOfRows, offset: number, textWords: number): number {
    const offsetHigh = Math.floor(offset / TWO_32);
    let chunk = minute.chunks.at(-1);
    if (chunk === undefined || !chunk.hasRoom(offsetHigh, textWords)) {
      chunk?.trim();
      chunk = this.#newChunk(minute, offsetHigh);
    }
    const row = chunk.count;
    const word = row * ROW_WORDS;
    chunk.count = row + 1;
    if (word + ROW_WORDS > chunk.words.length) {
      const grown = new Int32Array(2 * chunk.words.length);
      grown.set(chunk.words);
      chunk.words = grown;
    }
    return PaymentRows.reference(chunk.index, row);
  }

  /**
   * Finds the row that is an id with this offset, time and hash and no activity yet. Returns NO_REFERENCE if it finds
   * none. Local state returns ids first, then activity, both in one order. So the search continues where the last one
   * ended, and skips ids that have no activity. In any other order a payment may get two rows, and every result stays
   * the same.
   */
  take(minute: MinuteOfRows, offset: number, eventTimeMs: number, hashHigh: number, hashLow: number): number {
    let rows = minute.takenRows;
    let found = NO_REFERENCE;
    for (; found === NO_REFERENCE; rows += 1) {
      // A chunk may have fewer than MOST_ROWS rows, never more.
      const chunk = minute.chunks[rows >>> ROW_BITS];
      if (chunk === undefined) break;
      const row = rows & (MOST_ROWS - 1);
      if (row >= chunk.count) {
        if (chunk === minute.chunks.at(-1)) break;
        rows |= MOST_ROWS - 1;
        continue;
      }
      const word = row * ROW_WORDS;
      if (chunk.words[word + SENDER] !== NO_SENDER) continue;
      const held = chunk.offsetAt(word);
      if (held > offset) break;
      if (held === offset && chunk.isOf(word, eventTimeMs, hashHigh, hashLow))
        found = PaymentRows.reference(chunk.index, row);
    }
    minute.takenRows = rows;
    return found;
  }

  static reference(chunkIndex: number, row: number): number {
    return (chunkIndex << ROW_BITS) | row;
  }

  chunkOf(reference: number): RowChunk {
    return this.#chunks[reference >>> ROW_BITS] as RowChunk;
  }

  /** Index of the row's first word in its chunk. */
  wordOf(reference: number): number {
    return (reference & (MOST_ROWS - 1)) * ROW_WORDS;
  }

  /** Reads one word of a row, or 0 if there is none: see touch.ts. `reference` may be any number. */
  touch(reference: number, wordInRow: number): number {
    const chunk = this.#chunks[reference >>> ROW_BITS];
    return chunk === undefined ? 0 : (chunk.words[this.wordOf(reference) + wordInRow] as number) | 0;
  }

  /** Drops one part of the minutes before `liveFromMs`. It calls `evict` with each such minute before the drop. */
  dropBelow(part: PartName, liveFromMs: number, evict: (minute: MinuteOfRows) => void): void {
    for (const [number, minute] of this.#minutes) {
      if (minute.minuteMs >= liveFromMs || minute[part].rows === 0) continue;
      evict(minute);
      minute[part] = new Part();
      if (part === 'ids') for (const chunk of minute.chunks) chunk.dropTexts();
      if (minute.ids.rows > 0 || minute.activity.rows > 0) continue;
      this.#minutes.delete(number);
      for (const { index } of minute.chunks) {
        this.#chunks[index] = undefined;
        this.#free.push(index);
      }
      this.#last = undefined;
    }
  }

  /** The chunk and first word of every row, minute by minute, of the minutes that have this part. */
  *rowsWith(part: PartName): Generator<readonly [chunk: RowChunk, word: number]> {
    for (const minute of this.#minutes.values()) {
      if (minute[part].rows === 0) continue;
      for (const chunk of minute.chunks) {
        for (let row = 0; row < chunk.count; row += 1) yield [chunk, row * ROW_WORDS];
      }
    }
  }

  get byteLength(): number {
    let total = 0;
    for (const chunk of this.#chunks) if (chunk !== undefined) total += chunk.words.byteLength + chunk.texts.byteLength;
    return total;
  }

  #newChunk(minute: MinuteOfRows, offsetHigh: number): RowChunk {
    const index = this.#free.pop() ?? this.#chunks.length;
    if (index >= MOST_CHUNKS)
      throw new RangeError(`a partition's state holds ${MOST_CHUNKS} chunks of payments: no more fit`);
    const chunk = new RowChunk(index, minute.minuteMs, offsetHigh);
    this.#chunks[index] = chunk;
    minute.chunks.push(chunk);
    return chunk;
  }
}
