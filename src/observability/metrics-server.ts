/** HTTP on METRICS_PORT: /metrics for Prometheus, /livez and /readyz for whoever restarts and routes. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';
import { ConfigurationError } from '../processor/errors.ts';
import type { Readiness } from './health.ts';

export interface MetricsServerOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  readonly registry: Registry;
  readonly readiness: () => Readiness;
  /** Called before each scrape. */
  readonly refresh: () => void;
}

export interface MetricsServer {
  /** The port that it listens on. */
  readonly port: number;
  close(): Promise<void>;
}

/** Rejects with ConfigurationError when it cannot listen there. */
export async function startMetricsServer(options: MetricsServerOptions): Promise<MetricsServer> {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, (request, response) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return sendJson(response, 405, { error: 'GET only' });
    answer(options, new URL(request.url ?? '/', 'http://localhost').pathname, response).catch((error: unknown) => {
      sendJson(response, 500, { error: error instanceof Error ? error.message : String(error) });
    });
  });
  server.maxConnections = 64;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => {
      const where = `METRICS_PORT ${options.port} on METRICS_HOST ${options.host}`;
      reject(
        new ConfigurationError([`${where}: cannot listen (${error.message}); choose another, or 0 for any free one`]),
      );
    });
    server.listen(options.port, options.host, resolve);
  });
  // It must not keep a process alive that is done.
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

async function answer(options: MetricsServerOptions, path: string, response: ServerResponse): Promise<void> {
  if (path === '/metrics') {
    options.refresh();
    const body = await options.registry.metrics();
    response.writeHead(200, { 'content-type': options.registry.contentType }).end(body);
  } else if (path === '/livez') {
    sendJson(response, 200, { alive: true });
  } else if (path === '/readyz') {
    const readiness = options.readiness();
    sendJson(response, readiness.ready ? 200 : 503, readiness);
  } else {
    sendJson(response, 404, { error: 'not found: /metrics, /livez and /readyz are served here' });
  }
}

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  if (response.headersSent) return;
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}
