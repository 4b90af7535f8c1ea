/**
 * What creating and finalizing a write stream carries, as bytes: CreateWriteStreamRequest, WriteStream, FinalizeWriteStreamRequest and
 * FinalizeWriteStreamResponse of google.cloud.bigquery.storage.v1. A test holds them against the generated classes.
 */
import { bytesFieldLength, FieldWriter, fieldsOf, varintFieldLength } from './protobuf.ts';

/** Field numbers, by message. */
const CREATE = { parent: 1, writeStream: 2 } as const;
const WRITE_STREAM = { name: 1, type: 2 } as const;
const FINALIZE = { name: 1 } as const;
const FINALIZED = { rowCount: 1 } as const;
const COMMITTED = 1;

/** Of a COMMITTED stream on `projects/P/datasets/D/tables/T`. */
export function encodeCreateRequest(tablePath: string): Buffer {
  const parent = Buffer.from(tablePath);
  const streamLength = varintFieldLength(WRITE_STREAM.type, COMMITTED);
  const message = Buffer.alloc(
    bytesFieldLength(CREATE.parent, parent.length) + bytesFieldLength(CREATE.writeStream, streamLength),
  );
  const writer = new FieldWriter(message);
  writer.bytesField(CREATE.parent, parent);
  writer.bytesHead(CREATE.writeStream, streamLength);
  writer.varintField(WRITE_STREAM.type, COMMITTED);
  return message;
}

/** The name of the stream; empty where the answer has none. Throws RangeError for bytes that are no message. */
export function decodeWriteStream(message: Buffer): string {
  let name = '';
  for (const { number, value } of fieldsOf(message)) if (number === WRITE_STREAM.name) name = String(value);
  return name;
}

export function encodeFinalizeRequest(streamName: string): Buffer {
  const name = Buffer.from(streamName);
  const message = Buffer.alloc(bytesFieldLength(FINALIZE.name, name.length));
  new FieldWriter(message).bytesField(FINALIZE.name, name);
  return message;
}

/**
 * Rows of the stream: 0 where the answer has none, as proto3 leaves a zero out. A zero that is not true hides nothing: a takeover
 * asks the tables as well, and stops where they have rows (position.ts). Throws RangeError for bytes that are no message, or
 * no count.
 */
export function decodeFinalized(message: Buffer): number {
  let rowCount = 0;
  for (const { number, value } of fieldsOf(message)) if (number === FINALIZED.rowCount) rowCount = Number(value);
  if (!Number.isSafeInteger(rowCount) || rowCount < 0) throw new RangeError(`a stream of ${rowCount} rows`);
  return rowCount;
}
