/**
 * A proxy before BigQuery's REST side, or before an S3-compatible store. It reads whole requests and whole answers, because its faults are about them: lose
 * the answer after the request took effect, answer instead of the service, hold an answer. Faults of the network below
 * (refuse, cut, black hole) are the TcpProxy's that stands before it.
 *
 * node:http and nothing more: a proxy library passes answers on as they come, and here everything is about when and whether.
 */
import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type AnswerRule, AnswerRules } from './answer-rules.ts';
import { type Garbage, sendGarbage } from './http-garbage.ts';
import { type HostPort, hostPort, TcpProxy } from './tcp-proxy.ts';

/** Which requests a rule is about; all members that are given must match. */
export interface HttpMatch {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Found in the path with its query. */
  readonly path?: string;
  /** Found in the body: a word of the SQL, for one. */
  readonly body?: string;
}

export type HttpFault =
  /** The service acts; the connection is reset instead of its answer. */
  | { readonly kind: 'lose-answer' }
  /** The service never hears of it; its own way of saying no. */
  | { readonly kind: 'answer'; readonly status: number; readonly reason: string }
  /** The service acts; something else comes under status 200 in place of its answer. */
  | { readonly kind: 'garbage'; readonly what: Garbage }
  /** The service acts; its answer comes late. */
  | { readonly kind: 'hold-answer'; readonly delayMs: number };

export interface HttpRule extends AnswerRule<HttpFault> {
  readonly match: HttpMatch;
}

/** Hears of every request as it came, before any fault. */
export type HttpListener = (asked: { readonly method: string; readonly path: string; readonly body: Buffer }) => void;

export interface HttpProxyOptions {
  readonly onRequest?: HttpListener | undefined;
  /** How it says no in the place of the service. Default: as BigQuery. */
  readonly words?: 'bigquery' | 's3';
}

const BODY_BYTES_MAX = 64 * 1024 * 1024;

export class HttpProxy implements AsyncDisposable {
  /** Clients come through here. */
  readonly network: TcpProxy;
  readonly #server: Server;
  readonly #upstream: HostPort;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #rules = new AnswerRules<HttpFault, HttpRule>();
  readonly #counts = { requests: 0, answersLost: 0, answersMade: 0, answersHeld: 0, garbageSent: 0 };
  readonly #closing = new AbortController();
  readonly #onRequest: HttpListener | undefined;
  readonly #refuse: Refusal;

  private constructor(upstream: HostPort, server: Server, network: TcpProxy, options: HttpProxyOptions) {
    this.#upstream = upstream;
    this.#onRequest = options.onRequest;
    this.#refuse = REFUSALS[options.words ?? 'bigquery'];
    this.#server = server;
    this.network = network;
    server.on('request', (incoming: IncomingMessage, outgoing: ServerResponse) => {
      this.#serve(incoming, outgoing).catch(() => outgoing.destroy());
    });
  }

  /** `service` is host:port of what stands behind it. */
  static async start(service: string, options: HttpProxyOptions = {}): Promise<HttpProxy> {
    // Its clients are the TcpProxy's connections, which end when they do.
    const server = createServer({ requestTimeout: 0, keepAliveTimeout: 0 });
    server.listen({ port: 0, host: '127.0.0.1' });
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
    const network = await TcpProxy.start({ host: '127.0.0.1', port: address.port });
    return new HttpProxy(hostPort(service), server, network, options);
  }

  get address(): string {
    return this.network.address;
  }

  get counts() {
    return { ...this.network.counts, ...this.#counts };
  }

  /** Counted from now on, until its last hit or until it is taken away. */
  add(rule: HttpRule): { stop(): void } {
    return this.#rules.add(rule);
  }

  heal(): void {
    this.#rules.clear();
    this.network.heal();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#agent.destroy();
    await this.network.close();
    this.#server.closeAllConnections();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    this.#counts.requests++;
    const body = await wholeBody(incoming);
    this.#onRequest?.({ method: incoming.method ?? 'GET', path: incoming.url ?? '/', body });
    const meant = this.#rules.meant(({ match }) => fits(match, incoming, body));
    if (meant?.fault.kind === 'answer') {
      this.#counts.answersMade++;
      this.#refuse(outgoing, meant.fault.status, meant.fault.reason);
      meant.hit();
      return;
    }
    const { answer, answered } = await this.#ask(incoming, body).catch((error: unknown) => {
      meant?.missed();
      throw error;
    });
    if (meant?.fault.kind === 'lose-answer') {
      this.#counts.answersLost++;
      outgoing.socket?.resetAndDestroy();
      meant.hit();
      return;
    }
    if (meant?.fault.kind === 'garbage') {
      this.#counts.garbageSent++;
      meant.hit();
      sendGarbage(outgoing, meant.fault.what, answered);
      return;
    }
    if (meant?.fault.kind === 'hold-answer') {
      this.#counts.answersHeld++;
      meant.hit();
      await sleep(meant.fault.delayMs, undefined, { signal: this.#closing.signal });
    }
    outgoing.writeHead(answer.statusCode ?? 502, { ...passedOn(answer), 'content-length': answered.length });
    outgoing.end(answered);
  }

  async #ask(incoming: IncomingMessage, body: Buffer): Promise<{ answer: IncomingMessage; answered: Buffer }> {
    const asked = request({
      ...this.#upstream,
      agent: this.#agent,
      method: incoming.method ?? 'GET',
      path: incoming.url ?? '/',
      headers: {
        ...passedOn(incoming),
        host: `${this.#upstream.host}:${this.#upstream.port}`,
        'content-length': body.length,
      },
    });
    const responded = once(asked, 'response') as Promise<[IncomingMessage]>;
    asked.end(body);
    const [answer] = await responded;
    return { answer, answered: await wholeBody(answer) };
  }
}

function fits({ method, path, body }: HttpMatch, incoming: IncomingMessage, sent: Buffer): boolean {
  if (method !== undefined && incoming.method !== method) return false;
  if (path !== undefined && !incoming.url?.includes(path)) return false;
  return body === undefined || sent.includes(body);
}

/** Headers without those of the one connection. */
function passedOn({ headers }: IncomingMessage): Record<string, string | string[]> {
  const own = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length']);
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) => (own.has(name) || value === undefined ? [] : [[name, value]])),
  );
}

async function wholeBody(message: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of message as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > BODY_BYTES_MAX) throw new Error(`more than ${BODY_BYTES_MAX} bytes in one message`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

type Refusal = (outgoing: ServerResponse, status: number, reason: string) => void;

const REFUSALS: Readonly<Record<'bigquery' | 's3', Refusal>> = { bigquery: refuseAsBigQuery, s3: refuseAsS3 };

function refuseAsS3(outgoing: ServerResponse, status: number, reason: string): void {
  const text = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${reason}</Code><Message>injected</Message></Error>`;
  outgoing.writeHead(status, { 'content-type': 'application/xml', 'content-length': Buffer.byteLength(text) });
  outgoing.end(text);
}

function refuseAsBigQuery(outgoing: ServerResponse, status: number, reason: string): void {
  const message = `${reason}: injected`;
  const error = { code: status, message, errors: [{ domain: 'global', reason, message }], status: reason };
  const text = JSON.stringify({ error });
  outgoing.writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  outgoing.end(text);
}
