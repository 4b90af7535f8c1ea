import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hostPort, TcpProxy } from './tcp-proxy.ts';

let echo: Server;
let proxy: TcpProxy;
let served: Socket[];
const clients: Socket[] = [];

beforeEach(async () => {
  served = [];
  echo = createServer((socket) => {
    served.push(socket);
    socket.on('error', () => {});
    socket.pipe(socket);
  });
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  proxy = await TcpProxy.start({ host: '127.0.0.1', port: (echo.address() as AddressInfo).port });
});

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy();
  await proxy.close();
  for (const socket of served) socket.destroy();
  echo.close();
});

async function client(): Promise<Socket> {
  const socket = connect(hostPort(proxy.address));
  socket.on('error', () => {});
  clients.push(socket);
  await once(socket, 'connect');
  return socket;
}

/** events.once would reject on the reset that is expected. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

async function answer(socket: Socket, text: string): Promise<string> {
  const heard = once(socket, 'data');
  socket.write(text);
  return String((await heard)[0]);
}

async function isSilent(socket: Socket, text: string): Promise<boolean> {
  const first = Promise.race([once(socket, 'data').catch(() => {}), closed(socket)]);
  socket.write(text);
  return Promise.race([first.then(() => false), sleep(150, true)]);
}

test('bytes pass in both directions, and are counted', async () => {
  const socket = await client();
  expect(await answer(socket, 'hello')).toBe('hello');
  expect(proxy.counts).toMatchObject({ accepted: 1, bytesPassed: 10, bytesHeld: 0, cut: 0 });
});

test('an end of one side is passed on, after everything that came before it', async () => {
  const socket = await client();
  const heard: Buffer[] = [];
  socket.on('data', (bytes) => heard.push(bytes));
  socket.end(Buffer.alloc(1_000_000, 'x'));
  await once(socket, 'end');
  expect(Buffer.concat(heard).length).toBe(1_000_000);
});

test('cut resets open connections; new ones are served', async () => {
  const socket = await client();
  await answer(socket, 'a');
  const failed = closed(socket);
  expect(proxy.cut()).toBe(1);
  await failed;
  expect(proxy.counts.cut).toBe(1);
  expect(proxy.openConnections).toBe(0);
  expect(await answer(await client(), 'b')).toBe('b');
});

test('refuse resets new connections and leaves open ones alone, until healed', async () => {
  const open = await client();
  await answer(open, 'a');
  proxy.refuse();
  const refused = connect(hostPort(proxy.address));
  refused.on('error', () => {});
  await closed(refused);
  expect(proxy.counts.refused).toBe(1);
  expect(await answer(open, 'b')).toBe('b');
  proxy.heal();
  expect(await answer(await client(), 'c')).toBe('c');
});

test('a black hole swallows silently, new connections too; healed, what was held is passed', async () => {
  const open = await client();
  await answer(open, 'a');
  proxy.blackHole();
  expect(await isSilent(open, 'b')).toBe(true);
  const late = await client();
  expect(await isSilent(late, 'c')).toBe(true);
  expect(proxy.counts.bytesHeld).toBeGreaterThanOrEqual(2);
  const both = Promise.all([once(open, 'data'), once(late, 'data')]);
  proxy.heal();
  expect((await both).map(([bytes]) => String(bytes))).toEqual(['b', 'c']);
});

test('what a black hole holds is bounded: the sender is stopped', async () => {
  const socket = await client();
  await answer(socket, 'a');
  proxy.blackHole();
  const chunk = Buffer.alloc(64 * 1024);
  let written = 0;
  while (written < 64 * 1024 * 1024 && socket.writableLength < 4 * 1024 * 1024) {
    socket.write(chunk);
    written += chunk.length;
    await sleep(0);
  }
  expect(written).toBeLessThan(64 * 1024 * 1024);
  expect(proxy.counts.bytesHeld).toBeLessThan(1024 * 1024);
});

test('delay holds bytes and keeps their order; healing lets them go at once', async () => {
  const socket = await client();
  await answer(socket, 'a');
  proxy.delay(60_000);
  expect(await isSilent(socket, 'b')).toBe(true);
  socket.write('c');
  const heard = once(socket, 'data');
  proxy.heal();
  expect(String((await heard)[0])).toMatch(/^bc?$/);
});

test('throttle passes bytes at its rate', async () => {
  const socket = await client();
  await answer(socket, 'a');
  proxy.throttle(2_000);
  const startedMs = performance.now();
  let heard = 0;
  socket.on('data', (bytes) => {
    heard += bytes.length;
  });
  socket.write(Buffer.alloc(400));
  while (heard < 400) await sleep(10);
  // 400 bytes at 2,000 a second, there and back.
  expect(performance.now() - startedMs).toBeGreaterThan(200);
});

test('half-open: the server is rid of the connection, the client hears nothing until it is healed', async () => {
  const socket = await client();
  await answer(socket, 'a');
  const gone = closed(served[0]!);
  expect(proxy.halfOpen()).toBe(1);
  await gone;
  expect(await isSilent(socket, 'b')).toBe(true);
  const told = closed(socket);
  proxy.heal();
  await told;
});

test('a server that is not there is a reset for the client', async () => {
  const port = (echo.address() as AddressInfo).port;
  echo.close();
  await using lonely = await TcpProxy.start({ host: '127.0.0.1', port });
  const socket = connect(hostPort(lonely.address));
  socket.on('error', () => {});
  await closed(socket);
  expect(lonely.openConnections).toBe(0);
});

test('many full buffers leave no listeners behind', async () => {
  const warnings: Error[] = [];
  const note = (warning: Error): void => void warnings.push(warning);
  process.on('warning', note);
  const socket = await client();
  const bytes = Buffer.alloc(16 * 1024 * 1024, 'x');
  socket.write(bytes);
  let heard = 0;
  for await (const part of socket as AsyncIterable<Buffer>) {
    heard += part.length;
    if (heard === bytes.length) break;
  }
  process.off('warning', note);
  expect(warnings).toEqual([]);
});
