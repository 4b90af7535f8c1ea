/**
 * A text as its UTF-8 bytes, with a 64-bit hash of them: what tables look for. One key is set again and again, so that
 * looking for something costs no memory. The hash tells apart by accident, not by attack: whoever finds an equal hash
 * compares the bytes.
 */

/** Bytes that a valid member can take at most: 256 UTF-16 units. Longer texts get a larger buffer. */
const SCRATCH_BYTES = 768;

export class TextKey {
  bytes: Buffer;
  /** The text is [start, end) of `bytes`. */
  start = 0;
  end = 0;
  /** Two signed 32-bit lanes. */
  high = 0;
  low = 0;
  #scratch = Buffer.alloc(SCRATCH_BYTES);

  constructor() {
    this.bytes = this.#scratch;
  }

  get byteLength(): number {
    return this.end - this.start;
  }

  /** Points at bytes that are UTF-8. They must stay as they are while the key is used. */
  setBytes(bytes: Buffer, start: number, end: number): this {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.#hash();
    return this;
  }

  setText(text: string): this {
    const needed = 3 * text.length;
    if (needed > this.#scratch.length) this.#scratch = Buffer.alloc(needed);
    return this.setBytes(this.#scratch, 0, this.#scratch.write(text, 'utf8'));
  }

  /** A string of its own, which keeps nothing else alive. */
  toText(): string {
    return this.bytes.toString('utf8', this.start, this.end);
  }

  /** Four bytes a step, lanes in local variables: every payment comes through here eight times. */
  #hash(): void {
    const { bytes, start, end } = this;
    let high = 0x243f6a88 ^ (end - start);
    let low = 0x13198a2e ^ (end - start);
    let at = start;
    for (; at + 4 <= end; at += 4) {
      const word =
        (bytes[at] as number) |
        ((bytes[at + 1] as number) << 8) |
        ((bytes[at + 2] as number) << 16) |
        ((bytes[at + 3] as number) << 24);
      high = (Math.imul(rotate(high ^ scrambleHigh(word), 19) + low, 5) + 0x561ccd1b) | 0;
      low = (Math.imul(rotate(low ^ scrambleLow(word), 17) + high, 5) + 0x0bcaa747) | 0;
    }
    let rest = 0;
    for (let shift = 0; at < end; at += 1, shift += 8) rest |= (bytes[at] as number) << shift;
    this.high = avalanche(high ^ scrambleHigh(rest));
    this.low = avalanche((low ^ scrambleLow(rest)) + this.high);
  }
}

/** Spreads a word before it meets the first lane. Plain words, such as digits that count up, would cancel out. */
export function scrambleHigh(word: number): number {
  return Math.imul(rotate(Math.imul(word, 0x239b961b), 15), 0xab0e9789 | 0);
}

/** The same for the second lane, another way: what meets in one lane does not meet in both. */
export function scrambleLow(word: number): number {
  return Math.imul(rotate(Math.imul(word, 0x38b34ae5), 17), 0xa1e38b93 | 0);
}

/** Rotates a 32-bit word to the left. */
export function rotate(value: number, bits: number): number {
  return (value << bits) | (value >>> (32 - bits));
}

/** Lets every bit of a 32-bit word depend on every other. One to one. */
export function avalanche(value: number): number {
  let mixed = value ^ (value >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b | 0);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35 | 0);
  return (mixed ^ (mixed >>> 16)) | 0;
}
