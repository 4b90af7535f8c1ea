/**
 * Decompression of record batches: at once where a batch unpacks to little, in pieces where it does not. gzip and zstd come
 * with Node; the others are named in the error that says what to do.
 */
import {
  constants,
  createGunzip,
  createZstdDecompress,
  type Gunzip,
  gunzipSync,
  type ZstdDecompress,
  zstdDecompressSync,
} from 'node:zlib';

/** By the three low bits of a batch's attributes. */
const CODEC_NAMES = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
const GZIP = 1;
const ZSTD = 4;

/** Unpacked bytes of one piece. */
export const PIECE_BYTES = 64 * 1024;
/** Frames of zstd that want more memory are refused, as the Java client does. */
const MAX_WINDOW_LOG = 27;
/** What zstd takes up to level 19. */
const MIN_WINDOW_LOG = 23;

export class CodecMissingError extends Error {
  readonly codec: string;
  constructor(codec: string) {
    super(`codec ${codec} is not available`);
    this.name = 'CodecMissingError';
    this.codec = codec;
  }
}

/** As zlib answers with `info`. */
interface Unpacked {
  readonly buffer: Buffer;
  /** bytesWritten: of the packed bytes, how many were used. */
  readonly engine: { readonly bytesWritten: number };
}

/**
 * All of it, if that is at most `maxBytes`; undefined where it is more, or where bytes are left over behind it: then it is for
 * unpackInPieces. Throws CodecMissingError, or zlib's error where the bytes are broken.
 */
export function unpackAtOnce(codecId: number, packed: Buffer, maxBytes: number): Buffer | undefined {
  if (codecId === 0) return packed;
  if (codecId !== GZIP && codecId !== ZSTD) throw new CodecMissingError(CODEC_NAMES[codecId] ?? `number ${codecId}`);
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

/** A stream of its unpacked bytes, PIECE_BYTES at a time, which errors at broken bytes, and at frames that take more memory. Only for gzip and zstd. */
export function unpackInPieces(codecId: number, packed: Buffer, memoryBytes: number): Gunzip | ZstdDecompress {
  const windowLogMax = Math.log2(memoryBytes);
  const stream =
    codecId === GZIP
      ? createGunzip({ chunkSize: PIECE_BYTES })
      : createZstdDecompress({ chunkSize: PIECE_BYTES, params: { [constants.ZSTD_d_windowLogMax]: windowLogMax } });
  stream.end(packed);
  return stream;
}

const ZSTD_MAGIC = 0xfd2fb528;

/** Most bytes that unpacking in pieces keeps of what it unpacked: a power of two, what the first frame's header asks for. */
export function memoryToUnpack(codecId: number, packed: Buffer): number {
  if (codecId !== ZSTD || packed.length < 18 || packed.readUInt32LE(0) !== ZSTD_MAGIC) return 2 ** MIN_WINDOW_LOG;
  const windowLog = Math.ceil(Math.log2(Math.max(1, windowOf(packed))));
  return 2 ** Math.min(MAX_WINDOW_LOG, Math.max(MIN_WINDOW_LOG, windowLog));
}

/** RFC 8878, 3.1.1.1: the window's size, or that of the content, where the frame has only one segment. */
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
