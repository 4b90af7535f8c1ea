/**
 * The headers of a record, read in place: nothing is parsed until a header is asked for. The bytes were checked when
 * the record was read, so lengths are right here.
 *
 * Whether a header is there depends on the record's bytes alone, not on how its batch was read: a record that is too
 * large to be held keeps its headers up to the same limit.
 */

/** A record with more bytes of headers than this has none of them. */
export const MAX_HEADER_BYTES = 1024 * 1024;

/**
 * The value of the last header of this name; null if there is no such header, or if its value is null. `at`: where the
 * headers begin, with their count.
 */
export function lastHeader(bytes: Buffer, at: number, name: string): Buffer | null {
  if (at >= bytes.length) return null;
  const wanted = Buffer.from(name);
  const walk = new Walk(bytes, at);
  let found: Buffer | null = null;
  for (let left = walk.varint(); left > 0; left -= 1) {
    const nameLength = walk.varint();
    const nameAt = walk.at;
    walk.at += nameLength;
    const isWanted = nameLength === wanted.length && wanted.compare(bytes, nameAt, nameAt + nameLength) === 0;
    const valueLength = walk.varint();
    const valueAt = walk.at;
    walk.at += Math.max(0, valueLength);
    if (walk.at - at > MAX_HEADER_BYTES) return null;
    if (isWanted) found = valueLength < 0 ? null : bytes.subarray(valueAt, valueAt + valueLength);
  }
  return found;
}

class Walk {
  readonly #bytes: Buffer;
  at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  /** Zigzag, of at most 32 bits. */
  varint(): number {
    let zigzag = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.#bytes[this.at] ?? 0;
      this.at += 1;
      zigzag |= (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    return (zigzag >>> 1) ^ -(zigzag & 1);
  }
}
