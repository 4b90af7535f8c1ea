import { protos } from '@google-cloud/bigquery-storage';
import {
  Client,
  credentials,
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { GrpcProxy } from './grpc-proxy.ts';

const APPEND = '/google.cloud.bigquery.storage.v1.BigQueryWrite/AppendRows';
const CREATE = '/google.cloud.bigquery.storage.v1.BigQueryWrite/CreateWriteStream';
const asIs = (bytes: Buffer): Buffer => bytes;

let service: Server;
let proxy: GrpcProxy;
let acted: string[];
let clients: Client[];

beforeEach(async () => {
  acted = [];
  clients = [];
  service = new Server();
  const append = (call: ServerDuplexStream<Buffer, Buffer>): void => {
    call.on('data', (request: Buffer) => {
      acted.push(String(request));
      call.write(Buffer.from(`did ${request}`));
    });
    call.on('end', () => call.end());
    call.on('error', () => {});
  };
  service.register(APPEND, append, asIs, asIs, 'bidi');
  service.register(
    CREATE,
    (call: ServerUnaryCall<Buffer, Buffer>, done: sendUnaryData<Buffer>) =>
      String(call.request) === 'bad'
        ? done({ code: status.NOT_FOUND, details: 'no such table' })
        : done(null, Buffer.from(`made ${call.request}`)),
    asIs,
    asIs,
    'unary',
  );
  const port = await new Promise<number>((resolve, reject) =>
    service.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  );
  proxy = await GrpcProxy.start(`127.0.0.1:${port}`);
});

afterEach(async () => {
  for (const client of clients) client.close();
  await proxy.close();
  service.forceShutdown();
});

function connected(): Client {
  const client = new Client(proxy.address, credentials.createInsecure());
  clients.push(client);
  return client;
}

/** A call with what it heard so far, and its end. */
function appending() {
  const call = connected().makeBidiStreamRequest(APPEND, asIs, asIs, new Metadata());
  const heard: Buffer[] = [];
  let wake = (): void => {};
  call.on('data', (answer: Buffer) => {
    heard.push(answer);
    wake();
  });
  const ended = new Promise<number>((resolve) => call.on('status', ({ code }) => resolve(code)));
  call.on('error', () => {});
  return {
    send: (text: string) => void call.write(Buffer.from(text)),
    end: () => call.end(),
    ended,
    texts: () => heard.map(String),
    raw: heard,
    async heardCount(count: number): Promise<void> {
      while (heard.length < count) await new Promise<void>((resolve) => (wake = resolve));
    },
  };
}

function create(text: string): Promise<string> {
  return new Promise((resolve, reject) =>
    connected().makeUnaryRequest(CREATE, asIs, asIs, Buffer.from(text), (error, answer) =>
      error ? reject(error) : resolve(String(answer)),
    ),
  );
}

test('unary calls and streams pass, with their answers and their ends', async () => {
  expect(await create('stream')).toBe('made stream');
  await expect(create('bad')).rejects.toMatchObject({ code: status.NOT_FOUND, details: 'no such table' });
  const call = appending();
  call.send('a');
  call.send('b');
  await call.heardCount(2);
  call.end();
  expect(await call.ended).toBe(status.OK);
  expect(call.texts()).toEqual(['did a', 'did b']);
});

test('an answer is lost after its effect: earlier ones come, and the call ends', async () => {
  let hits = 0;
  proxy.add({
    method: 'AppendRows',
    which: { nth: 2 },
    fault: { kind: 'lose-answer', code: status.UNAVAILABLE },
    onHit: () => hits++,
  });
  const call = appending();
  call.send('a');
  call.send('b');
  expect(await call.ended).toBe(status.UNAVAILABLE);
  expect(call.texts()).toEqual(['did a']);
  expect(acted).toEqual(['a', 'b']);
  expect([hits, proxy.counts.answersLost]).toEqual([1, 1]);
});

test('a fault whose request went down with its call hits the next request', async () => {
  let hits = 0;
  const lost = { kind: 'lose-answer', code: status.UNAVAILABLE } as const;
  proxy.add({ method: 'AppendRows', which: {}, fault: { kind: 'refuse', code: status.ABORTED, message: 'x' } });
  proxy.add({ method: 'AppendRows', which: { nth: 2 }, fault: lost, onHit: () => hits++ });
  const call = appending();
  call.send('a');
  call.send('b');
  expect(await call.ended).toBe(status.ABORTED);
  const next = appending();
  next.send('c');
  expect(await next.ended).toBe(status.UNAVAILABLE);
  expect(hits).toBe(1);
});

test('swallowed answers leave the call hanging; another call is not touched', async () => {
  proxy.add({ method: 'AppendRows', which: {}, fault: { kind: 'swallow-answers' } });
  const hanging = appending();
  hanging.send('a');
  hanging.send('b');
  while (acted.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  const other = appending();
  other.send('c');
  await other.heardCount(1);
  expect(hanging.texts()).toEqual([]);
});

test('a request is refused in its turn, and the service never hears of it', async () => {
  proxy.add({
    method: 'AppendRows',
    which: { nth: 2 },
    fault: { kind: 'refuse-in-band', code: status.RESOURCE_EXHAUSTED, message: 'quota' },
  });
  const call = appending();
  for (const text of ['a', 'b', 'c']) call.send(text);
  await call.heardCount(3);
  expect(acted).toEqual(['a', 'c']);
  const { error } = protos.google.cloud.bigquery.storage.v1.AppendRowsResponse.decode(call.raw[1]!);
  expect(error).toMatchObject({ code: status.RESOURCE_EXHAUSTED, message: 'quota' });
  expect([call.texts()[0], call.texts()[2]]).toEqual(['did a', 'did c']);
});

test('a refused call ends with the status that was asked for', async () => {
  proxy.add({
    method: 'CreateWriteStream',
    which: { times: 2 },
    fault: { kind: 'refuse', code: status.RESOURCE_EXHAUSTED, message: 'too many streams' },
  });
  for (let i = 0; i < 2; i++)
    await expect(create('s')).rejects.toMatchObject({ code: status.RESOURCE_EXHAUSTED, details: 'too many streams' });
  expect(await create('s')).toBe('made s');
});

test('a rule about some requests leaves the others alone', async () => {
  proxy.add({
    method: 'CreateWriteStream',
    contains: 'payments',
    which: {},
    fault: { kind: 'refuse', code: status.INTERNAL, message: 'x' },
  });
  expect(await create('other')).toBe('made other');
  await expect(create('of payments')).rejects.toMatchObject({ code: status.INTERNAL });
});

test('a held answer holds those after it, and keeps their order', async () => {
  proxy.add({ method: 'AppendRows', which: {}, fault: { kind: 'hold-answer', delayMs: 100 } });
  const call = appending();
  const startedMs = performance.now();
  call.send('a');
  call.send('b');
  await call.heardCount(2);
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(95);
  expect(call.texts()).toEqual(['did a', 'did b']);
});

test('a cut connection ends its calls; the next ones connect anew', async () => {
  const call = appending();
  call.send('a');
  await call.heardCount(1);
  expect(proxy.network.cut()).toBe(1);
  expect(await call.ended).toBe(status.UNAVAILABLE);
  expect(await create('s')).toBe('made s');
});
