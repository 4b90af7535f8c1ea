/**
 * A text as its UTF-8 bytes with a 64-bit hash of them: the key of a look-up. One key is set again and again, so a
 * look-up allocates nothing. The hash guards against accident, not attack: after equal hashes the bytes are compared,
 * and the place in an index comes from another hash, under a secret key (slotOf). Bytes are read four at a time, as
 * little-endian words.
 */

import { type IndexKey, slotHash } from './slot-hash.ts';
import { rotate, wordOf } from './words.ts';

/** Maximum bytes of a valid member: 256 UTF-16 units. Longer texts get a larger buffer. */
const SCRATCH_BYTES = 768;
/** A word that starts at the last byte of a text still lies in the buffer. */
const PADDING_BYTES = 4;

/** Bytes with a view for reading words; texts of at most `capacity` bytes in all. */
export class ByteScratch {
  readonly bytes: Buffer;
  readonly view: DataView;
  readonly capacity: number;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.bytes = Buffer.alloc(capacity + PADDING_BYTES);
    this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);
  }
}

export class TextKey {
  bytes: Buffer;
  view: DataView;
  /** The text is [start, end) of `bytes`. */
  start = 0;
  end = 0;
  /** Two signed 32-bit lanes. */
  high = 0;
  low = 0;
  #capacity: number;
  #slot = 0;
  /** The key that `#slot` was hashed under; undefined: no hash yet. */
  #slotKey: IndexKey | undefined;

  /** A key on another owner's scratch is set by setRange() only. */
  constructor({ bytes, view, capacity } = new ByteScratch(SCRATCH_BYTES)) {
    this.bytes = bytes;
    this.view = view;
    this.#capacity = capacity;
  }

  get byteLength(): number {
    return this.end - this.start;
  }

  /** Points at UTF-8 bytes of the scratch. They must not change while the key is used. */
  setRange(start: number, end: number): this {
    this.start = start;
    this.end = end;
    this.#slotKey = undefined;
    this.#hash();
    return this;
  }

  /** From now on reads these bytes, by setRange() only. At least three bytes follow the last text. */
  pointAt(bytes: Buffer, view: DataView): void {
    this.bytes = bytes;
    this.view = view;
    this.#capacity = 0;
  }

  setText(text: string): this {
    const needed = 3 * text.length;
    if (needed > this.#capacity) {
      const larger = new ByteScratch(needed);
      this.bytes = larger.bytes;
      this.view = larger.view;
      this.#capacity = needed;
    }
    return this.setRange(0, this.bytes.write(text, 'utf8'));
  }

  /** slotHash() of the text: computed on first use, kept while text and key stay. */
  slotOf(key: IndexKey): number {
    if (this.#slotKey !== key) {
      this.#slot = slotHash(this, key);
      this.#slotKey = key;
    }
    return this.#slot;
  }

  /** A string that keeps no other memory alive. */
  toText(): string {
    return this.bytes.toString('utf8', this.start, this.end);
  }

  /** Lanes in local variables: every payment is hashed here eight times. */
  #hash(): void {
    const { view, start, end } = this;
    let high = 0x243f6a88 ^ (end - start);
    let low = 0x13198a2e ^ (end - start);
    let at = start;
    for (; at + 4 <= end; at += 4) {
      const word = view.getInt32(at, true);
      high = (Math.imul(rotate(high ^ scrambleHigh(word), 19) + low, 5) + 0x561ccd1b) | 0;
      low = (Math.imul(rotate(low ^ scrambleLow(word), 17) + high, 5) + 0x0bcaa747) | 0;
    }
    const rest = wordOf(view, at, end);
    this.high = avalanche(high ^ scrambleHigh(rest));
    this.low = avalanche((low ^ scrambleLow(rest)) + this.high);
  }
}

/** Words that this many bytes take; the last one is padded with zeros. */
export function wordsFor(byteLength: number): number {
  return (byteLength + 3) >>> 2;
}

/** Writes a text as words; the last one is padded with zeros. */
export function copyWords({ view, start, end }: TextKey, into: Int32Array, from: number): void {
  let word = from;
  for (let at = start; at < end; at += 4, word += 1) into[word] = wordOf(view, at, end);
}

/** Whether copyWords() would write exactly what is there. The lengths are equal. */
export function isSameWords({ view, start, end }: TextKey, held: Int32Array, from: number): boolean {
  let word = from;
  for (let at = start; at < end; at += 4, word += 1) if (held[word] !== wordOf(view, at, end)) return false;
  return true;
}

/** Spreads a word before it meets the first lane. Plain words, such as digits that count up, would cancel out. */
export function scrambleHigh(word: number): number {
  return Math.imul(rotate(Math.imul(word, 0x239b961b), 15), 0xab0e9789 | 0);
}

/** The same for the second lane, with other constants: words that collide in one lane do not collide in both. */
export function scrambleLow(word: number): number {
  return Math.imul(rotate(Math.imul(word, 0x38b34ae5), 17), 0xa1e38b93 | 0);
}

/** Makes every bit of a 32-bit word depend on every other. One to one. */
export function avalanche(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b | 0);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35 | 0);
  return (mixed ^ (mixed >>> 16)) | 0;
}
