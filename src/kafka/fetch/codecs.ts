/**
 * Decompression of record batches: at once if a batch is small unpacked, otherwise in pieces. gzip and zstd come with
 * Node, snappy and lz4 from libraries (packed-blocks.ts). The error names a codec that Kafka may add later.
 */
import { setImmediate as turnOfOthers } from 'node:timers/promises';
import { constants, createGunzip, createZstdDecompress, gunzipSync, zstdDecompressSync } from 'node:zlib';
import { largestSnappyBlock, lz4Blocks, snappyBlocks } from './packed-blocks.ts';

/** By the three low bits of a batch's attributes. */
const CODEC_NAMES = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
const GZIP = 1;
const SNAPPY = 2;
const LZ4 = 3;
const ZSTD = 4;

/** Unpacked bytes of one piece. */
export const PIECE_BYTES = 64 * 1024;
/** zstd frames that need more memory are refused, as in the Java client. */
const MAX_WINDOW_LOG = 27;
/** The memory of zstd up to level 19. */
const MIN_WINDOW_LOG = 23;

export class CodecMissingError extends Error {
  readonly codec: string;
  constructor(codec: string) {
    super(`codec ${codec} is not available`);
    this.name = 'CodecMissingError';
    this.codec = codec;
  }
}

/** zlib's answer with the option `info`. */
interface Unpacked {
  readonly buffer: Buffer;
  /** bytesWritten: how many of the packed bytes were used. */
  readonly engine: { readonly bytesWritten: number };
}

/**
 * All of it, if that is at most `maxBytes`; undefined if it is more, or if bytes are left over behind it: then
 * unpackInPieces is for it. Throws CodecMissingError, or the library's error for broken bytes.
 */
export function unpackAtOnce(codecId: number, packed: Buffer, maxBytes: number): Buffer | undefined {
  switch (codecId) {
    case 0:
      return packed;
    case GZIP:
    case ZSTD:
      return unpackByZlib(codecId, packed, maxBytes);
    case SNAPPY:
      return largestSnappyBlock(packed) > maxBytes ? undefined : joined(snappyBlocks(packed), maxBytes);
    case LZ4:
      return joined(lz4Blocks(packed), maxBytes);
    default:
      throw new CodecMissingError(CODEC_NAMES[codecId] ?? `number ${codecId}`);
  }
}

function unpackByZlib(codecId: number, packed: Buffer, maxBytes: number): Buffer | undefined {
  const options = { maxOutputLength: maxBytes, info: true };
  try {
    const unpack = codecId === GZIP ? gunzipSync : zstdDecompressSync;
    const { buffer, engine } = unpack(packed, options) as unknown as Unpacked;
    return engine.bytesWritten === packed.length ? buffer : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return undefined;
    throw error;
  }
}

function joined(blocks: Iterable<Buffer>, maxBytes: number): Buffer | undefined {
  const parts: Buffer[] = [];
  let byteLength = 0;
  for (const block of blocks) {
    byteLength += block.length;
    if (byteLength > maxBytes) return undefined;
    parts.push(block);
  }
  return parts.length === 1 ? parts[0] : Buffer.concat(parts, byteLength);
}

/** A batch that is being unpacked. */
export interface Unpacking {
  /** Unpacked bytes, PIECE_BYTES at a time; rejects at broken bytes, and at zstd frames that need more memory. */
  readonly pieces: AsyncIterator<Buffer>;
  /** How many of the packed bytes were used, once `pieces` is done. */
  readonly bytesUsed: number;
  /** Ends it at any time. Idempotent. */
  close(): void;
}

/** For all codecs except none. `memoryBytes` is from memoryToUnpack. */
export function unpackInPieces(codecId: number, packed: Buffer, memoryBytes: number): Unpacking {
  if (codecId === SNAPPY || codecId === LZ4)
    return {
      pieces: cutBlocks(codecId === SNAPPY ? snappyBlocks(packed) : lz4Blocks(packed)),
      // Blocks that end too early or late are an error.
      bytesUsed: packed.length,
      close: () => {},
    };
  const windowLogMax = Math.log2(memoryBytes);
  const stream =
    codecId === GZIP
      ? createGunzip({ chunkSize: PIECE_BYTES })
      : createZstdDecompress({ chunkSize: PIECE_BYTES, params: { [constants.ZSTD_d_windowLogMax]: windowLogMax } });
  // It may be ended while no read waits for a piece.
  stream.on('error', () => {});
  stream.end(packed);
  return {
    pieces: stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>,
    get bytesUsed() {
      return stream.bytesWritten;
    },
    close: () => stream.destroy(),
  };
}

async function* cutBlocks(blocks: Iterable<Buffer>): AsyncGenerator<Buffer> {
  for (const block of blocks) {
    for (let at = 0; at < block.length; at += PIECE_BYTES) yield block.subarray(at, at + PIECE_BYTES);
    await turnOfOthers();
  }
}

const ZSTD_MAGIC = 0xfd2fb528;

/**
 * Maximum memory of unpacking in pieces: for zstd a power of two, the request of the first frame's header; for snappy
 * its largest block.
 */
export function memoryToUnpack(codecId: number, packed: Buffer): number {
  if (codecId === SNAPPY) return Math.max(2 ** MIN_WINDOW_LOG, largestSnappyBlock(packed));
  if (codecId !== ZSTD || packed.length < 18 || packed.readUInt32LE(0) !== ZSTD_MAGIC) return 2 ** MIN_WINDOW_LOG;
  const windowLog = Math.ceil(Math.log2(Math.max(1, windowOf(packed))));
  return 2 ** Math.min(MAX_WINDOW_LOG, Math.max(MIN_WINDOW_LOG, windowLog));
}

/** RFC 8878, 3.1.1.1: the window's size, or that of the content if the frame has only one segment. */
function windowOf(frame: Buffer): number {
  const descriptor = frame[4]!;
  const isSingleSegment = (descriptor & 0x20) !== 0;
  if (!isSingleSegment) {
    const window = frame[5]!;
    const base = 2 ** (10 + (window >>> 3));
    return base + (base / 8) * (window & 7);
  }
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!;
  const at = 5 + dictionaryBytes;
  switch (descriptor >>> 6) {
    case 0:
      return frame[at]!;
    case 1:
      return frame.readUInt16LE(at) + 256;
    case 2:
      return frame.readUInt32LE(at);
    default:
      return Number(frame.readBigUInt64LE(at));
  }
}
