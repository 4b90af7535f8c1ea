/** LZ4 frames (the frame format 1.6 and the block format of lz4.org), a block at a time, as Kafka's producers write them. */
import { DamagedBytesError } from '../errors.ts';

const MAGIC = 0x184d2204;
const VERSION = 1;
const BLOCK_MAX_BYTES: Readonly<Record<number, number>> = { 4: 65_536, 5: 262_144, 6: 1_048_576, 7: 4_194_304 };
const MIN_MATCH = 4;

/** Yields the blocks unpacked, 4 MiB each at most. Throws DamagedBytesError where the bytes are no whole frame. */
export function* lz4Blocks(packed: Buffer): Generator<Buffer> {
  if (packed.length < 7 || packed.readUInt32LE(0) !== MAGIC) throw new DamagedBytesError('lz4: no frame starts here');
  const flags = packed[4]!;
  const blockMax = BLOCK_MAX_BYTES[(packed[5]! >> 4) & 7];
  if (flags >> 6 !== VERSION || blockMax === undefined) throw new DamagedBytesError('lz4: an unknown kind of frame');
  // Kafka's own client reads no others either, so that no broker takes them.
  if ((flags & 0x20) === 0) throw new DamagedBytesError('lz4: blocks that depend on each other');
  const hasBlockChecksum = (flags & 0x10) !== 0;
  const trailerBytes = (flags & 0x04) === 0 ? 0 : 4;
  let at = 6 + ((flags & 0x08) === 0 ? 0 : 8) + ((flags & 0x01) === 0 ? 0 : 4) + 1;
  for (;;) {
    if (at + 4 > packed.length) throw new DamagedBytesError('lz4: the frame is cut off');
    const word = packed.readUInt32LE(at);
    at += 4;
    if (word === 0) break;
    const end = at + (word & 0x7fffffff);
    if (end > packed.length) throw new DamagedBytesError('lz4: a block is cut off');
    const block = packed.subarray(at, end);
    if (word >>> 31 === 1) {
      if (block.length > blockMax) throw new DamagedBytesError('lz4: a block is larger than the frame allows');
      yield block;
    } else yield unpackBlock(block, blockMax);
    at = end + (hasBlockChecksum ? 4 : 0);
  }
  if (at + trailerBytes !== packed.length) throw new DamagedBytesError('lz4: the frame does not end with the batch');
}

function unpackBlock(block: Buffer, maxBytes: number): Buffer {
  const out = Buffer.allocUnsafe(maxBytes);
  let at = 0;
  let to = 0;
  const longer = (length: number): number => {
    if (length !== 15) return length;
    for (;;) {
      const byte = block[at++];
      if (byte === undefined) throw new DamagedBytesError('lz4: a length is cut off');
      length += byte;
      if (byte !== 255) return length;
    }
  };
  while (at < block.length) {
    const token = block[at++]!;
    const literals = longer(token >> 4);
    if (at + literals > block.length || to + literals > maxBytes) throw new DamagedBytesError('lz4: literals overrun');
    block.copy(out, to, at, at + literals);
    at += literals;
    to += literals;
    if (at === block.length) return out.subarray(0, to);
    if (at + 2 > block.length) throw new DamagedBytesError('lz4: a match is cut off');
    const distance = block[at]! | (block[at + 1]! << 8);
    at += 2;
    const length = longer(token & 15) + MIN_MATCH;
    copyWithin(out, to, distance, length, maxBytes);
    to += length;
  }
  throw new DamagedBytesError('lz4: a block ends without its last literals');
}

/** Repeats what lies `distance` before `to`; it may overlap what it writes. */
export function copyWithin(out: Buffer, to: number, distance: number, length: number, limit: number): void {
  if (distance === 0 || distance > to || to + length > limit) {
    throw new DamagedBytesError(`a copy of ${length} bytes from ${distance} before byte ${to}`);
  }
  const from = to - distance;
  if (distance >= length) out.copyWithin(to, from, from + length);
  else for (let i = 0; i < length; i++) out[to + i] = out[from + i]!;
}
