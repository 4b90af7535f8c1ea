import type { EventEmitter } from 'node:events';
import { protos } from '@google-cloud/bigquery-storage';
import { Metadata, Server, ServerCredentials } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { GoogleWriteRpc, tokensOf } from './write-rpc-google.ts';

test("calls carry the headers of the account, for the service's address", async () => {
  const asked: string[] = [];
  const tokens = tokensOf(async (url) => {
    asked.push(url);
    return { authorization: 'Bearer token', 'x-goog-user-project': 'payer' };
  });
  const metadata = await tokens.generateMetadata({
    service_url: 'https://bigquerystorage.googleapis.com/',
    method_name: 'AppendRows',
  });
  expect(metadata.getMap()).toEqual({ authorization: 'Bearer token', 'x-goog-user-project': 'payer' });
  expect(asked).toEqual(['https://bigquerystorage.googleapis.com/']);
});

const { StorageError } = protos.google.cloud.bigquery.storage.v1;
const SERVICE = '/google.cloud.bigquery.storage.v1.BigQueryWrite';
const asBytes = (bytes: Buffer): Buffer => bytes;
const METHOD = {
  requestSerialize: asBytes,
  requestDeserialize: asBytes,
  responseSerialize: asBytes,
  responseDeserialize: asBytes,
};

/** As the service refuses: a poor text, and what is meant in the trailer. */
function refusal(code: keyof typeof StorageError.StorageErrorCode) {
  const value = StorageError.encode(StorageError.fromObject({ code, entity: 'streams/a' })).finish();
  const detail = { type_url: 'type.googleapis.com/google.cloud.bigquery.storage.v1.StorageError', value };
  const status = { code: 3, message: 'Request contains an invalid argument.', details: [detail] };
  const metadata = new Metadata();
  metadata.set('grpc-status-details-bin', Buffer.from(protos.google.rpc.Status.encode(status).finish()));
  return { code: 3, details: status.message, metadata };
}

test('a call that is refused, and an append call that ends, say what the trailer says', async () => {
  const server = new Server();
  server.addService(
    {
      finalizeWriteStream: {
        ...METHOD,
        path: `${SERVICE}/FinalizeWriteStream`,
        requestStream: false,
        responseStream: false,
      },
      appendRows: { ...METHOD, path: `${SERVICE}/AppendRows`, requestStream: true, responseStream: true },
    },
    {
      finalizeWriteStream: (_call: unknown, answer: (error: object) => void) => answer(refusal('STREAM_FINALIZED')),
      appendRows: (call: EventEmitter) => {
        call.once('data', () => call.emit('error', refusal('TABLE_NOT_FOUND')));
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  const rpc = new GoogleWriteRpc({ projectId: 'p', emulatorHost: `127.0.0.1:${port}`, callTimeoutMs: 5_000 });
  try {
    await expect(rpc.finalizeWriteStream('streams/a')).rejects.toMatchObject({
      name: 'RpcError',
      code: 3,
      message: 'Request contains an invalid argument.',
      storageErrorCode: 'STREAM_FINALIZED',
    });
    const ended = await new Promise((resolve) => {
      const call = rpc.appendRows('streams/a', { onAnswer: () => {}, onEnd: resolve });
      const payload = { schemaBytes: Buffer.alloc(1), recordBatchBytes: Buffer.alloc(1) };
      call.write({ writeStream: 'streams/a', offset: 0, payload, withSchema: true });
    });
    expect(ended).toMatchObject({ code: 3, storageErrorCode: 'TABLE_NOT_FOUND' });
  } finally {
    await rpc.close();
    server.forceShutdown();
  }
});
