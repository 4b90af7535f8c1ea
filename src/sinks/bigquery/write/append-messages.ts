/**
 * The messages of an AppendRows call as bytes: google.cloud.bigquery.storage.v1.AppendRowsRequest and
 * AppendRowsResponse. A test compares both with the generated classes.
 */
import type { ArrowPayload } from '../rows/arrow-encoder.ts';
import { FRAME_BYTES, framedMessage } from './framed-messages.ts';
import { bytesFieldLength, FieldWriter, fieldsOf, varintFieldLength } from './protobuf.ts';
import { statusIn } from './status-messages.ts';
import type { AppendAnswer, AppendRequest, RpcError } from './write-rpc.ts';

/** Field numbers, by message. */
const REQUEST = { writeStream: 1, offset: 2, arrowRows: 5, traceId: 6 } as const;
const ARROW_DATA = { writerSchema: 1, rows: 2 } as const;
const RESPONSE = { appendResult: 1, error: 2, rowErrors: 4 } as const;
const ROW_ERROR = { index: 1, message: 3 } as const;
/** The one field of Int64Value, AppendResult, ArrowSchema and ArrowRecordBatch that is used. */
const ONLY = 1;

const TRACE_ID = Buffer.from('provenonce');

/** Every request names its stream: the service needs the name in the first request only, the emulator in each. */
export function encodeAppendRequest(request: AppendRequest): Buffer {
  const payload = request.payload as ArrowPayload;
  const { schemaBytes, recordBatchBytes } = payload;
  const writeStream = Buffer.from(request.writeStream);
  const offsetLength = varintFieldLength(ONLY, request.offset);
  const schemaLength = request.withSchema ? bytesFieldLength(ONLY, schemaBytes.length) : 0;
  const rowsLength = bytesFieldLength(ONLY, recordBatchBytes.length);
  const arrowLength =
    (request.withSchema ? bytesFieldLength(ARROW_DATA.writerSchema, schemaLength) : 0) +
    bytesFieldLength(ARROW_DATA.rows, rowsLength);
  const headLength =
    bytesFieldLength(REQUEST.writeStream, writeStream.length) +
    bytesFieldLength(REQUEST.offset, offsetLength) +
    bytesFieldLength(REQUEST.traceId, TRACE_ID.length) +
    bytesFieldLength(REQUEST.arrowRows, arrowLength) -
    recordBatchBytes.length;
  const message = messageWith(payload, headLength);
  const writer = new FieldWriter(message);
  writer.bytesField(REQUEST.writeStream, writeStream);
  writer.bytesHead(REQUEST.offset, offsetLength);
  writer.varintField(ONLY, request.offset);
  writer.bytesField(REQUEST.traceId, TRACE_ID);
  writer.bytesHead(REQUEST.arrowRows, arrowLength);
  if (request.withSchema) {
    writer.bytesHead(ARROW_DATA.writerSchema, schemaLength);
    writer.bytesField(ONLY, schemaBytes);
  }
  writer.bytesHead(ARROW_DATA.rows, rowsLength);
  writer.bytesHead(ONLY, recordBatchBytes.length);
  return message;
}

/**
 * The rows with `headLength` bytes and the frame before them. Uses the payload's own room if there is any, but only
 * once: a second request for the same rows has another head, and the first may still be in flight.
 */
function messageWith(payload: ArrowPayload, headLength: number): Buffer {
  const { recordBatchBytes } = payload;
  const before = FRAME_BYTES + headLength;
  const length = before + recordBatchBytes.length;
  if ((payload.roomBytes ?? 0) >= before) {
    payload.roomBytes = 0;
    return framedMessage(Buffer.from(recordBatchBytes.buffer, recordBatchBytes.byteOffset - before, length));
  }
  const whole = Buffer.allocUnsafeSlow(length);
  whole.set(recordBatchBytes, before);
  return framedMessage(whole);
}

/** Throws RangeError for bytes that are no message. */
export function decodeAppendAnswer(message: Buffer): AppendAnswer {
  let acknowledged = false;
  let offset: number | undefined;
  let error: RpcError | undefined;
  const rowErrors: { index: number; message: string }[] = [];
  for (const { number, value } of fieldsOf(message)) {
    if (typeof value === 'bigint') continue;
    if (number === RESPONSE.appendResult) {
      acknowledged = true;
      offset = offsetIn(value);
    } else if (number === RESPONSE.error) error = statusIn(value);
    else if (number === RESPONSE.rowErrors) rowErrors.push(rowErrorIn(value));
  }
  if (error !== undefined) return { acknowledged: false, error, rowErrors };
  return { acknowledged, offset, rowErrors };
}

/** AppendResult.offset.value; an Int64Value that is there and empty is 0. */
function offsetIn(appendResult: Buffer): number | undefined {
  for (const { number, value } of fieldsOf(appendResult)) {
    if (number !== ONLY || typeof value === 'bigint') continue;
    let offset = 0;
    for (const inner of fieldsOf(value)) if (inner.number === ONLY) offset = Number(inner.value);
    return offset;
  }
  return undefined;
}

function rowErrorIn(rowError: Buffer): { index: number; message: string } {
  const found = { index: 0, message: 'no message' };
  for (const { number, value } of fieldsOf(rowError)) {
    if (number === ROW_ERROR.index) found.index = Number(value);
    else if (number === ROW_ERROR.message) found.message = String(value);
  }
  return found;
}
