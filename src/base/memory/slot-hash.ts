/**
 * The hash that gives a text's place in an index: HalfSipHash-1-3 (Aumasson and Bernstein's SipHash for 32-bit words;
 * hsiphash in Linux), under a secret key. The hash of a TextKey is the same everywhere and is in digests and rows, so
 * anybody can find texts for which it is equal; thousands of those would make every look-up walk past all of them.
 * Nothing that leaves the memory of a process depends on this hash.
 */
import { rotate, wordOf } from './words.ts';

/** 64 bits as two words. */
export interface IndexKey {
  readonly k0: number;
  readonly k1: number;
}

/** For tests and tools whose ids nobody chose. */
export const KNOWN_INDEX_KEY: IndexKey = { k0: 0x03020100, k1: 0x07060504 };

const TWO_32 = 4_294_967_296;

/** `random` returns numbers uniform in [0, 1). */
export function drawIndexKey(random: () => number): IndexKey {
  return { k0: Math.floor(random() * TWO_32) | 0, k1: Math.floor(random() * TWO_32) | 0 };
}

/** The place of a text's bytes. */
export interface TextRange {
  readonly view: DataView;
  readonly start: number;
  readonly end: number;
}

/**
 * Hash of the text's bytes, as a signed word. The round is written out three times: a loop takes half as long again.
 */
export function slotHash({ view, start, end }: TextRange, { k0, k1 }: IndexKey): number {
  let v0 = k0;
  let v1 = k1;
  let v2 = 0x6c796765 ^ k0;
  let v3 = 0x74656462 ^ k1;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const word = view.getInt32(at, true);
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = rotate(v1, 5) ^ v0;
    v0 = rotate(v0, 16);
    v2 = (v2 + v3) | 0;
    v3 = rotate(v3, 8) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = rotate(v3, 7) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = rotate(v1, 13) ^ v2;
    v2 = rotate(v2, 16);
    v0 ^= word;
  }
  const last = wordOf(view, at, end) | ((end - start) << 24);
  v3 ^= last;
  v0 = (v0 + v1) | 0;
  v1 = rotate(v1, 5) ^ v0;
  v0 = rotate(v0, 16);
  v2 = (v2 + v3) | 0;
  v3 = rotate(v3, 8) ^ v2;
  v0 = (v0 + v3) | 0;
  v3 = rotate(v3, 7) ^ v0;
  v2 = (v2 + v1) | 0;
  v1 = rotate(v1, 13) ^ v2;
  v2 = rotate(v2, 16);
  v0 ^= last;
  v2 ^= 0xff;
  for (let round = 0; round < 3; round += 1) {
    v0 = (v0 + v1) | 0;
    v1 = rotate(v1, 5) ^ v0;
    v0 = rotate(v0, 16);
    v2 = (v2 + v3) | 0;
    v3 = rotate(v3, 8) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = rotate(v3, 7) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = rotate(v1, 13) ^ v2;
    v2 = rotate(v2, 16);
  }
  return (v1 ^ v3) | 0;
}
