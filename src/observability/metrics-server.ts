/**
 * HTTP on METRICS_PORT: /metrics for Prometheus, /livez and /readyz for supervisors and routers.
 *
 * Anybody who reaches the port may send anything. Invariants: no request ends the process; each connection, request and
 * answer is bounded in bytes and time; at the limit the oldest connection is dropped, so that idle ones cannot keep a
 * probe out; metrics are computed a few times a second at most, for any rate of requests.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Registry } from 'prom-client';
import { ConfigurationError } from '../base/errors.ts';
import type { Readiness } from './health.ts';

export interface MetricsServerOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly registry: Registry;
  readonly readiness: () => Readiness;
  /** Called before metrics are computed: for each scrape, but at most once in METRICS_FRESH_MS. */
  readonly refresh: () => void;
  /** Default: DEFAULT_TIMES. */
  readonly times?: ServerTimes;
}

/** How long a client may take. */
export interface ServerTimes {
  /** From the first byte of a request to the end of its headers. */
  readonly headersWithinMs: number;
  /** From the first byte of a request to its end. */
  readonly requestWithinMs: number;
  /** How often those two are checked: Node's own default is 30 s. */
  readonly checkedEveryMs: number;
  /** A connection without traffic is dropped, also that of a client that does not read. */
  readonly idleMs: number;
}

export interface MetricsServer {
  /** The port that it listens on. */
  readonly port: number;
  close(): Promise<void>;
}

/** Connections at a time. The next one replaces the oldest. */
export const MAX_CONNECTIONS = 64;
/** Of a request line with its headers. */
const MAX_HEADER_BYTES = 8 * 1024;
const MAX_HEADERS = 50;
export const MAX_REQUESTS_PER_CONNECTION = 100;
const DEFAULT_TIMES: ServerTimes = {
  headersWithinMs: 5_000,
  requestWithinMs: 10_000,
  checkedEveryMs: 1_000,
  idleMs: 10_000,
};
const KEEP_ALIVE_MS = 5_000;
/** Scrapes within this time get the same text. */
const METRICS_FRESH_MS = 200;

/** Rejects with ConfigurationError when it cannot listen there. */
export async function startMetricsServer(options: MetricsServerOptions): Promise<MetricsServer> {
  const metrics = metricsText(options);
  const { headersWithinMs, requestWithinMs, checkedEveryMs, idleMs } = options.times ?? DEFAULT_TIMES;
  const server = createServer(
    {
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: headersWithinMs,
      requestTimeout: requestWithinMs,
      connectionsCheckingInterval: checkedEveryMs,
      keepAliveTimeout: KEEP_ALIVE_MS,
    },
    (request, response) => {
      response.on('error', () => request.socket.destroy());
      answer(options, metrics, request, response).catch(() => {
        sendJson(response, 500, { error: 'the answer could not be made: a bug; report it with the log' });
      });
    },
  );
  server.timeout = idleMs;
  server.maxHeadersCount = MAX_HEADERS;
  server.maxRequestsPerSocket = MAX_REQUESTS_PER_CONNECTION;
  dropOldest(server);
  await listen(server, options);
  // Later errors (for example no more file descriptors) cost connections, not the process.
  server.on('error', () => {});
  // It must not keep a finished process alive.
  server.unref();
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, { port, host }: MetricsServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error): void => {
      const where = `METRICS_PORT ${port} on METRICS_HOST ${host}`;
      const whatToDo = 'choose another, or 0 for any free one';
      reject(new ConfigurationError([`${where}: cannot listen (${error.message}); ${whatToDo}`]));
    };
    server.once('error', onError);
    server.listen(port, host, () => {
      server.off('error', onError);
      resolve();
    });
  });
}

/** Not the server's maxConnections, which would refuse the newest: 64 idle connections would keep every probe out. */
function dropOldest(server: Server): void {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    // Node's own handler is in place only while it parses requests, not after CONNECT or an upgrade.
    socket.on('error', () => socket.destroy());
    socket.once('close', () => sockets.delete(socket));
    if (sockets.size >= MAX_CONNECTIONS) {
      const [oldest] = sockets;
      if (oldest !== undefined) {
        sockets.delete(oldest);
        oldest.destroy();
      }
    }
    sockets.add(socket);
  });
}

type MetricsText = () => Promise<Buffer>;

/** One text at a time, shared by all requests within METRICS_FRESH_MS. */
function metricsText({ registry, refresh }: MetricsServerOptions): MetricsText {
  let shared: Promise<Buffer> | undefined;
  return () => {
    if (shared !== undefined) return shared;
    const made = (async () => {
      refresh();
      return Buffer.from(await registry.metrics());
    })();
    shared = made;
    const forget = (): void => {
      if (shared === made) shared = undefined;
    };
    made.then(() => setTimeout(forget, METRICS_FRESH_MS).unref(), forget);
    return made;
  };
}

async function answer(
  options: MetricsServerOptions,
  metrics: MetricsText,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // A request's body is not read: the connection ends with the answer.
  if (hasBody(request)) response.setHeader('connection', 'close');
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('connection', 'close').setHeader('allow', 'GET, HEAD');
    return sendJson(response, 405, { error: 'GET and HEAD only' });
  }
  // Not by the URL class: it throws for legal targets (`//`).
  const [path] = (request.url ?? '').split('?', 1);
  if (path === '/metrics') {
    const body = await metrics();
    if (response.destroyed) return;
    response.writeHead(200, { 'content-type': options.registry.contentType, 'content-length': body.length }).end(body);
  } else if (path === '/livez') {
    sendJson(response, 200, { alive: true });
  } else if (path === '/readyz') {
    const readiness = options.readiness();
    sendJson(response, readiness.ready ? 200 : 503, readiness);
  } else {
    sendJson(response, 404, { error: 'not found: /metrics, /livez and /readyz are served here' });
  }
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0';
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}
