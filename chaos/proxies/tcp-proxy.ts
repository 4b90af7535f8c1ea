/**
 * A TCP proxy on 127.0.0.1 whose network can be broken on purpose: cut, refuse, delay, throttle, black hole, half-open.
 * Everything can be healed, everything is counted, and what is held is bounded (HELD_BYTES_MAX per direction and
 * connection; past that the sender waits, as it would for a full network).
 *
 * What each fault means for a client:
 * - cut: a reset, or an orderly end;  - refuse: new connections are reset at once;  - delay, throttle: late or slow bytes;
 * - black hole: nothing arrives and nothing is refused, new connections included; once healed, what was held is passed, as
 *   TCP's own retransmission would do;  - half-open: the server has forgotten the connection, the client is not told.
 */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { type NetworkState, TcpLane } from './tcp-lane.ts';

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** `host:port`, with or without a scheme. */
export function hostPort(address: string): HostPort {
  const match = /^(?:[a-z]+:\/\/)?([^/]+):(\d{1,5})\/?$/.exec(address);
  if (match === null) throw new RangeError(`not host:port: ${address}`);
  return { host: match[1]!, port: Number(match[2]) };
}

/** Looks at the bytes of one connection and may change them; `cut` ends the connection with a reset instead. */
export interface ConnectionFilter {
  toServer(bytes: Buffer): Buffer | 'cut';
  toClient(bytes: Buffer): Buffer | 'cut';
}

export interface TcpProxyCounts {
  readonly accepted: number;
  readonly refused: number;
  readonly cut: number;
  readonly halfOpened: number;
  /** Bytes that a delay, a throttle or a black hole held up. */
  readonly bytesHeld: number;
  readonly bytesPassed: number;
}

interface Connection {
  readonly client: Socket;
  readonly server: Socket;
  readonly lanes: readonly TcpLane[];
  halfOpen: boolean;
}

const CONNECTIONS_MAX = 1_000;

export class TcpProxy implements AsyncDisposable {
  readonly #upstream: HostPort;
  readonly #filter: (() => ConnectionFilter) | undefined;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  readonly #network: NetworkState = { delayMs: 0, bytesPerSecond: 0, blackHole: false };
  readonly #counts = { accepted: 0, refused: 0, cut: 0, halfOpened: 0, bytesHeld: 0, bytesPassed: 0 };
  #refusing = false;

  private constructor(upstream: HostPort, filter: (() => ConnectionFilter) | undefined) {
    this.#upstream = upstream;
    this.#filter = filter;
    // Half-closed connections stay so until both sides have ended: the lanes pass each end on.
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client));
    this.#server.maxConnections = CONNECTIONS_MAX;
  }

  /** Listens on a free port of 127.0.0.1. `filter` makes one filter per connection. */
  static async start(upstream: HostPort, filter?: () => ConnectionFilter): Promise<TcpProxy> {
    const proxy = new TcpProxy(upstream, filter);
    proxy.#server.listen({ port: 0, host: '127.0.0.1' });
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the proxy is closed');
    return address.port;
  }

  /** host:port for clients. */
  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  get counts(): TcpProxyCounts {
    return { ...this.#counts };
  }

  get openConnections(): number {
    return this.#connections.size;
  }

  /** Ends every open connection, with a reset or in order; says how many there were. */
  cut(how: 'reset' | 'end' = 'reset'): number {
    const open = [...this.#connections];
    for (const connection of open) this.#cut(connection, how);
    return open.length;
  }

  /** Resets the one connection that reaches the service from this local port. */
  cutFrom(localPort: number): void {
    const connection = [...this.#connections].find(({ server }) => server.localPort === localPort);
    if (connection !== undefined) this.#cut(connection, 'reset');
  }

  /** Resets new connections as they come. Open ones stay. */
  refuse(): void {
    this.#refusing = true;
  }

  /** Holds every byte for so long, in both directions; their order is kept. */
  delay(delayMs: number): void {
    this.#network.delayMs = delayMs;
  }

  throttle(bytesPerSecond: number): void {
    this.#network.bytesPerSecond = bytesPerSecond;
  }

  blackHole(): void {
    this.#network.blackHole = true;
  }

  /** The server's side of every open connection is gone and the client hears nothing; says how many there were. */
  halfOpen(): number {
    const open = [...this.#connections].filter((connection) => !connection.halfOpen);
    for (const connection of open) {
      connection.halfOpen = true;
      for (const lane of connection.lanes) lane.mute();
      connection.server.resetAndDestroy();
    }
    this.#counts.halfOpened += open.length;
    return open.length;
  }

  /** As it was: held bytes are passed, half-open connections are reset as a live peer would do. */
  heal(): void {
    this.#refusing = false;
    Object.assign(this.#network, { delayMs: 0, bytesPerSecond: 0, blackHole: false });
    for (const connection of this.#connections) {
      if (connection.halfOpen) this.#cut(connection, 'reset');
      else for (const lane of connection.lanes) lane.wake();
    }
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    for (const { client, server } of this.#connections) {
      client.destroy();
      server.destroy();
    }
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #accept(client: Socket): void {
    client.on('error', () => {}); // its 'close' says enough
    if (this.#refusing) {
      this.#counts.refused++;
      client.resetAndDestroy();
      return;
    }
    this.#counts.accepted++;
    const server = connect({ ...this.#upstream, allowHalfOpen: true, noDelay: true });
    server.on('error', () => {});
    const filter = this.#filter?.();
    const cut = (): void => this.#cut(connection, 'reset');
    const lane = (from: Socket, to: Socket, change: ((bytes: Buffer) => Buffer | 'cut') | undefined): TcpLane =>
      new TcpLane({ from, to, network: this.#network, counts: this.#counts, onCut: cut, change });
    const connection: Connection = {
      client,
      server,
      lanes: [
        lane(client, server, filter && ((bytes) => filter.toServer(bytes))),
        lane(server, client, filter && ((bytes) => filter.toClient(bytes))),
      ],
      halfOpen: false,
    };
    this.#connections.add(connection);
    client.once('close', () => this.#closed(connection, client));
    server.once('close', () => this.#closed(connection, server));
  }

  /** One side is gone: so is the other, unless that is the fault. */
  #closed(connection: Connection, side: Socket): void {
    if (side === connection.server && connection.halfOpen) return;
    const other = side === connection.client ? connection.server : connection.client;
    // A server that cannot be reached is a reset for the client; what an orderly end left in the lane was passed on before.
    if (!other.destroyed) {
      if (side.errored !== null) other.resetAndDestroy();
      else other.destroySoon();
    }
    this.#connections.delete(connection);
  }

  #cut(connection: Connection, how: 'reset' | 'end'): void {
    if (!this.#connections.delete(connection)) return;
    this.#counts.cut++;
    for (const lane of connection.lanes) lane.mute();
    for (const side of [connection.client, connection.server]) {
      if (how === 'reset') side.resetAndDestroy();
      else side.destroySoon();
    }
  }
}
