/**
 * Texts that many entries share (senders, devices), each held once, under a small whole number, for as long as an entry
 * uses it. Numbers are used again; what they are depends on history, so nothing that leaves the state may depend on them.
 */
import { NO_REFERENCE, SlotTable } from './slot-table.ts';
import type { TextKey } from './text-key.ts';

/** Words of a number: both lanes of the hash, uses, and one for the owner. Side by side: they are read together. */
const WORDS = 4;
const HIGH = 0;
const LOW = 1;
const USES = 2;
const NOTE = 3;
const LEAST_TEXTS = 64;

export class TextPool {
  readonly #table = new SlotTable();
  #words = new Int32Array(LEAST_TEXTS * WORDS);
  /** By number. */
  readonly #texts: string[] = [];
  readonly #free: number[] = [];

  get size(): number {
    return this.#table.size;
  }

  /** The number of a text, with one more use of it. */
  use(key: TextKey): number {
    const hash = key.low;
    const words = this.#words;
    for (let slot = this.#table.first(hash); ; slot = this.#table.next(slot, hash)) {
      const found = this.#table.at(slot);
      if (found === NO_REFERENCE) break;
      const word = found * WORDS;
      if (words[word + HIGH] !== key.high || !sameText(this.#texts[found] as string, key)) continue;
      words[word + USES] = (words[word + USES] as number) + 1;
      return found;
    }
    return this.#add(key);
  }

  /** One use less; tells whether it was the last, and the number is free now. */
  release(number: number): boolean {
    const words = this.#words;
    const word = number * WORDS;
    const uses = (words[word + USES] as number) - 1;
    words[word + USES] = uses;
    if (uses > 0) return false;
    this.#table.remove(words[word + LOW] as number, number);
    this.#texts[number] = '';
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

  textOf(number: number): string {
    return this.#texts[number] as string;
  }

  /** Bytes of tables and texts: an estimate, since texts are the engine's. */
  get approximateBytes(): number {
    return this.#table.byteLength + this.#words.byteLength + this.#texts.length * BYTES_PER_TEXT;
  }

  #add(key: TextKey): number {
    const number = this.#free.pop() ?? this.#texts.length;
    const word = number * WORDS;
    if (word >= this.#words.length) {
      const grown = new Int32Array(2 * this.#words.length);
      grown.set(this.#words);
      this.#words = grown;
    }
    this.#texts[number] = key.toText();
    this.#words[word + HIGH] = key.high;
    this.#words[word + LOW] = key.low;
    this.#words[word + USES] = 1;
    this.#words[word + NOTE] = 0;
    this.#table.add(key.low, number);
    return number;
  }
}

/** A text of about 20 characters with its header, and its place in the list. */
const BYTES_PER_TEXT = 48;

/** Whether a key stands for this text. */
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
