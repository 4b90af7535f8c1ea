/** What kafkajs-internals.ts depends on, so that an update of kafkajs fails here and not in production. */
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Kafka, logLevel } from 'kafkajs';
import { expect, test } from 'vitest';
import { parseFetchResponse } from '../fetch/fetch-response.ts';
import { openCluster } from './kafkajs-internals.ts';
import './kafkajs-patches.ts';

const require = createRequire(import.meta.url);
const kafka = new Kafka({ brokers: ['127.0.0.1:1'], logLevel: logLevel.NOTHING });

test('kafkajs is the version that was read', () => {
  expect((require('kafkajs/package.json') as { version: string }).version).toBe('2.2.4');
});

test('the assigner factory hands over a cluster with the calls that are used', () => {
  const cluster = openCluster(kafka, 1_000) as unknown as Record<string, unknown>;
  for (const name of [
    'connect',
    'disconnect',
    'addTargetTopic',
    'refreshMetadata',
    'refreshMetadataIfNecessary',
    'findBroker',
    'findGroupCoordinator',
    'findTopicPartitionMetadata',
    'fetchTopicsOffset',
  ]) {
    expect(cluster[name], name).toBeTypeOf('function');
  }
  expect(cluster.isolationLevel, 'offsets are asked for as read committed').toBe(1);
});

test('the encoder of Fetch 11 writes the request that the protocol describes', async () => {
  const encode = require('kafkajs/src/protocol/requests/fetch/v11/request.js') as (request: object) => {
    apiKey: number;
    apiVersion: number;
    encode(): Promise<{ buffer: Buffer }>;
  };
  const partitions = [{ partition: 3, fetchOffset: '258', maxBytes: 5 }];
  const topics = [{ topic: 't', partitions }];
  const request = encode({ replicaId: -1, maxWaitTime: 2, minBytes: 1, maxBytes: 9, isolationLevel: 1, topics });
  expect([request.apiKey, request.apiVersion]).toEqual([1, 11]);
  expect((await request.encode()).buffer.toString('hex')).toBe(
    'ffffffff00000002000000010000000901' + // replica, wait, min, max, isolation
      '00000000ffffffff' + // no fetch session
      '00000001000174' + // one topic, t
      '0000000100000003ffffffff0000000000000102ffffffffffffffff00000005' + // partition 3 from 258, 5 bytes
      '000000000000', // nothing forgotten, no rack
  );
});

test('connections and brokers have what the calls past the documented surface need', () => {
  const Broker = require('kafkajs/src/broker/index.js') as { prototype: object };
  expect(Object.getOwnPropertyNames(Broker.prototype)).toEqual(
    expect.arrayContaining(['leaveGroup', 'describeGroups']),
  );
  const Connection = require('kafkajs/src/network/connection.js') as { prototype: object };
  const Pool = require('kafkajs/src/network/connectionPool.js') as { prototype: object };
  expect(Object.getOwnPropertyNames(Connection.prototype)).toEqual(expect.arrayContaining(['send', 'connect']));
  expect(Object.getOwnPropertyNames(Pool.prototype)).toEqual(
    expect.arrayContaining(['getConnection', 'getConnectionByRequest']),
  );
});

test('an idle request queue arms no timer; a pending one still does', () => {
  const RequestQueue = require('kafkajs/src/network/requestQueue/index.js') as new (
    options: object,
  ) => {
    pending: unknown[];
    throttleCheckTimeoutId: NodeJS.Timeout | null;
    scheduleCheckPendingRequests(): void;
    destroy(): void;
  };
  const logger = { debug: () => undefined };
  const queue = new RequestQueue({ maxInFlightRequests: 1, requestTimeout: 1, clientId: 'c', broker: 'b', logger });
  queue.scheduleCheckPendingRequests();
  expect(queue.throttleCheckTimeoutId).toBeNull();
  queue.pending.push({});
  queue.scheduleCheckPendingRequests();
  expect(queue.throttleCheckTimeoutId).not.toBeNull();
  queue.destroy();
});

test('a Fetch response is read to its last byte, partition errors and aborted transactions included', () => {
  const hex =
    '00000007' + // throttled 7 ms
    '0000' + // no error
    '00000000' + // session
    '00000001000174' + // one topic, t
    '00000002' + // two partitions
    '000000010001ffffffffffffffffffffffffffffffffffffffffffffffff00000000ffffffffffffffff' + // 1: out of range
    '000000020000000000000000000a0000000000000009000000000000000200000001000000000000000500000000000000030000000000000003010203';
  const { partitions, ...head } = parseFetchResponse(Buffer.from(hex, 'hex'));
  expect(head).toEqual({ errorCode: 0, clientSideThrottleTime: 7 });
  expect(partitions[0]).toMatchObject({ topic: 't', partition: 1, errorCode: 1, aborted: [] });
  expect(partitions[1]).toEqual({
    topic: 't',
    partition: 2,
    errorCode: 0,
    highWatermark: 10,
    lastStableOffset: 9,
    logStartOffset: 2,
    aborted: [{ producerId: 5n, firstOffset: 3 }],
    records: Buffer.from([1, 2, 3]),
  });
});

test('callers who find a connection lost share one attempt to restore it', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sockets: Socket[] = [];
  server.on('connection', (socket) => sockets.push(socket));
  const Connection = require('kafkajs/src/network/connection.js') as new (
    options: object,
  ) => {
    connect(): Promise<unknown>;
    disconnect(): Promise<unknown>;
  };
  const silent = { debug: () => undefined, error: () => undefined };
  const connection = new Connection({
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    logger: { namespace: () => silent },
    socketFactory: ({ host, port, onConnect }: { host: string; port: number; onConnect: () => void }) =>
      connect(port, host, onConnect),
    requestTimeout: 1_000,
    connectionTimeout: 1_000,
  });
  await Promise.all([connection.connect(), connection.connect(), connection.connect()]);
  await connection.disconnect();
  server.close();
  await once(server, 'close');
  expect(sockets.length).toBe(1);
});
