import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterEach, expect, test } from 'vitest';

let status = 200;
let asked: string | undefined;
const server = createServer((request, response) => {
  asked = request.url;
  response.writeHead(status).end();
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const { port } = server.address() as AddressInfo;
afterEach(() => {
  status = 200;
});

function exitCodeWith(env: Record<string, string>): Promise<number> {
  return new Promise((resolve) => {
    execFile(process.execPath, [path.join(import.meta.dirname, 'healthcheck.ts')], { env }, (error) =>
      resolve(error === null ? 0 : Number(error.code)),
    );
  });
}

test('healthy while /livez answers, also where the port is bound to every address', async () => {
  expect(await exitCodeWith({ METRICS_PORT: String(port), METRICS_HOST: '0.0.0.0' })).toBe(0);
  expect(asked).toBe('/livez');
});

test('not healthy when it answers otherwise', async () => {
  status = 500;
  expect(await exitCodeWith({ METRICS_PORT: String(port) })).toBe(1);
});

test('not healthy when nothing listens', async () => {
  expect(await exitCodeWith({ METRICS_PORT: '1' })).toBe(1);
});
