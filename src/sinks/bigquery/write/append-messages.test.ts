import { protos } from '@google-cloud/bigquery-storage';
import { expect, test } from 'vitest';
import { decodeAppendAnswer, encodeAppendRequest } from './append-messages.ts';
import { STORAGE_ERRORS, storageErrorOfTrailer } from './status-messages.ts';
import { GRPC_STATUS } from './write-rpc.ts';

const { AppendRowsRequest, AppendRowsResponse, StorageError } = protos.google.cloud.bigquery.storage.v1;
const STREAM = 'projects/p/datasets/d/tables/t/streams/é-1';
const payload = { schemaBytes: Buffer.alloc(700, 's'), recordBatchBytes: Buffer.alloc(70_000, 'r') };

function decoded(bytes: Buffer) {
  return AppendRowsRequest.toObject(AppendRowsRequest.decode(bytes), { longs: Number });
}

test.each([0, 1, 127, 128, 300_000, 2 ** 31, 2 ** 40 + 5, Number.MAX_SAFE_INTEGER])(
  'the generated classes read a request at stream offset %d as it was meant',
  (offset) => {
    expect(decoded(encodeAppendRequest({ writeStream: STREAM, offset, payload, withSchema: true }))).toEqual({
      writeStream: STREAM,
      offset: { value: offset },
      traceId: 'provenonce',
      arrowRows: {
        writerSchema: { serializedSchema: payload.schemaBytes },
        rows: { serializedRecordBatch: payload.recordBatchBytes },
      },
    });
  },
);

test('rows with room before them are not copied for their first request, and left as they are by the next', () => {
  const memory = Buffer.alloc(4_096 + 50_000, 'r');
  const roomy = { schemaBytes: payload.schemaBytes, recordBatchBytes: memory.subarray(4_096), roomBytes: 4_096 };
  const first = encodeAppendRequest({ writeStream: STREAM, offset: 300, payload: roomy, withSchema: false });
  expect(first.buffer).toBe(memory.buffer);
  const asSent = Buffer.from(first);
  const again = encodeAppendRequest({ writeStream: STREAM, offset: 300, payload: roomy, withSchema: true });
  expect(again.buffer).not.toBe(memory.buffer);
  expect(first.equals(asSent)).toBe(true);
  const rows = { serializedRecordBatch: memory.subarray(4_096) };
  expect(decoded(first)).toMatchObject({ offset: { value: 300 }, arrowRows: { rows } });
  expect(decoded(again)).toMatchObject({ offset: { value: 300 }, arrowRows: { rows } });
});

test('too little room before the rows is not used', () => {
  const memory = Buffer.alloc(110, 'r');
  const tight = { schemaBytes: payload.schemaBytes, recordBatchBytes: memory.subarray(10), roomBytes: 10 };
  const message = encodeAppendRequest({ writeStream: STREAM, offset: 1, payload: tight, withSchema: false });
  expect(memory.equals(Buffer.alloc(110, 'r'))).toBe(true);
  expect(decoded(message).arrowRows).toEqual({ rows: { serializedRecordBatch: memory.subarray(10) } });
});

test('a request without a schema has none', () => {
  const { arrowRows } = decoded(encodeAppendRequest({ writeStream: STREAM, offset: 7, payload, withSchema: false }));
  expect(arrowRows).toEqual({ rows: { serializedRecordBatch: payload.recordBatchBytes } });
});

function answered(response: protos.google.cloud.bigquery.storage.v1.IAppendRowsResponse) {
  return decodeAppendAnswer(Buffer.from(AppendRowsResponse.encode(AppendRowsResponse.fromObject(response)).finish()));
}

test.each([0, 5, 2 ** 40])('an acknowledgement names stream offset %d', (value) => {
  const answer = answered({ appendResult: { offset: { value } }, writeStream: STREAM });
  expect(answer).toEqual({ acknowledged: true, offset: value, rowErrors: [] });
});

test('an acknowledgement may leave its offset out', () => {
  expect(answered({ appendResult: {} })).toEqual({ acknowledged: true, offset: undefined, rowErrors: [] });
});

test('an answer with nothing in it acknowledges nothing', () => {
  expect(answered({})).toEqual({ acknowledged: false, offset: undefined, rowErrors: [] });
});

test('a refusal has its status and the name of its storage error', () => {
  const coded = StorageError.encode(StorageError.fromObject({ code: 'STREAM_FINALIZED' })).finish();
  const answer = answered({
    error: {
      code: GRPC_STATUS.FAILED_PRECONDITION,
      message: 'the stream is finalized: é',
      details: [
        { type_url: 'type.googleapis.com/google.rpc.ErrorInfo', value: Buffer.from([10, 1, 65]) },
        { type_url: 'type.googleapis.com/google.cloud.bigquery.storage.v1.StorageError', value: coded },
      ],
    },
  });
  expect(answer.acknowledged).toBe(false);
  expect(answer.error).toMatchObject({
    code: GRPC_STATUS.FAILED_PRECONDITION,
    message: 'the stream is finalized: é',
    storageErrorCode: 'STREAM_FINALIZED',
  });
});

test.each(Object.entries(StorageError.StorageErrorCode).filter(([, code]) => typeof code === 'number'))(
  'the trailer of a call names its storage error: %s',
  (name) => {
    const coded = StorageError.encode(
      StorageError.fromObject({ code: name, entity: STREAM, errorMessage: 'no' }),
    ).finish();
    const trailer = protos.google.rpc.Status.encode({
      code: GRPC_STATUS.INVALID_ARGUMENT,
      message: 'no',
      details: [
        { type_url: 'type.googleapis.com/google.rpc.DebugInfo', value: Buffer.from([10, 1, 65]) },
        { type_url: 'type.googleapis.com/google.cloud.bigquery.storage.v1.StorageError', value: coded },
      ],
    }).finish();
    expect(storageErrorOfTrailer(Buffer.from(trailer))).toBe(name);
    expect(storageErrorOfTrailer(Buffer.from(trailer).subarray(0, -3))).toBeUndefined();
  },
);

test.each([undefined, 'text', Buffer.alloc(0), Buffer.from([0xff, 0xff])])(
  'a trailer that says nothing names none: %j',
  (trailer) => {
    expect(storageErrorOfTrailer(trailer)).toBeUndefined();
  },
);

test('refused rows come with their indices, and what the answer has besides is passed over', () => {
  const answer = answered({
    error: { code: GRPC_STATUS.INVALID_ARGUMENT, message: 'rows' },
    updatedSchema: { fields: [{ name: 'a', type: 'STRING' }] },
    rowErrors: [{ message: 'first' }, { index: 4_000, code: 'FIELDS_ERROR', message: 'second' }],
  });
  expect(answer.rowErrors).toEqual([
    { index: 0, message: 'first' },
    { index: 4_000, message: 'second' },
  ]);
});

test.each([[0x0a], [0x0a, 5, 1], [0xff, 0xff], [0x0b]].map((bytes) => [bytes]))(
  'bytes that are no message are refused: %j',
  (bytes) => {
    expect(() => decodeAppendAnswer(Buffer.from(bytes))).toThrow(RangeError);
  },
);

test('storage errors have the names and numbers of the generated classes', () => {
  const generated = Object.entries(StorageError.StorageErrorCode).filter(([, code]) => typeof code === 'number');
  expect(Object.entries(STORAGE_ERRORS).map(([code, name]) => [name, Number(code)])).toEqual(
    generated.toSorted(([, a], [, b]) => Number(a) - Number(b)),
  );
});
