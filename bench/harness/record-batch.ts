/** Records as a broker sends them: one uncompressed record batch of message format 2. */
import { crc32c } from '@node-rs/crc32';
import type { LogRecord } from '../../src/payments/types.ts';

const HEADER_BYTES = 61;
/** Offset and length fields, which a batch's length does not count. */
const PREFIX_BYTES = 12;
const MAGIC = 2;
/** The checksum covers everything behind it. */
const CRC_FROM = 21;
const NO_PRODUCER = -1n;

/** The records' offsets must be without gaps. */
export function recordBatch(records: readonly LogRecord[]): Buffer {
  const { offset: baseOffset, timestampMs: baseTimestampMs } = records[0] as LogRecord;
  const newestMs = records.reduce((newest, { timestampMs }) => Math.max(newest, timestampMs), 0);
  const body = records.map((record, index) => encodeRecord(record, record.timestampMs - baseTimestampMs, index));
  const head = Buffer.alloc(HEADER_BYTES);
  const bodyBytes = body.reduce((sum, { length }) => sum + length, 0);
  head.writeBigInt64BE(BigInt(baseOffset), 0);
  head.writeInt32BE(HEADER_BYTES - PREFIX_BYTES + bodyBytes, 8);
  head.writeInt8(MAGIC, 16);
  head.writeInt32BE(records.length - 1, 23);
  head.writeBigInt64BE(BigInt(baseTimestampMs), 27);
  head.writeBigInt64BE(BigInt(newestMs), 35);
  head.writeBigInt64BE(NO_PRODUCER, 43);
  head.writeInt32BE(records.length, 57);
  const batch = Buffer.concat([head, ...body]);
  batch.writeUInt32BE(crc32c(batch.subarray(CRC_FROM)), CRC_FROM - 4);
  return batch;
}

function encodeRecord({ key, value }: LogRecord, timestampDelta: number, offsetDelta: number): Buffer {
  const bytes = (part: Buffer | null) => (part === null ? [varint(-1)] : [varint(part.length), part]);
  const attributes = Buffer.alloc(1);
  const noHeaders = varint(0);
  const parts = [attributes, varint(timestampDelta), varint(offsetDelta), ...bytes(key), ...bytes(value), noHeaders];
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([varint(length), ...parts]);
}

/** Zigzag, for numbers within 31 bits. */
function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  for (; rest >= 0x80; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  bytes.push(rest);
  return Buffer.from(bytes);
}
