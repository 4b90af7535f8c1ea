/**
 * The hash by which Kafka's Java client assigns keys to partitions (org.apache.kafka.common.utils.Utils.murmur2).
 * Validation uses it to reject records whose key belongs to another partition. Pure arithmetic on 32-bit integers.
 */

const SEED = 0x9747b28c;
const MULTIPLIER = 0x5bd1e995;
const SHIFT = 24;

/** Signed 32-bit hash of the bytes [start, end), equal to the Java client's. */
export function murmur2(bytes: Uint8Array, start = 0, end = bytes.length): number {
  const length = end - start;
  let hash = SEED ^ length;
  const wordsEnd = start + (length & ~3);
  for (let index = start; index < wordsEnd; index += 4) {
    let word =
      byteAt(bytes, index) |
      (byteAt(bytes, index + 1) << 8) |
      (byteAt(bytes, index + 2) << 16) |
      (byteAt(bytes, index + 3) << 24);
    word = Math.imul(word, MULTIPLIER);
    word ^= word >>> SHIFT;
    word = Math.imul(word, MULTIPLIER);
    hash = Math.imul(hash, MULTIPLIER) ^ word;
  }
  const rest = end - wordsEnd;
  if (rest >= 3) hash ^= byteAt(bytes, wordsEnd + 2) << 16;
  if (rest >= 2) hash ^= byteAt(bytes, wordsEnd + 1) << 8;
  if (rest >= 1) hash = Math.imul(hash ^ byteAt(bytes, wordsEnd), MULTIPLIER);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, MULTIPLIER);
  return hash ^ (hash >>> 15);
}

/** The partition that the Java client's default partitioner chooses for a non-null key, [start, end) of the bytes. */
export function partitionForKey(bytes: Uint8Array, partitionCount: number, start = 0, end = bytes.length): number {
  return (murmur2(bytes, start, end) & 0x7fffffff) % partitionCount;
}

function byteAt(bytes: Uint8Array, index: number): number {
  return bytes[index] as number;
}
