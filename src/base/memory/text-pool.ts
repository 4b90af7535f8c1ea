/**
 * Texts that many entries share (senders, devices). Each is held once, under a small whole number, while an entry uses
 * it. Numbers are reused and depend on history, so nothing that leaves the state may depend on them.
 *
 * A number has one row of 64 bytes, so a look-up misses the cache twice: in the index, and in the row, which holds the
 * text's bytes too. A longer text (rare) is kept beside the row, as a string.
 */

import type { HashList } from './prefetch.ts';
import type { IndexKey } from './slot-hash.ts';
import { NO_REFERENCE, SlotTable } from './slot-table.ts';
import { copyWords, isSameWords, type TextKey } from './text-key.ts';

/** Words of a row: a lane of the text's hash, its hash in the index, uses, one for the owner, length in bytes, and the text. */
const WORDS = 16;
const HIGH = 0;
const SLOT = 1;
const USES = 2;
const NOTE = 3;
const LENGTH = 4;
const TEXT = 5;
const MOST_TEXT_BYTES = 4 * (WORDS - TEXT);
const LEAST_ROWS = 64;

export class TextPool {
  readonly #indexKey: IndexKey;
  readonly #table = new SlotTable();
  #words = new Int32Array(LEAST_ROWS * WORDS);
  /** Rows used so far, including the free ones. */
  #rows = 0;
  readonly #free: number[] = [];
  /** Texts of more than MOST_TEXT_BYTES, by number. */
  readonly #long = new Map<number, string>();

  /** The key must be secret from anybody who chooses texts. */
  constructor(indexKey: IndexKey) {
    this.#indexKey = indexKey;
  }

  get size(): number {
    return this.#table.size;
  }

  /** SlotTable.longestWalk of its index. */
  get longestWalk(): number {
    return this.#table.longestWalk;
  }

  /** Reads the slots where look-ups of these texts begin (prefetch.ts). */
  touchSlots({ count, slots }: HashList): number {
    const table = this.#table;
    let touched = 0;
    for (let index = 0; index < count; index += 1) touched ^= table.touch(slots[index] as number);
    return touched;
  }

  /** Reads the rows of these texts, as far as their hashes tell, and returns their notes: 0 if there is none. */
  touchRows({ count, slots }: HashList, notes: Int32Array): void {
    const table = this.#table;
    const words = this.#words;
    for (let index = 0; index < count; index += 1) {
      const found = table.at(table.first(slots[index] as number));
      notes[index] = found === NO_REFERENCE ? 0 : (words[found * WORDS + NOTE] as number);
    }
  }

  /** Reads the row of a number, used or free. */
  touch(number: number): number {
    return this.#words[number * WORDS + USES] as number;
  }

  /** The number of a text, with one more use of it. */
  use(key: TextKey): number {
    const hash = key.slotOf(this.#indexKey);
    const words = this.#words;
    for (let slot = this.#table.first(hash); ; slot = this.#table.next(slot, hash)) {
      const found = this.#table.at(slot);
      if (found === NO_REFERENCE) break;
      const word = found * WORDS;
      if (words[word + HIGH] !== key.high || !this.#isSame(key, found)) continue;
      words[word + USES] = (words[word + USES] as number) + 1;
      return found;
    }
    return this.#add(key, hash);
  }

  /** Ends one use; true: it was the last, and the number is free now. */
  release(number: number): boolean {
    const words = this.#words;
    const word = number * WORDS;
    const uses = (words[word + USES] as number) - 1;
    words[word + USES] = uses;
    if (uses > 0) return false;
    this.#table.remove(words[word + SLOT] as number, number);
    if ((words[word + LENGTH] as number) > MOST_TEXT_BYTES) this.#long.delete(number);
    this.#free.push(number);
    return true;
  }

  usesOf(number: number): number {
    return this.#words[number * WORDS + USES] as number;
  }

  /** A word that the owner keeps with a number: 0 for a new one. */
  noteOf(number: number): number {
    return this.#words[number * WORDS + NOTE] as number;
  }

  setNote(number: number, note: number): void {
    this.#words[number * WORDS + NOTE] = note;
  }

  /** A string of its own. */
  textOf(number: number): string {
    const word = number * WORDS;
    const byteLength = this.#words[word + LENGTH] as number;
    if (byteLength > MOST_TEXT_BYTES) return this.#long.get(number) as string;
    return Buffer.from(this.#words.buffer, 4 * (word + TEXT), byteLength).toString('utf8');
  }

  /** Bytes of tables and texts: an estimate, since long texts are in the engine's memory. */
  get approximateBytes(): number {
    let long = 0;
    for (const text of this.#long.values()) long += BYTES_PER_LONG_TEXT + text.length;
    return this.#table.byteLength + this.#words.byteLength + long;
  }

  #isSame(key: TextKey, number: number): boolean {
    const word = number * WORDS;
    if (this.#words[word + LENGTH] !== key.byteLength) return false;
    if (key.byteLength > MOST_TEXT_BYTES) return this.#long.get(number) === key.toText();
    return isSameWords(key, this.#words, word + TEXT);
  }

  #add(key: TextKey, hash: number): number {
    const number = this.#free.pop() ?? this.#rows;
    if (number === this.#rows) this.#rows += 1;
    const word = number * WORDS;
    if (word >= this.#words.length) {
      const grown = new Int32Array(2 * this.#words.length);
      grown.set(this.#words);
      this.#words = grown;
    }
    const words = this.#words;
    words[word + HIGH] = key.high;
    words[word + SLOT] = hash;
    words[word + USES] = 1;
    words[word + NOTE] = 0;
    words[word + LENGTH] = key.byteLength;
    if (key.byteLength > MOST_TEXT_BYTES) this.#long.set(number, key.toText());
    else copyWords(key, words, word + TEXT);
    this.#table.add(hash, number);
    return number;
  }
}

/** Header of a string and its place in the map. */
const BYTES_PER_LONG_TEXT = 64;

/** Whether a key is this text. */
export function sameText(text: string, key: TextKey): boolean {
  const { bytes, start, byteLength } = key;
  if (text.length > byteLength) return false;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit >= 0x80) return text === key.toText();
    if (unit !== bytes[start + index]) return false;
  }
  return text.length === byteLength;
}
