/** Bytes of a log as a broker serves them, made by rules of their own: checksums and packing are other libraries'. */
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { crc32c } from '@node-rs/crc32';
import { compressionsAlgorithms } from '@platformatic/kafka';

export const CODEC_NUMBERS = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const;
export type CodecName = keyof typeof CODEC_NUMBERS;

export interface RecordSpec {
  readonly delta?: number;
  readonly timestampDelta?: number | bigint;
  readonly key?: Uint8Array | null;
  readonly value?: Uint8Array | null;
  readonly headers?: readonly (readonly [string | Uint8Array, Uint8Array | null])[];
}

export interface BatchSpec {
  readonly baseOffset: number;
  readonly records?: readonly RecordSpec[];
  readonly codec?: CodecName;
  readonly lastDelta?: number;
  /** As the header says it; default: as many as there are. */
  readonly count?: number;
  readonly baseTimestampMs?: number;
  readonly appendTimeMs?: number;
  readonly producerId?: bigint;
  readonly kind?: 'plain' | 'transactional' | 'abort' | 'commit';
  /** Instead of the records: the body as it is, packed. */
  readonly packed?: Buffer;
}

export function batchBytes(spec: BatchSpec): Buffer {
  const { baseOffset, kind = 'plain', codec = 'none', baseTimestampMs = 1_700_000_000_000 } = spec;
  const records = kind === 'plain' || kind === 'transactional' ? (spec.records ?? []) : [markerRecord(kind)];
  const body = spec.packed ?? pack(codec, bodyOf(records));
  const bytes = Buffer.alloc(61 + body.length);
  bytes.writeBigInt64BE(BigInt(baseOffset), 0);
  bytes.writeInt32BE(49 + body.length, 8);
  bytes.writeInt32BE(7, 12);
  bytes.writeInt8(2, 16);
  const attributes =
    CODEC_NUMBERS[codec] |
    (spec.appendTimeMs === undefined ? 0 : 0x08) |
    (kind === 'plain' ? 0 : 0x10) |
    (kind === 'abort' || kind === 'commit' ? 0x20 : 0);
  bytes.writeInt16BE(attributes, 21);
  bytes.writeInt32BE(spec.lastDelta ?? records.at(-1)?.delta ?? Math.max(0, records.length - 1), 23);
  bytes.writeBigInt64BE(BigInt(baseTimestampMs), 27);
  bytes.writeBigInt64BE(BigInt(spec.appendTimeMs ?? baseTimestampMs), 35);
  bytes.writeBigInt64BE(spec.producerId ?? -1n, 43);
  bytes.writeInt32BE(spec.count ?? records.length, 57);
  body.copy(bytes, 61);
  return sealed(bytes);
}

/** With the checksum that its bytes have. */
export function sealed(bytes: Buffer): Buffer {
  bytes.writeUInt32BE(crc32c(bytes.subarray(21)), 17);
  return bytes;
}

export function bodyOf(records: readonly RecordSpec[]): Buffer {
  return Buffer.concat(
    records.map(({ delta, timestampDelta = 0, key = null, value = null, headers = [] }, index) => {
      const fields = Buffer.concat([
        Buffer.from([0]),
        varint(timestampDelta),
        varint(delta ?? index),
        sized(key),
        sized(value),
        varint(headers.length),
        ...headers.flatMap(([name, content]) => [sized(Buffer.from(name)), sized(content)]),
      ]);
      return Buffer.concat([varint(fields.length), fields]);
    }),
  );
}

export function pack(codec: CodecName, body: Buffer): Buffer {
  switch (codec) {
    case 'none':
      return body;
    case 'gzip':
      return gzipSync(body);
    case 'zstd':
      return zstdCompressSync(body);
    case 'lz4':
      return compressionsAlgorithms.lz4.compressSync(body);
    case 'snappy':
      return snappyStream(body);
    default:
      return codec satisfies never;
  }
}

/** As snappy-java frames it: blocks of 32 KiB. */
function snappyStream(body: Buffer): Buffer {
  const parts: Buffer[] = [Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1])];
  for (let at = 0; at < body.length; at += 32_768) {
    const block = compressionsAlgorithms.snappy.compressSync(Buffer.from(body.subarray(at, at + 32_768)));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(block.length);
    parts.push(length, block);
  }
  return Buffer.concat(parts);
}

function markerRecord(kind: 'abort' | 'commit'): RecordSpec {
  return { key: Buffer.from([0, 0, 0, kind === 'abort' ? 0 : 1]), value: Buffer.alloc(6) };
}

function sized(bytes: Uint8Array | null): Buffer {
  return bytes === null ? varint(-1) : Buffer.concat([varint(bytes.length), bytes]);
}

/** Zigzag, seven bits a byte. */
export function varint(value: number | bigint): Buffer {
  let rest = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n));
  const bytes: number[] = [];
  while (rest >= 0x80n) {
    bytes.push(Number(rest & 0x7fn) | 0x80);
    rest >>= 7n;
  }
  return Buffer.from([...bytes, Number(rest)]);
}
