/** The port under hostile use: random bytes, half requests, readers that do not read. Real sockets on 127.0.0.1. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  MAX_CONNECTIONS,
  MAX_REQUESTS_PER_CONNECTION,
  type MetricsServer,
  type ServerTimes,
  startMetricsServer,
} from './metrics-server.ts';

const SEED = 20_261_129;
const DRAWN = 3_000;
const AT_A_TIME = 40;
/** After that the client leaves: some sequences are half a request, for whose rest the server waits. */
const PATIENCE_MS = 25;

let server: MetricsServer;
let refreshes = 0;

async function start(times?: ServerTimes): Promise<MetricsServer> {
  return startMetricsServer({
    host: '127.0.0.1',
    port: 0,
    registry: new Registry(),
    readiness: () => ({ ready: true }) as never,
    refresh: () => {
      refreshes += 1;
    },
    ...(times === undefined ? {} : { times }),
  });
}

beforeEach(async () => {
  refreshes = 0;
  server = await start();
});
afterEach(() => server.close());

async function expectAnswers(): Promise<void> {
  const get = async (path: string) => (await fetch(`http://127.0.0.1:${server.port}${path}`)).status;
  expect([await get('/livez'), await get('/metrics')]).toEqual([200, 200]);
}

async function connected(): Promise<Socket> {
  const socket = connect({ port: server.port, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** The reply until the server ends the connection, or until it is enough. */
async function replyTo(bytes: string, isEnough: (reply: string) => boolean = () => false): Promise<string> {
  const socket = await connected();
  let reply = '';
  socket.setEncoding('latin1').on('data', (part: string) => {
    reply += part;
    if (isEnough(reply)) socket.emit('end');
  });
  socket.write(bytes, 'latin1');
  await once(socket, 'end');
  socket.destroy();
  return reply;
}

/** A number from 0 to `below` - 1; xorshift, so that a failure can be repeated. */
function drawing(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const METHODS = ['GET', 'HEAD', 'POST', 'OPTIONS', 'CONNECT', 'TRACE', 'PUT', 'PRI', 'get', '', 'G\0T', '\x16\x03\x01'];
const TARGETS = [
  '/metrics', '/livez', '/readyz', '//', '//x:y@', '///', '/..//%', '*', '', 'http://', 'http://[', 'http://x/livez',
  'x:99999', '/%00', '/\xff\xfe', '/?', '?', '#', '\\\\', '/[', '//[::1', '/metrics?a=b', `/${'a'.repeat(9_000)}`,
]; // biome-ignore format: one target after the other
const VERSIONS = ['HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/9', '', 'http/1.1'];
const HEADERS = [
  'Host: x', 'Host:', 'Content-Length: 5', 'Content-Length: -1', 'Content-Length: 99999999999999999999',
  'Content-Length: 1000000000000', 'Transfer-Encoding: chunked', 'Transfer-Encoding: chunked, identity', 'Upgrade: websocket',
  'Connection: upgrade', 'Connection: close', 'Connection: keep-alive', 'Expect: 100-continue', 'Expect: x', ': empty',
  'A\0B: c', 'X: \r\n folded', 'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA', `X: ${'y'.repeat(9_000)}`,
]; // biome-ignore format: one header after the other
const ENDS = ['\r\n\r\n', '\n\n', '\r\n', '', '\r\n\r\n5\r\nhello\r\n0\r\n\r\n', '\r\n\r\nffffffffffffffff\r\n'];

function drawnBytes(draw: (below: number) => number): Buffer {
  const pick = (list: readonly string[]): string => list[draw(list.length)] as string;
  const requests = Array.from({ length: 1 + draw(4) }, () => {
    const headers = Array.from({ length: draw(5) }, () => `\r\n${pick(HEADERS)}`).join('');
    return `${pick(METHODS)} ${pick(TARGETS)} ${pick(VERSIONS)}${headers}${pick(ENDS)}`;
  });
  const bytes = Buffer.from(requests.join(''), 'latin1');
  for (let change = draw(4) - 1; change > 0; change -= 1) bytes[draw(bytes.length)] = draw(256);
  return draw(10) === 0 ? Buffer.from(Array.from({ length: draw(300) }, () => draw(256))) : bytes;
}

/**
 * Sends the bytes in two parts, then waits, half-closes, ends or resets; done when the server is, or when patience
 * ends.
 */
async function sendOne(bytes: Buffer, draw: (below: number) => number): Promise<void> {
  const cut = draw(bytes.length + 1);
  const ending = draw(4);
  const socket = await connected();
  const ended = new Promise<void>((resolve) => socket.once('end', resolve).once('close', () => resolve()));
  if (ending !== 0) socket.resume();
  socket.write(bytes.subarray(0, cut));
  await new Promise((resolve) => setImmediate(resolve));
  socket.write(bytes.subarray(cut));
  if (ending === 1) socket.end();
  if (ending === 2) socket.resetAndDestroy();
  await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))]);
  socket.destroy();
}

describe('no request ends the process', () => {
  test.each(['//', '//x:y@', 'http://[', '*', '/%', '/['])('a target of %s is answered', async (target) => {
    expect(await replyTo(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)).toMatch(/^HTTP\/1.1 404 /);
    await expectAnswers();
  });

  test(`after ${DRAWN} drawn sequences of bytes (seed ${SEED}) it still answers`, async () => {
    const draw = drawing(SEED);
    const uncaught: unknown[] = [];
    const catchIt = (error: unknown): void => void uncaught.push(error);
    process.on('uncaughtException', catchIt);
    for (let sent = 0; sent < DRAWN; sent += AT_A_TIME) {
      const several = Array.from({ length: AT_A_TIME }, () => sendOne(drawnBytes(draw), draw));
      await Promise.all(several);
      if (sent % 400 === 0) await expectAnswers();
    }
    await expectAnswers();
    process.off('uncaughtException', catchIt);
    expect(uncaught).toEqual([]);
  });
});

describe('no client keeps others out, or costs without a bound', () => {
  test('idle connections and half requests: the next one gets the place of the oldest', async () => {
    const idle = await Promise.all(Array.from({ length: 2 * MAX_CONNECTIONS }, connected));
    for (const socket of idle) socket.write('GET /livez HTTP/1.1\r\nX: ');
    await expectAnswers();
    const open = idle.filter((socket) => !socket.readableEnded && !socket.destroyed);
    await expect
      .poll(() => open.filter(({ destroyed, readableEnded }) => !destroyed && !readableEnded).length, {
        timeout: 5_000,
      })
      .toBeLessThan(MAX_CONNECTIONS);
    for (const socket of idle) socket.destroy();
  });

  test('headers that never end, a body that never ends and a reader that never reads are cut off', async () => {
    await server.close();
    server = await start({ headersWithinMs: 40, requestWithinMs: 80, checkedEveryMs: 10, idleMs: 120 });
    const slow = [await connected(), await connected(), await connected()];
    const ends = slow.map((socket) => once(socket.resume(), 'close'));
    for (const socket of slow) socket.on('end', () => socket.end());
    slow[0]!.write('GET /livez HTTP/1.1\r\nX: y');
    slow[1]!.write('POST /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000000\r\n\r\nhello');
    // slow[2] sends nothing at all.
    await Promise.all(ends);
    await expectAnswers();
  });

  test('requests on one connection, one after the other without waiting, are answered up to a number', async () => {
    const sent = 5 * MAX_REQUESTS_PER_CONNECTION;
    const answers = (reply: string, status: string) => reply.split(`HTTP/1.1 ${status}`).length - 1;
    const reply = await replyTo(
      'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(sent),
      (so) => answers(so, '') === sent,
    );
    expect(answers(reply, '200 ')).toBe(MAX_REQUESTS_PER_CONNECTION);
    expect(answers(reply, '503 ')).toBe(sent - MAX_REQUESTS_PER_CONNECTION);
    await expectAnswers();
  });

  test('a request with a body is answered without reading it, and the connection ends', async () => {
    for (const method of ['GET', 'POST', 'OPTIONS']) {
      const reply = await replyTo(`${method} /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000000\r\n\r\nhello`);
      expect(reply).toMatch(method === 'GET' ? /^HTTP\/1.1 200 / : /^HTTP\/1.1 405 /);
      expect(reply.toLowerCase()).toContain('connection: close');
    }
  });

  test('headers over the limit are refused', async () => {
    expect(await replyTo(`GET /livez HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(10_000)}\r\n\r\n`)).toMatch(/ 431 /);
  });

  test('HEAD says how long /metrics is, and sends nothing of it', async () => {
    const reply = await replyTo('HEAD /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(reply).toMatch(/^HTTP\/1.1 200 .*content-length: \d+\r\n.*\r\n\r\n$/is);
  });

  test('scrapes at the same time share one text', async () => {
    const scrapes = Array.from({ length: 50 }, () => fetch(`http://127.0.0.1:${server.port}/metrics`));
    expect((await Promise.all(scrapes)).map(({ status }) => status)).toEqual(Array.from({ length: 50 }, () => 200));
    // The last request may come more than 200 ms after the text was made.
    expect(refreshes).toBeLessThan(10);
  });
});
