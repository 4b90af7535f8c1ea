import { constants } from 'node:http2';
import {
  Client,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type StatusObject,
  status,
} from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { GrpcFault } from './grpc-fault.ts';
import { GrpcProxy } from './grpc-proxy.ts';

const APPEND = '/google.cloud.bigquery.storage.v1.BigQueryWrite/AppendRows';
const asIs = (bytes: Buffer): Buffer => bytes;

let service: Server;
let proxy: GrpcProxy;
let acted: string[];
/** Resolves with the text that the service acts on next. */
let nextActed: Promise<string>;
let client: Client;

beforeEach(async () => {
  acted = [];
  service = new Server();
  let tell: (text: string) => void;
  nextActed = new Promise((resolve) => (tell = resolve));
  const append = (call: ServerDuplexStream<Buffer, Buffer>): void => {
    call.on('data', (request: Buffer) => {
      acted.push(String(request));
      tell(String(request));
      call.write(Buffer.from(`did ${request}`));
    });
    call.on('end', () => call.end());
    call.on('error', () => {});
  };
  service.register(APPEND, append, asIs, asIs, 'bidi');
  const port = await new Promise<number>((resolve, reject) =>
    service.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  proxy = await GrpcProxy.start(`127.0.0.1:${port}`);
  // A stream that was refused is otherwise tried again inside the library.
  client = new Client(proxy.address, credentials.createInsecure(), { 'grpc.enable_retries': 0 });
});

afterEach(async () => {
  client.close();
  await proxy.close();
  service.forceShutdown();
});

/** Sends these, and hears how the call ends. */
async function appended(...texts: string[]): Promise<{ ended: StatusObject; heard: string[] }> {
  const call = client.makeBidiStreamRequest(APPEND, asIs, asIs, new Metadata());
  const heard: string[] = [];
  call.on('data', (answer: Buffer) => heard.push(String(answer)));
  call.on('error', () => {});
  const ended = new Promise<StatusObject>((resolve) => call.on('status', resolve));
  for (const text of texts) call.write(Buffer.from(text));
  return { ended: await ended, heard };
}

function arm(fault: Omit<Extract<GrpcFault, { kind: 'reset' }>, 'kind'>, nth = 1): () => number {
  let hits = 0;
  proxy.add({ method: 'AppendRows', which: { nth }, fault: { kind: 'reset', ...fault }, onHit: () => hits++ });
  return () => hits;
}

test.each([
  [constants.NGHTTP2_REFUSED_STREAM, status.UNAVAILABLE],
  [constants.NGHTTP2_CANCEL, status.CANCELLED],
  [constants.NGHTTP2_INTERNAL_ERROR, status.INTERNAL],
  [constants.NGHTTP2_ENHANCE_YOUR_CALM, status.RESOURCE_EXHAUSTED],
  [constants.NGHTTP2_INADEQUATE_SECURITY, status.PERMISSION_DENIED],
  [constants.NGHTTP2_PROTOCOL_ERROR, status.INTERNAL],
])('RST_STREAM with code %i in place of an answer ends the call with %i, after the effect', async (code, expected) => {
  const hits = arm({ at: 'answered', what: code });
  const { ended, heard } = await appended('a');
  expect([ended.code, heard, acted]).toEqual([expected, [], ['a']]);
  expect([hits(), proxy.counts.streamsReset, proxy.counts.answersLost]).toEqual([1, 1, 1]);
});

test('a stream that is reset when it was asked does not wait for the service, which acts all the same', async () => {
  const hits = arm({ at: 'asked', what: constants.NGHTTP2_CANCEL });
  const { ended } = await appended('a');
  expect([ended.code, hits(), proxy.counts.streamsReset]).toEqual([status.CANCELLED, 1, 1]);
  expect(await nextActed).toBe('a');
});

test.each(['asked', 'answered'] as const)(
  'a connection that is reset (%s) is a TCP reset, and the next one is whole',
  async (at) => {
    const hits = arm({ at, what: 'connection' });
    const { ended } = await appended('a');
    expect([ended.code, hits(), proxy.counts.cut]).toEqual([status.UNAVAILABLE, 1, 1]);
    expect(ended.details).toMatch(/ECONNRESET|reset/i);
    expect(await nextActed).toBe('a');
    arm({ at: 'answered', what: constants.NGHTTP2_INTERNAL_ERROR });
    expect((await appended('b')).ended.code).toBe(status.INTERNAL);
  },
);
