/**
 * How an id lies in memory: its UTF-8 bytes, or, for a UUID in its usual lower-case form, the 16 bytes that it stands for.
 * Both are exact: which of them it is is kept beside the length, and the text comes back as it was.
 */
import type { TextKey } from './text-key.ts';

const UUID_TEXT_BYTES = 36;
export const UUID_BYTES = 16;
const DASH = 0x2d;
/** Places in the text of each byte's two digits. */
const DIGIT_AT = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34] as const;
const NOT_A_DIGIT = -1;
const DIGIT_VALUE = new Int8Array(256).fill(NOT_A_DIGIT);
const DIGIT = Buffer.from('0123456789abcdef');
DIGIT.forEach((byte, value) => {
  DIGIT_VALUE[byte] = value;
});

export function isUuid(key: TextKey): boolean {
  const { bytes, start } = key;
  if (key.byteLength !== UUID_TEXT_BYTES) return false;
  for (const at of [8, 13, 18, 23]) if (bytes[start + at] !== DASH) return false;
  for (const at of DIGIT_AT) {
    const high = DIGIT_VALUE[bytes[start + at] as number] as number;
    const low = DIGIT_VALUE[bytes[start + at + 1] as number] as number;
    if ((high | low) < 0) return false;
  }
  return true;
}

export function packUuid(key: TextKey, into: Buffer, at: number): void {
  const { bytes, start } = key;
  for (let index = 0; index < UUID_BYTES; index += 1) into[at + index] = packedByte(bytes, start, index);
}

export function isPackedUuid(key: TextKey, packed: Buffer, at: number): boolean {
  if (!isUuid(key)) return false;
  const { bytes, start } = key;
  for (let index = 0; index < UUID_BYTES; index += 1) {
    if (packed[at + index] !== packedByte(bytes, start, index)) return false;
  }
  return true;
}

export function unpackUuid(packed: Buffer, at: number): string {
  const hex = packed.toString('hex', at, at + UUID_BYTES);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export function isSameBytes(key: TextKey, held: Buffer, at: number): boolean {
  const { bytes, start, byteLength } = key;
  for (let index = 0; index < byteLength; index += 1) if (held[at + index] !== bytes[start + index]) return false;
  return true;
}

function packedByte(bytes: Buffer, start: number, index: number): number {
  const at = start + (DIGIT_AT[index] as number);
  return ((DIGIT_VALUE[bytes[at] as number] as number) << 4) | (DIGIT_VALUE[bytes[at + 1] as number] as number);
}
