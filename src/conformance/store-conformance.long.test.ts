/** A store over HTTP conforms; the same one conforms no longer once its condition is lost on the way. */
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemRuntime } from '../base/system-runtime.ts';
import { type S3Store as S3Server, startS3Store } from '../infra/s3/s3-store.ts';
import { S3Store } from '../sinks/delta/store/s3-store.ts';
import { newFolderName, tryStore } from './try-store.ts';

const BUCKET = 'lake-of-conformance';
let server: S3Server;
beforeAll(async () => {
  server = await startS3Store();
  await server.makeBucket(BUCKET);
});
afterAll(() => server?.[Symbol.asyncDispose]());

function tried(endpoint: string, only?: readonly string[]) {
  const open = (requestTimeoutMs?: number) =>
    new S3Store({
      location: `s3://${BUCKET}/x`,
      endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      runtime: systemRuntime,
      trustsConditions: true,
      ...(requestTimeoutMs === undefined ? {} : { requestTimeoutMs }),
    });
  const under = { open, isRemote: true, runtime: systemRuntime };
  return tryStore(under, newFolderName(systemRuntime), only === undefined ? {} : { only });
}

test('a store with conditional writes conforms, also when requests are given up', async () => {
  const report = await tried(server.url);
  expect(report.needs.filter(({ state }) => state !== 'holds')).toEqual([]);
  expect(report.needs).toHaveLength(11);
});

test('a gateway that drops the condition is found', async () => {
  const gateway = createServer((incoming, outgoing) => forward(server.url, incoming, outgoing));
  const endpoint = await listening(gateway);
  try {
    const only = ['one-winner', 'never-overwritten', 'replaced-at-once'];
    const { needs, conforms } = await tried(endpoint, only);
    expect(needs.map(({ name, state }) => [name, state])).toEqual([
      ['one-winner', 'fails'],
      ['never-overwritten', 'fails'],
      ['replaced-at-once', 'holds'],
    ]);
    expect(conforms).toBe(false);
  } finally {
    gateway.closeAllConnections();
    gateway.close();
  }
});

async function listening(gateway: Server): Promise<string> {
  await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
}

/** Everything but the condition. */
function forward(to: string, incoming: IncomingMessage, outgoing: ServerResponse): void {
  const { 'if-none-match': _, ...headers } = incoming.headers;
  const { method = 'GET', url = '/' } = incoming;
  const onward = request(new URL(url, to), { method, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
    answer.pipe(outgoing);
  });
  onward.on('error', () => outgoing.destroy());
  incoming.pipe(onward);
}
