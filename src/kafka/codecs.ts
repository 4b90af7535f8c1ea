/** Decompression of record batches. gzip and zstd come with Node; the others are named in the error that says what to do. */
import { gunzipSync, zstdDecompressSync } from 'node:zlib';

/** By the three low bits of a batch's attributes. */
const CODEC_NAMES = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

/** A batch of 1 MiB that unpacks to more than this is a bomb or broken. */
const MAX_UNPACKED_BYTES = 256 * 1024 * 1024;

export class CodecMissingError extends Error {
  readonly codec: string;
  constructor(codec: string) {
    super(`codec ${codec} is not available`);
    this.name = 'CodecMissingError';
    this.codec = codec;
  }
}

/** Throws CodecMissingError, or zlib's error where the bytes are broken. */
export function decompress(codecId: number, packed: Buffer): Buffer {
  const options = { maxOutputLength: MAX_UNPACKED_BYTES };
  switch (CODEC_NAMES[codecId]) {
    case 'none':
      return packed;
    case 'gzip':
      return gunzipSync(packed, options);
    case 'zstd':
      return zstdDecompressSync(packed, options);
    default:
      throw new CodecMissingError(CODEC_NAMES[codecId] ?? `number ${codecId}`);
  }
}
