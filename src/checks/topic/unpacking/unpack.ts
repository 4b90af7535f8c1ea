/**
 * Unpacks the body of a batch in bounded memory: whole while it stays small, else piece by piece. Every byte that came must
 * have been used.
 */
import {
  constants,
  createGunzip,
  createZstdDecompress,
  gunzipSync,
  type ZlibOptions,
  zstdDecompressSync,
} from 'node:zlib';
import { DamagedBytesError } from '../errors.ts';
import { lz4Blocks } from './lz4.ts';
import { snappyBlocks } from './snappy.ts';

/** By the three low bits of a batch's attributes. */
const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;
type Codec = (typeof CODECS)[number];

/** Also the memory that is taken at a time where a body is unpacked whole: most are small. */
const PIECE_BYTES = 64 * 1024;
/** Largest window of zstd, as a power of two: what Kafka's own client allows. */
const ZSTD_WINDOW_LOG_MAX = 27;
const ZSTD_PARAMS = { [constants.ZSTD_d_windowLogMax]: ZSTD_WINDOW_LOG_MAX };

/** Throws DamagedBytesError for a number that no codec has. */
export function codecOf(attributes: number): Codec {
  const codec = CODECS[attributes & 7];
  if (codec === undefined) throw new DamagedBytesError(`compressed with codec ${attributes & 7}, which is none`);
  return codec;
}

/** The body, or undefined where it unpacks to more than maxBytes. Throws DamagedBytesError. */
export function unpackWhole(codec: Codec, packed: Buffer, maxBytes: number): Buffer | undefined {
  if (codec === 'none' || packed.length === 0) return packed;
  if (codec === 'snappy' || codec === 'lz4') return joined(blocksOf(codec, packed), maxBytes);
  const frames: Buffer[] = [];
  let size = 0;
  try {
    for (let rest = packed; rest.length > 0; ) {
      const { buffer, engine } = inflated(codec, rest, maxBytes - size);
      frames.push(buffer);
      size += buffer.length;
      rest = restAfter(codec, rest, engine.bytesWritten);
    }
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') return undefined;
    throw damaged(codec, error);
  }
  return frames.length === 1 ? frames[0]! : Buffer.concat(frames);
}

/** The body in pieces of 64 KiB, or of a block. Throws DamagedBytesError, after the pieces before the damage. */
export async function* unpackInPieces(codec: Codec, packed: Buffer): AsyncGenerator<Buffer> {
  if (codec === 'none') {
    for (let at = 0; at < packed.length; at += PIECE_BYTES) yield packed.subarray(at, at + PIECE_BYTES);
    return;
  }
  if (codec === 'snappy' || codec === 'lz4') {
    yield* blocksOf(codec, packed);
    return;
  }
  for (let rest = packed; rest.length > 0; ) {
    const stream =
      codec === 'gzip'
        ? createGunzip({ chunkSize: PIECE_BYTES })
        : createZstdDecompress({ chunkSize: PIECE_BYTES, params: ZSTD_PARAMS });
    stream.end(rest);
    try {
      for await (const piece of stream) yield piece as Buffer;
    } catch (error) {
      throw damaged(codec, error);
    }
    rest = restAfter(codec, rest, stream.bytesWritten);
  }
}

function blocksOf(codec: 'snappy' | 'lz4', packed: Buffer): Generator<Buffer> {
  return codec === 'lz4' ? lz4Blocks(packed) : snappyBlocks(packed);
}

function joined(blocks: Generator<Buffer>, maxBytes: number): Buffer | undefined {
  const kept: Buffer[] = [];
  let size = 0;
  for (const block of blocks) {
    size += block.length;
    if (size > maxBytes) return undefined;
    kept.push(block);
  }
  return kept.length === 1 ? kept[0]! : Buffer.concat(kept);
}

interface Inflated {
  readonly buffer: Buffer;
  /** bytesWritten: how many of the bytes given were used. */
  readonly engine: { readonly bytesWritten: number };
}

function inflated(codec: 'gzip' | 'zstd', packed: Buffer, maxOutputLength: number): Inflated {
  const common = { maxOutputLength: Math.max(1, maxOutputLength), chunkSize: PIECE_BYTES, info: true };
  const found: unknown =
    codec === 'gzip'
      ? gunzipSync(packed, common as ZlibOptions)
      : zstdDecompressSync(packed, { ...common, params: ZSTD_PARAMS });
  return found as Inflated;
}

/** What follows a whole frame of zstd may be another; gzip's members are read on by the library itself. */
function restAfter(codec: 'gzip' | 'zstd', packed: Buffer, used: number): Buffer {
  if (used <= 0 || (codec === 'gzip' && used !== packed.length)) {
    throw new DamagedBytesError(`${codec}: ${packed.length - used} bytes are left over after its end`);
  }
  return packed.subarray(used);
}

function damaged(codec: Codec, error: unknown): DamagedBytesError {
  if (error instanceof DamagedBytesError) return error;
  return new DamagedBytesError(`${codec}: ${(error as Error).message}`, { cause: error });
}
