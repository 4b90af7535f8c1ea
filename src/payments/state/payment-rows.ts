/**
 * What is remembered of accepted payments: one row each, as an id (known-ids.ts), as activity of its sender (activity.ts), or
 * as both, which die at different times. Rows lie by the minute of their event time, in chunks of typed arrays: no object
 * per payment, and a minute is dropped by dropping its chunks, once both parts of it are dead. A reference (chunk and row,
 * under 2^31) names a row until then, and may name another one after that: who keeps references lets go of them with
 * his part of the minute.
 *
 * A row is eight words: offset (its low 32 bits: the others are the chunk's) | payload hash (64) | id hash (32) | ms in the
 * minute (16), the word where the id's bytes start (14), whether they are a packed UUID (1), whether the row is an id (1) |
 * sender | device | next in the chain. What is no UUID has its length in the word before its bytes.
 */

import { NO_REFERENCE } from '../../base/memory/slot-table.ts';
import { LaneSum } from './digest.ts';
import { floorTo, MINUTE_MS } from './liveness.ts';

/** Words of a row by what they hold. */
export const ROW_WORDS = 8;
export const ID_HASH = 3;
export const SENDER = 5;
export const DEVICE = 6;
export const NEXT = 7;
const OFFSET_LOW = 0;
const HASH_HIGH = 1;
const HASH_LOW = 2;
const TIME_AND_TEXT = 4;

/** In place of a sender's number: the row is no activity. */
export const NO_SENDER = -1;
const MILLIS_MASK = 0xffff;
const TEXT_AT_SHIFT = 16;
const TEXT_AT_MASK = 0x3fff;
const UUID_BIT = 1 << 30;
const ID_BIT = 1 << 31;
const TWO_32 = 4_294_967_296;

const ROW_BITS = 12;
/** Rows of a chunk, at most. */
const MOST_ROWS = 1 << ROW_BITS;
const LEAST_ROWS = 16;
const MOST_CHUNKS = 2 ** (31 - ROW_BITS);
/** Where an id's bytes start fits 14 bits: enough for a UUID in every row. */
const MOST_TEXT_WORDS = 16_384;
const LEAST_TEXT_WORDS = 64;
const NO_TEXTS = new Int32Array(0);

/** Rows of one minute. */
export class RowChunk {
  readonly index: number;
  readonly minuteMs: number;
  /** Of the offsets of all its rows. */
  readonly offsetHigh: number;
  count = 0;
  words = new Int32Array(LEAST_ROWS * ROW_WORDS);
  /** The bytes of ids. */
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

  /** Where to write so many words: growing makes new `texts`. */
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

  /** Frees what growing left over; nothing is added after this. */
  trim(): void {
    if (this.words.length > this.count * ROW_WORDS) this.words = this.words.slice(0, this.count * ROW_WORDS);
    if (this.texts.length > this.usedTextWords) this.texts = this.texts.slice(0, this.usedTextWords);
  }

  /** What both parts of a row have, written at `word`, the first of the row; it is no id yet, and no activity. */
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

/** The ids, or the activity, of a minute. */
class Part {
  /** Rows that were ever it; none once it is dropped. */
  rows = 0;
  /** Sum of those that are it. */
  lanes = new LaneSum();
}

export type PartName = 'ids' | 'activity';

export class MinuteOfRows {
  readonly minuteMs: number;
  readonly chunks: RowChunk[] = [];
  ids = new Part();
  activity = new Part();
  /** No row before it, counted through all chunks, waits for its sender: see PaymentRows.take(). */
  takenRows = 0;

  constructor(minuteMs: number) {
    this.minuteMs = minuteMs;
  }
}

export class PaymentRows {
  /** By number of the minute. */
  readonly #minutes = new Map<number, MinuteOfRows>();
  readonly #chunks: (RowChunk | undefined)[] = [];
  readonly #free: number[] = [];
  #last: MinuteOfRows | undefined;

  /** The minute of an event time; made if need be. */
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

  /** A new row for a payment at this offset, its words not yet set, in a chunk that has room for an id of so many words. */
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
   * A row that is an id with this offset, time and hash, and no activity yet; NO_REFERENCE where none is found. A store gives
   * back ids first, then activity, in one order: so only the next that is no activity yet is looked at, and those that
   * have no partner are passed by. Where the order is another, payments have two rows each, and all is as right.
   */
  take(minute: MinuteOfRows, offset: number, eventTimeMs: number, hashHigh: number, hashLow: number): number {
    let rows = minute.takenRows;
    let found = NO_REFERENCE;
    for (; found === NO_REFERENCE; rows += 1) {
      // All chunks but the last may be shorter, but not longer.
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

  /** Reads one word of a row, 0 where there is none: see touch.ts. Any number will do for a reference. */
  touch(reference: number, wordInRow: number): number {
    const chunk = this.#chunks[reference >>> ROW_BITS];
    return chunk === undefined ? 0 : (chunk.words[this.wordOf(reference) + wordInRow] as number) | 0;
  }

  /** Drops one part of the minutes before `liveFromMs`: `evict` is called with each that has it, before it is gone. */
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

  /** Every row's chunk and first word, minute by minute, of minutes that have this part. */
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
