/**
 * Formats that compress a batch block by block: snappy (the blocks of the Java client, and the single block of
 * librdkafka) and lz4 (frames). The libraries unpack one block; this file finds the blocks and bounds them.
 *
 * Invariant: no memory is allocated that the packed bytes cannot fill. A snappy block cannot grow more than 22 times,
 * and an lz4 block not beyond the size that its frame allows, 4 MiB at most.
 */
import { uncompressSync as lz4Block } from 'lz4-napi';
import { uncompressSync as snappyBlock } from 'snappy';

/** Starts the stream of blocks of snappy-java. */
const SNAPPY_STREAM_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
/** Magic, version, and the oldest version that can read it. */
const SNAPPY_STREAM_HEADER_BYTES = 16;
/** Three bytes of snappy yield at most 64. */
const SNAPPY_GROWTH_MAX = 22;
/**
 * One block is unpacked whole. A batch that one client compresses as a single block is larger than this only by intent.
 */
export const MAX_BLOCK_BYTES = 256 * 1024 * 1024;

const LZ4_MAGIC = 0x184d2204;
const LZ4_VERSION = 1;
/** By the number in the frame's descriptor. */
const LZ4_BLOCK_MAX_BYTES: Readonly<Record<number, number>> = { 4: 65_536, 5: 262_144, 6: 1_048_576, 7: 4_194_304 };
/** Set in a block's size if the block is not compressed. */
const LZ4_IS_PLAIN = 0x8000_0000;

/** Yields the unpacked blocks. Throws RangeError, or the library's error, if the bytes are not blocks. */
export function* snappyBlocks(packed: Buffer): Generator<Buffer> {
  for (const block of packedSnappyBlocks(packed)) yield unpackSnappy(block);
}

/** The unpacked size of the largest block, at most MAX_BLOCK_BYTES: the memory for unpacking. Broken bytes do not count. */
export function largestSnappyBlock(packed: Buffer): number {
  let largest = 0;
  try {
    for (const block of packedSnappyBlocks(packed)) largest = Math.max(largest, announcedBytes(block));
  } catch {
    // snappyBlocks() names what is wrong with them.
  }
  return Math.min(MAX_BLOCK_BYTES, largest);
}

/** Yields the blocks as they are. Throws RangeError where one is cut off. */
function* packedSnappyBlocks(packed: Buffer): Generator<Buffer> {
  if (!packed.subarray(0, SNAPPY_STREAM_MAGIC.length).equals(SNAPPY_STREAM_MAGIC)) {
    yield packed;
    return;
  }
  if (packed.length < SNAPPY_STREAM_HEADER_BYTES) throw new RangeError('the snappy header is cut off');
  for (let at = SNAPPY_STREAM_HEADER_BYTES; at < packed.length; ) {
    if (at + 4 > packed.length) throw new RangeError('a snappy block is cut off');
    const end = at + 4 + packed.readUInt32BE(at);
    if (end > packed.length) throw new RangeError('a snappy block is cut off');
    yield packed.subarray(at + 4, end);
    at = end;
  }
}

function unpackSnappy(block: Buffer): Buffer {
  const byteLength = announcedBytes(block);
  if (byteLength > MAX_BLOCK_BYTES)
    throw new RangeError(
      `a snappy block of ${byteLength} bytes: ${MAX_BLOCK_BYTES} is the maximum that is unpacked at once`,
    );
  if (byteLength > block.length * SNAPPY_GROWTH_MAX)
    throw new RangeError(`a snappy block announces ${byteLength} bytes, and has ${block.length}`);
  // Copied: memory outside of the heap is freed by a full collection, and those are rare.
  return snappyBlock(block, { asBuffer: true, copyOutputData: true }) as Buffer;
}

/** The unpacked size, the first field of a block: 7 bits a byte, the lowest first. */
function announcedBytes(block: Buffer): number {
  let byteLength = 0;
  for (let at = 0; at < 5; at += 1) {
    const byte = block[at];
    if (byte === undefined) break;
    byteLength += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) return byteLength;
  }
  throw new RangeError('a snappy block without a length');
}

/**
 * Yields the unpacked blocks of one frame. Throws RangeError, or the library's error, if the bytes are not a whole
 * frame.
 */
export function* lz4Blocks(packed: Buffer): Generator<Buffer> {
  if (packed.length < 7 || packed.readUInt32LE(0) !== LZ4_MAGIC) throw new RangeError('no lz4 frame starts here');
  const flags = packed[4]!;
  const maxBytes = LZ4_BLOCK_MAX_BYTES[(packed[5]! >> 4) & 7];
  if (flags >> 6 !== LZ4_VERSION || maxBytes === undefined) throw new RangeError('an unknown kind of lz4 frame');
  // Kafka's Java client refuses them too, so a broker accepts none.
  if ((flags & 0x20) === 0) throw new RangeError('lz4 blocks that depend on each other');
  const blockTrailerBytes = (flags & 0x10) === 0 ? 0 : 4;
  const trailerBytes = (flags & 0x04) === 0 ? 0 : 4;
  let at = 6 + ((flags & 0x08) === 0 ? 0 : 8) + ((flags & 0x01) === 0 ? 0 : 4) + 1;
  for (;;) {
    if (at + 4 > packed.length) throw new RangeError('the lz4 frame is cut off');
    const word = packed.readUInt32LE(at);
    at += 4;
    if (word === 0) break;
    const isPlain = word >= LZ4_IS_PLAIN;
    const end = at + (isPlain ? word - LZ4_IS_PLAIN : word);
    if (end > packed.length) throw new RangeError('an lz4 block is cut off');
    const block = packed.subarray(at, end);
    if (isPlain && block.length > maxBytes) throw new RangeError('an lz4 block is larger than its frame allows');
    yield isPlain ? block : unpackLz4(block, maxBytes);
    at = end + blockTrailerBytes;
  }
  if (at + trailerBytes !== packed.length) throw new RangeError('the lz4 frame does not end with the batch');
}

/** The library needs the maximum unpacked size in front of a block. */
function unpackLz4(block: Buffer, maxBytes: number): Buffer {
  const sized = Buffer.allocUnsafe(4 + block.length);
  sized.writeUInt32LE(maxBytes, 0);
  block.copy(sized, 4);
  return lz4Block(sized);
}
