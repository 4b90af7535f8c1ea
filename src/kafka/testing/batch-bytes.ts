/** Record batches of message format 2, valid and invalid. */
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { crc32c } from '@node-rs/crc32';
import { compressFrameSync } from 'lz4-napi';
import { compressSync as compressSnappy } from 'snappy';

export interface BatchSpec {
  readonly baseOffset: number;
  /** Default: one record, or a marker. */
  readonly values?: readonly (string | Buffer | null)[];
  readonly key?: Buffer | null;
  /** Bytes behind each record's value: default no headers. */
  readonly headers?: Buffer;
  readonly deltas?: readonly number[];
  readonly lastOffsetDelta?: number;
  readonly count?: number;
  readonly producerId?: bigint;
  readonly kind?: 'plain' | 'transactional' | 'commit' | 'abort';
  readonly codec?: CodecName;
  readonly timestampMs?: number;
  readonly appendTimeMs?: number;
  readonly leaderEpoch?: number;
  readonly magic?: number;
  /** Instead of the records, packed. */
  readonly packed?: Buffer;
  /** Behind the records, before they are packed. */
  readonly trailing?: Buffer;
}

/**
 * `snappy` in blocks, as the Java client sends it; `raw-snappy` as one block, as librdkafka does; the last is not a
 * codec yet.
 */
const CODECS = { none: 0, gzip: 1, snappy: 2, 'raw-snappy': 2, lz4: 3, zstd: 4, unknown: 5 } as const;
export type CodecName = keyof typeof CODECS;
const CRC_FROM = 21;

export function batch(spec: BatchSpec): Buffer {
  const kind = spec.kind ?? 'plain';
  const isMarker = kind === 'abort' || kind === 'commit';
  const values = spec.values ?? [isMarker ? 'marker' : 'v'];
  const key = isMarker ? Buffer.from([0, 0, 0, kind === 'commit' ? 1 : 0]) : (spec.key ?? null);
  const records = values.map((value, i) => record(i, spec.deltas?.[i] ?? i, key, value, spec.headers));
  const codec = spec.codec ?? 'none';
  const packed = spec.packed ?? pack(codec, Buffer.concat([...records, spec.trailing ?? Buffer.alloc(0)]));
  const head = Buffer.alloc(61);
  head.writeBigInt64BE(BigInt(spec.baseOffset), 0);
  head.writeInt32BE(49 + packed.length, 8);
  head.writeInt32BE(spec.leaderEpoch ?? 0, 12);
  head.writeInt8(spec.magic ?? 2, 16);
  const isAppendTime = spec.appendTimeMs !== undefined;
  head.writeInt16BE(
    CODECS[codec] | (isAppendTime ? 8 : 0) | (kind === 'plain' ? 0 : 16) | (isMarker ? 32 : 0),
    CRC_FROM,
  );
  head.writeInt32BE(spec.lastOffsetDelta ?? values.length - 1, 23);
  head.writeBigInt64BE(BigInt(spec.timestampMs ?? 1_000), 27);
  head.writeBigInt64BE(BigInt(spec.appendTimeMs ?? (spec.timestampMs ?? 1_000) + values.length - 1), 35);
  head.writeBigInt64BE(spec.producerId ?? -1n, 43);
  head.writeInt32BE(spec.count ?? values.length, 57);
  return sealed(Buffer.concat([head, packed]));
}

/** The batch with the right checksum for its bytes, as if a producer had sent it. */
export function sealed(bytes: Buffer): Buffer {
  bytes.writeUInt32BE(crc32c(bytes.subarray(CRC_FROM)), CRC_FROM - 4);
  return bytes;
}

export function pack(codec: CodecName, body: Buffer): Buffer {
  switch (codec) {
    case 'gzip':
      return gzipSync(body);
    case 'zstd':
      return zstdCompressSync(body);
    case 'snappy':
      return snappyStream(body);
    case 'raw-snappy':
      return compressSnappy(body);
    case 'lz4':
      return compressFrameSync(body);
    default:
      return body;
  }
}

/** The format of snappy-java: a header, then blocks of 32 KiB, each behind its packed size. */
function snappyStream(body: Buffer): Buffer {
  const parts: Buffer[] = [Buffer.from('82534e41505059000000000100000001', 'hex')];
  for (let at = 0; at < body.length; at += 32_768) {
    const block = compressSnappy(body.subarray(at, at + 32_768));
    const byteLength = Buffer.alloc(4);
    byteLength.writeUInt32BE(block.length);
    parts.push(byteLength, block);
  }
  return Buffer.concat(parts);
}

export function record(
  timestampDelta: number,
  offsetDelta: number,
  key: Buffer | null,
  value: string | Buffer | null,
  headers = varint(0),
): Buffer {
  const bytes = (b: Buffer | null) => (b === null ? varint(-1) : Buffer.concat([varint(b.length), b]));
  const content = Buffer.concat([
    Buffer.from([0]),
    varint(timestampDelta),
    varint(offsetDelta),
    bytes(key),
    bytes(value === null ? null : Buffer.from(value)),
    headers,
  ]);
  return Buffer.concat([varint(content.length), content]);
}

/** Headers of a name and a value each, as they follow a record's value. */
export function headersOf(...headers: readonly (readonly [name: string, value: string | null])[]): Buffer {
  const sized = (text: string) => Buffer.concat([varint(Buffer.byteLength(text)), Buffer.from(text)]);
  return Buffer.concat([
    varint(headers.length),
    ...headers.map(([name, value]) => Buffer.concat([sized(name), value === null ? varint(-1) : sized(value)])),
  ]);
}

export function varint(value: number): Buffer {
  const bytes: number[] = [];
  let zigzag = value < 0 ? -value * 2 - 1 : value * 2;
  for (; zigzag >= 0x80; zigzag = Math.floor(zigzag / 128)) bytes.push((zigzag % 128) | 0x80);
  bytes.push(zigzag);
  return Buffer.from(bytes);
}
