import { protos } from '@google-cloud/bigquery-storage';
import { expect, test } from 'vitest';
import { decodeFinalized, decodeWriteStream, encodeCreateRequest, encodeFinalizeRequest } from './stream-messages.ts';

const v1 = protos.google.cloud.bigquery.storage.v1;
const TABLE = 'projects/p/datasets/d/tables/é';
const STREAM = `${TABLE}/streams/1`;

test('the generated classes read a request for a stream as it was meant', () => {
  const read = v1.CreateWriteStreamRequest.decode(encodeCreateRequest(TABLE));
  const asObject = v1.CreateWriteStreamRequest.toObject(read, { enums: String });
  expect(asObject).toEqual({ parent: TABLE, writeStream: { type: 'COMMITTED' } });
});

test('the generated classes read a request to finalize as it was meant', () => {
  const read = v1.FinalizeWriteStreamRequest.decode(encodeFinalizeRequest(STREAM));
  expect(v1.FinalizeWriteStreamRequest.toObject(read)).toEqual({ name: STREAM });
});

test('a stream is read with all that the service says of it', () => {
  const stream = v1.WriteStream.fromObject({
    name: STREAM,
    type: 'COMMITTED',
    createTime: { seconds: 1_700_000_000, nanos: 5 },
    tableSchema: { fields: [{ name: 'a', type: 'STRING' }] },
    writeMode: 'INSERT',
    location: 'eu',
  });
  expect(decodeWriteStream(Buffer.from(v1.WriteStream.encode(stream).finish()))).toBe(STREAM);
});

test('an answer without a name has an empty one', () => {
  expect(decodeWriteStream(Buffer.alloc(0))).toBe('');
});

test.each([0, 1, 300, 2 ** 40])('a finalized stream of %d rows is read', (rowCount) => {
  const answer = v1.FinalizeWriteStreamResponse.fromObject({ rowCount });
  expect(decodeFinalized(Buffer.from(v1.FinalizeWriteStreamResponse.encode(answer).finish()))).toBe(rowCount);
});

test.each([-1, 2 ** 60])('a stream of %d rows is none', (rowCount) => {
  const answer = v1.FinalizeWriteStreamResponse.fromObject({ rowCount });
  expect(() => decodeFinalized(Buffer.from(v1.FinalizeWriteStreamResponse.encode(answer).finish()))).toThrow(
    RangeError,
  );
});

test('bytes that are no message are refused', () => {
  expect(() => decodeWriteStream(Buffer.from([0x0a, 5, 1]))).toThrow(RangeError);
  expect(() => decodeFinalized(Buffer.from([0xff, 0xff]))).toThrow(RangeError);
});
