/** Snappy (its format description, and the blocks of snappy-java's streams that Kafka's producers write), a block at a time. */
import { DamagedBytesError } from '../errors.ts';
import { copyWithin } from './lz4.ts';

const STREAM_MAGIC = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
/** Magic, version, and the oldest version that can read it. */
const STREAM_HEADER_BYTES = 16;
/** Three bytes give 64 at most, so no block unpacks to more than this many times its size. */
const GROWTH_MAX = 22;

/** Yields the blocks unpacked, at most 22 times as large as they came. Throws DamagedBytesError where they are no blocks. */
export function* snappyBlocks(packed: Buffer): Generator<Buffer> {
  if (!packed.subarray(0, STREAM_MAGIC.length).equals(STREAM_MAGIC)) {
    yield unpackBlock(packed);
    return;
  }
  if (packed.length < STREAM_HEADER_BYTES) throw new DamagedBytesError('snappy: the header is cut off');
  for (let at = STREAM_HEADER_BYTES; at < packed.length; ) {
    if (at + 4 > packed.length) throw new DamagedBytesError('snappy: a block is cut off');
    const end = at + 4 + packed.readUInt32BE(at);
    if (end > packed.length) throw new DamagedBytesError('snappy: a block is cut off');
    yield unpackBlock(packed.subarray(at + 4, end));
    at = end;
  }
}

function unpackBlock(block: Buffer): Buffer {
  let at = 0;
  let size = 0;
  for (let scale = 1; ; scale *= 128) {
    const byte = block[at++];
    if (byte === undefined || at > 5) throw new DamagedBytesError('snappy: no length');
    size += (byte & 0x7f) * scale;
    if (byte < 0x80) break;
  }
  if (size > block.length * GROWTH_MAX) throw new DamagedBytesError(`snappy: ${size} bytes of ${block.length}`);
  const out = Buffer.allocUnsafe(size);
  let to = 0;
  while (at < block.length) {
    const tag = block[at++]!;
    const kind = tag & 3;
    const extraBytes = kind === 0 ? Math.max(0, (tag >> 2) - 59) : kind === 3 ? 4 : kind;
    if (at + extraBytes > block.length) throw new DamagedBytesError('snappy: an element is cut off');
    const extra = extraBytes === 0 ? 0 : block.readUIntLE(at, extraBytes);
    at += extraBytes;
    if (kind === 0) {
      const length = (extraBytes === 0 ? tag >> 2 : extra) + 1;
      if (at + length > block.length || to + length > size) throw new DamagedBytesError('snappy: literals overrun');
      block.copy(out, to, at, at + length);
      at += length;
      to += length;
    } else {
      const distance = kind === 1 ? ((tag >> 5) << 8) | extra : extra;
      const length = kind === 1 ? ((tag >> 2) & 7) + 4 : (tag >> 2) + 1;
      copyWithin(out, to, distance, length, size);
      to += length;
    }
  }
  if (to !== size) throw new DamagedBytesError(`snappy: ${to} bytes where ${size} were announced`);
  return out;
}
