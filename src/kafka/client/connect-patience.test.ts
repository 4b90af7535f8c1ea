import { once } from 'node:events';
import { createRequire } from 'node:module';
import { type AddressInfo, createServer, type Server, Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CONNECT_TIMEOUT_MAX_MS, ConnectPatience } from './connect-patience.ts';
import './kafkajs-patches.ts';

test('an attempt that ran into its limit lets the next take twice as long, up to a bound, until one connects', () => {
  const patience = new ConnectPatience();
  const limits: number[] = [];
  for (let attempt = 0; attempt < 40; attempt++) {
    limits.push(patience.timeoutMs('broker:9092', 3_000));
    patience.timedOut('broker:9092');
  }
  expect(limits.slice(0, 4)).toEqual([3_000, 6_000, CONNECT_TIMEOUT_MAX_MS, CONNECT_TIMEOUT_MAX_MS]);
  expect(limits.at(-1)).toBe(CONNECT_TIMEOUT_MAX_MS);
  expect(patience.timeoutMs('other:9092', 3_000)).toBe(3_000);
  patience.connected('broker:9092');
  expect(patience.timeoutMs('broker:9092', 3_000)).toBe(3_000);
});

test('a limit that is set higher than the bound holds', () => {
  const patience = new ConnectPatience();
  patience.timedOut('broker:9092');
  expect(patience.timeoutMs('broker:9092', 60_000)).toBe(60_000);
});

const Connection = createRequire(import.meta.url)('kafkajs/src/network/connection.js') as new (
  options: object,
) => { connect(): Promise<unknown>; disconnect(): Promise<unknown> };

let server: Server;

beforeEach(async () => {
  server = createServer((socket) => socket.on('error', () => {})).listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(() => server.close());

/** A connection to a broker whose name lookup takes this long. */
function connection(lookupMs: number) {
  const silent = { debug: () => undefined, error: () => undefined };
  return new Connection({
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    logger: { namespace: () => silent },
    socketFactory: ({ host, port, onConnect }: { host: string; port: number; onConnect: () => void }) => {
      const socket = new Socket();
      setTimeout(() => socket.destroyed || socket.connect(port, host, onConnect), lookupMs);
      return socket;
    },
    requestTimeout: 10_000,
    connectionTimeout: 400,
  });
}

test('a broker whose name takes longer than the limit is reached all the same, by another connection object too', async () => {
  await expect(connection(600).connect()).rejects.toThrow('timeout');
  const second = connection(600);
  await second.connect();
  await second.disconnect();
  await expect(connection(600).connect(), 'what was learned lasts until a connection').rejects.toThrow('timeout');
});
