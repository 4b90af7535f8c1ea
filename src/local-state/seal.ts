/**
 * Seals a stored value: a CRC-32 over its origin (format, topic, partition), its key and its bytes. A value that was
 * damaged, cut, moved under another key or taken from another partition's file does not open.
 *
 * A sealed value starts with the checksum (4 bytes, little-endian); writers leave room for it.
 */
import { crc32 } from 'node:zlib';

export const SEAL_BYTES = 4;

/** Checksum of what all values of one store share, from which the others start. */
export function sealSeed(belongsTo: string): number {
  return crc32(belongsTo);
}

/** Fills in the first four bytes of `value`. */
export function seal(seed: number, key: Buffer, value: Buffer): Buffer {
  value.writeUInt32LE(checksum(seed, key, value), 0);
  return value;
}

export function sealHolds(seed: number, key: Buffer, value: Buffer): boolean {
  return value.length >= SEAL_BYTES && value.readUInt32LE(0) === checksum(seed, key, value);
}

function checksum(seed: number, key: Buffer, value: Buffer): number {
  return crc32(value.subarray(SEAL_BYTES), crc32(key, seed));
}
