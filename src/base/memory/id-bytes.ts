/**
 * The bytes of an id in memory: its UTF-8 bytes or, for a UUID in the usual lower-case form, its 16 bytes. Both are
 * exact: the form is kept beside the length, so the text can be restored. Four digits are checked and packed at a time,
 * in the bytes of a word.
 */
import type { TextKey } from './text-key.ts';

const UUID_TEXT_BYTES = 36;
const UUID_BYTES = 16;
export const UUID_WORDS = 4;
const DASH = 0x2d;
/** Places in the text of the eight groups of four digits; dashes are in between. */
const DIGITS_AT = [0, 4, 9, 14, 19, 24, 28, 32] as const;
const DASHES_AT = [8, 13, 18, 23] as const;
const NO_DIGITS = -1;

/** One UUID at a time: pack() sets `words`. */
export class PackedUuid {
  /** The 16 bytes; valid after pack() returned true. */
  readonly words = new Int32Array(UUID_WORDS);

  /** False: the key's text is not a UUID in the usual form. */
  pack(key: TextKey): boolean {
    if (key.byteLength !== UUID_TEXT_BYTES) return false;
    const { view, start } = key;
    for (let dash = 0; dash < DASHES_AT.length; dash += 1) {
      if (view.getUint8(start + (DASHES_AT[dash] as number)) !== DASH) return false;
    }
    for (let word = 0; word < UUID_WORDS; word += 1) {
      const low = packDigits(view.getInt32(start + (DIGITS_AT[2 * word] as number), true));
      const high = packDigits(view.getInt32(start + (DIGITS_AT[2 * word + 1] as number), true));
      if ((low | high) < 0) return false;
      this.words[word] = low | (high << 16);
    }
    return true;
  }

  equals(held: Int32Array, from: number): boolean {
    const { words } = this;
    for (let word = 0; word < UUID_WORDS; word += 1) if (words[word] !== held[from + word]) return false;
    return true;
  }

  copyTo(into: Int32Array, from: number): void {
    for (let word = 0; word < UUID_WORDS; word += 1) into[from + word] = this.words[word] as number;
  }
}

export function unpackUuid(packed: Buffer, at: number): string {
  const hex = packed.toString('hex', at, at + UUID_BYTES);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/**
 * Two bytes from four lower-case hex digits, which are the bytes of `text`; NO_DIGITS if any is not such a digit. A
 * digit is 3x with x up to 9, a letter 6x with x from 1 to 6: its value is x + 9.
 */
function packDigits(text: number): number {
  const isLetter = (text >>> 6) & 0x01010101;
  const values = (text & 0x0f0f0f0f) + 9 * isLetter;
  const isOverNine = ((values + 0x06060606) >>> 4) & 0x01010101;
  if (((text >>> 4) & 0x0f0f0f0f) !== 0x03030303 + 3 * isLetter) return NO_DIGITS;
  if (isOverNine !== isLetter || (values & 0x10101010) !== 0) return NO_DIGITS;
  const first = ((values & 0x0f) << 4) | ((values >>> 8) & 0x0f);
  const second = ((values >>> 12) & 0xf0) | (values >>> 24);
  return first | (second << 8);
}
