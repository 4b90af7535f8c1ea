/**
 * Entries of fixed width by the minute of their event time, in chunks of typed arrays: no object per entry, and a minute
 * is dropped by dropping its chunks. A reference (chunk and row, under 2^31) names an entry until its minute is dropped,
 * and may name another one after that: who keeps references must let go of them with the minute.
 */
import { LaneSum } from './digest.ts';
import { MINUTE_MS } from './liveness.ts';

const ROW_BITS = 12;
/** Rows of a chunk, at most. */
const MOST_ROWS = 1 << ROW_BITS;
const LEAST_ROWS = 16;
const MOST_CHUNKS = 2 ** (31 - ROW_BITS);

/** Where an entry's text starts fits 16 bits. */
const MOST_TEXT_WORDS = 65_536;

export class EntryChunk {
  readonly index: number;
  readonly minuteMs: number;
  count = 0;
  words: Int32Array;
  /** Texts of varying length, if the entries have any. */
  texts = NO_TEXTS;
  usedTextWords = 0;

  constructor(index: number, minuteMs: number, wordsPerRow: number) {
    this.index = index;
    this.minuteMs = minuteMs;
    this.words = new Int32Array(LEAST_ROWS * wordsPerRow);
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

  /** Frees what growing left over; nothing is added after this. */
  trim(wordsPerRow: number): void {
    if (this.words.length > this.count * wordsPerRow) this.words = this.words.slice(0, this.count * wordsPerRow);
    if (this.texts.length > this.usedTextWords) this.texts = this.texts.slice(0, this.usedTextWords);
  }
}

const NO_TEXTS = new Int32Array(0);
const LEAST_TEXT_WORDS = 64;

/** One minute's entries and their share of a digest. */
export class MinuteOfEntries {
  readonly minuteMs: number;
  readonly lanes = new LaneSum();
  readonly chunks: EntryChunk[] = [];

  constructor(minuteMs: number) {
    this.minuteMs = minuteMs;
  }
}

export class MinuteChunks {
  readonly #wordsPerRow: number;
  /** By number of the minute. */
  readonly #minutes = new Map<number, MinuteOfEntries>();
  readonly #chunks: (EntryChunk | undefined)[] = [];
  readonly #free: number[] = [];
  #last: MinuteOfEntries | undefined;

  constructor(wordsPerRow: number) {
    this.#wordsPerRow = wordsPerRow;
  }

  /** The minute that starts at `minuteMs`; made if need be. */
  minuteAt(minuteMs: number): MinuteOfEntries {
    if (this.#last?.minuteMs === minuteMs) return this.#last;
    const number = minuteMs / MINUTE_MS;
    let minute = this.#minutes.get(number);
    if (minute === undefined) {
      minute = new MinuteOfEntries(minuteMs);
      this.#minutes.set(number, minute);
    }
    this.#last = minute;
    return minute;
  }

  /** A new row, its words not yet written, in a chunk that has room for a text of so many words. */
  add(minute: MinuteOfEntries, textWords: number): number {
    let chunk = minute.chunks.at(-1);
    if (chunk === undefined || chunk.count === MOST_ROWS || chunk.usedTextWords + textWords > MOST_TEXT_WORDS) {
      chunk?.trim(this.#wordsPerRow);
      chunk = this.#newChunk(minute);
    }
    const row = chunk.count;
    chunk.count += 1;
    if (chunk.count * this.#wordsPerRow > chunk.words.length) {
      const grown = new Int32Array(2 * chunk.words.length);
      grown.set(chunk.words);
      chunk.words = grown;
    }
    return MinuteChunks.reference(chunk.index, row);
  }

  static reference(chunkIndex: number, row: number): number {
    return (chunkIndex << ROW_BITS) | row;
  }

  chunkOf(reference: number): EntryChunk {
    return this.#chunks[reference >>> ROW_BITS] as EntryChunk;
  }

  /** Reads one word of an entry, 0 where there is none: see touch.ts. Any number will do for a reference. */
  touch(reference: number, wordInRow: number): number {
    const chunk = this.#chunks[reference >>> ROW_BITS];
    return chunk === undefined ? 0 : (chunk.words[this.wordOf(reference) + wordInRow] as number) | 0;
  }

  /** Index of the entry's first word in its chunk. */
  wordOf(reference: number): number {
    return (reference & (MOST_ROWS - 1)) * this.#wordsPerRow;
  }

  /** Takes out the minutes before `liveFromMs`. Their references are free for others as soon as something is added. */
  takeBelow(liveFromMs: number): MinuteOfEntries[] {
    const taken: MinuteOfEntries[] = [];
    for (const [number, minute] of this.#minutes) {
      if (minute.minuteMs >= liveFromMs) continue;
      taken.push(minute);
      this.#minutes.delete(number);
      for (const { index } of minute.chunks) {
        this.#chunks[index] = undefined;
        this.#free.push(index);
      }
    }
    if (taken.length > 0) this.#last = undefined;
    return taken;
  }

  /** Every row's chunk and first word, minute by minute. */
  *rows(): Generator<readonly [chunk: EntryChunk, word: number]> {
    for (const minute of this.#minutes.values()) {
      for (const chunk of minute.chunks) {
        for (let row = 0; row < chunk.count; row += 1) yield [chunk, row * this.#wordsPerRow];
      }
    }
  }

  get byteLength(): number {
    let total = 0;
    for (const chunk of this.#chunks) if (chunk !== undefined) total += chunk.words.byteLength + chunk.texts.byteLength;
    return total;
  }

  #newChunk(minute: MinuteOfEntries): EntryChunk {
    const index = this.#free.pop() ?? this.#chunks.length;
    if (index >= MOST_CHUNKS)
      throw new RangeError(`a partition's state holds ${MOST_CHUNKS} chunks of entries: no more fit`);
    const chunk = new EntryChunk(index, minute.minuteMs, this.#wordsPerRow);
    this.#chunks[index] = chunk;
    minute.chunks.push(chunk);
    return chunk;
  }
}
