/**
 * Four repairs of kafkajs 2.2.4 (pinned) on its prototypes, made when this module is loaded: createKafka imports it and
 * builds every client. kafkajs-internals.test.ts fails if what they depend on changes.
 */
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { spanText } from '../../base/span-text.ts';
import { ConnectPatience } from './connect-patience.ts';

const require = createRequire(import.meta.url);
const RequestQueue = require('kafkajs/src/network/requestQueue/index.js') as {
  readonly prototype: {
    pending: readonly unknown[];
    scheduleCheckPendingRequests: (this: RequestQueueInternals) => void;
  };
};
interface RequestQueueInternals {
  readonly pending: readonly unknown[];
}

/**
 * kafkajs re-arms a timer with a negative delay forever once a connection is idle (its issue 1751): a
 * TimeoutNegativeWarning on Node 24, and a wake-up every millisecond. With nothing pending there is nothing to check.
 */
const scheduleCheck = RequestQueue.prototype.scheduleCheckPendingRequests;
RequestQueue.prototype.scheduleCheckPendingRequests = function (this: RequestQueueInternals): void {
  if (this.pending.length > 0) scheduleCheck.call(this);
};

interface ConnectionInternals {
  readonly broker: string;
  /** Read when an attempt begins. */
  connectionTimeout: number;
  chunks: Buffer[];
  readonly bytesBuffered: number;
  readonly socket?: Socket;
}
const Connection = require('kafkajs/src/network/connection.js') as {
  readonly prototype: {
    connect: Method;
    disconnect: Method;
    processData(this: ConnectionInternals, bytes: Buffer): unknown;
  };
};
type Method = (this: ConnectionInternals) => Promise<unknown>;

/**
 * kafkajs opens one socket per caller if several find a connection lost at once, keeps only the last, and may wait for
 * ever if a socket ends before it is up. Here they share one attempt with a deadline, which grows after an attempt that
 * reached its own (connect-patience.ts).
 */
const connectOnce = Connection.prototype.connect;
const attempts = new WeakMap<ConnectionInternals, Promise<unknown>>();
Connection.prototype.connect = function (this: ConnectionInternals): Promise<unknown> {
  const running = attempts.get(this);
  if (running !== undefined) return running;
  const attempt = connectPatiently(this).finally(() => attempts.delete(this));
  attempts.set(this, attempt);
  return attempt;
};

const patience = new ConnectPatience();

async function connectPatiently(connection: ConnectionInternals): Promise<unknown> {
  const { broker, connectionTimeout: firstMs } = connection;
  const timeoutMs = patience.timeoutMs(broker, firstMs);
  connection.connectionTimeout = timeoutMs;
  const connecting = connectOnce.call(connection);
  connection.connectionTimeout = firstMs;
  try {
    const connected = await withDeadline(connecting, timeoutMs + 1_000);
    patience.connected(broker);
    return connected;
  } catch (error) {
    if (error instanceof Error && TIMED_OUT.test(error.message)) patience.timedOut(broker);
    throw error;
  }
}

/** kafkajs's own words, and those below. */
const TIMED_OUT = /^Connection timeout$|^not connected after /;

/**
 * During an outage kafkajs disconnects again at every attempt, and each time leaves a listener for `connect` on a dead
 * socket (a MaxListenersExceededWarning after ten).
 */
const disconnect = Connection.prototype.disconnect;
Connection.prototype.disconnect = function (this: ConnectionInternals): Promise<unknown> {
  if (this.socket?.destroyed) this.socket.removeAllListeners('connect');
  return disconnect.call(this);
};

/** kafkajs keeps the empty rest of the previous data and joins it with the next: a copy of every answer. */
const processData = Connection.prototype.processData;
Connection.prototype.processData = function (this: ConnectionInternals, bytes: Buffer): unknown {
  if (this.bytesBuffered === 0) this.chunks = [];
  return processData.call(this, bytes);
};

async function withDeadline<T>(work: Promise<T>, timeoutMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = Object.assign(new Error(`not connected after ${spanText(timeoutMs)}`), {
      name: 'KafkaJSConnectionError',
      retriable: true,
    });
    timer = setTimeout(() => reject(error), timeoutMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
