/**
 * Connections to the brokers, by another client library than the processor's: it opens them, authenticates and frames
 * requests. One per address, made when it is asked for; one that failed is forgotten. Its module takes a second to load, so
 * it is loaded when the first connection is.
 */
import { isIP } from 'node:net';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import type { Connection, ConnectionOptions, SASLOptions } from '@platformatic/kafka';

export type EndpointSasl =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: string;
    }
  | { readonly mechanism: 'oauthbearer'; readonly token: () => Promise<string> };

/** How to reach the cluster. */
export interface TopicEndpoint {
  /** host:port, at least one; the others are learned from the cluster. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** true: TLS with the system's authorities. Default: plaintext. */
  readonly ssl?: boolean | TlsOptions;
  readonly sasl?: EndpointSasl;
  /** Default 12,000. */
  readonly connectTimeoutMs?: number;
  /** A request that takes longer counts as lost. Default 15,000. */
  readonly requestTimeoutMs?: number;
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

export type KafkaLibrary = typeof import('@platformatic/kafka');

const MECHANISMS = {
  plain: 'PLAIN',
  'scram-sha-256': 'SCRAM-SHA-256',
  'scram-sha-512': 'SCRAM-SHA-512',
  oauthbearer: 'OAUTHBEARER',
} as const;

export class BrokerConnections {
  readonly #endpoint: TopicEndpoint;
  readonly #open = new Map<string, Promise<Connection>>();

  constructor(endpoint: TopicEndpoint) {
    this.#endpoint = endpoint;
  }

  library(): Promise<KafkaLibrary> {
    return import('@platformatic/kafka');
  }

  /** Resolves with one that is authenticated and may be used. */
  async to(address: Address): Promise<Connection> {
    const key = `${address.host}:${address.port}`;
    const opening = this.#open.get(key) ?? this.#connect(address, () => this.#forget(key, opening));
    this.#open.set(key, opening);
    try {
      const connection = await opening;
      // While it authenticates again, the broker takes nothing else.
      if (connection.status === 'reauthenticating') await connection.ready();
      return connection;
    } catch (error) {
      this.#forget(key, opening);
      throw error;
    }
  }

  /** Leaves the connections there are behind: the next request opens another. */
  async closeAll(): Promise<void> {
    const all = [...this.#open.values()];
    this.#open.clear();
    await Promise.allSettled(all.map(async (opening) => (await opening).close()));
  }

  #forget(key: string, opening: Promise<Connection>): void {
    if (this.#open.get(key) === opening) this.#open.delete(key);
  }

  async #connect({ host, port }: Address, onGone: () => void): Promise<Connection> {
    const { Connection } = await this.library();
    const connection = new Connection(this.#endpoint.clientId, optionsFor(this.#endpoint, host));
    // It may fail more than once; each time, every call that waits for its answer is rejected.
    connection.on('error', onGone);
    connection.on('close', onGone);
    await connection.connect(host, port);
    return connection;
  }
}

/** The lookup of a name is part of it, and two name servers that are down cost five seconds each. */
const CONNECT_TIMEOUT_MS = 12_000;

function optionsFor(endpoint: TopicEndpoint, host: string): ConnectionOptions {
  const { ssl, sasl, connectTimeoutMs = CONNECT_TIMEOUT_MS, requestTimeoutMs = 15_000 } = endpoint;
  return {
    connectTimeout: connectTimeoutMs,
    requestTimeout: requestTimeoutMs,
    ...(ssl ? { tls: ssl === true ? {} : ssl, tlsServerName: isIP(host) === 0 } : {}),
    ...(sasl === undefined ? {} : { sasl: saslOf(sasl) }),
  };
}

function saslOf(sasl: EndpointSasl): SASLOptions {
  const mechanism = MECHANISMS[sasl.mechanism];
  if (sasl.mechanism !== 'oauthbearer') return { mechanism, username: sasl.username, password: sasl.password };
  return {
    mechanism,
    token: sasl.token,
    authBytesValidator: (bytes, callback) => {
      const refusal = refusalIn(bytes);
      if (refusal === undefined) callback(null, bytes);
      else callback(new Error(`the token was refused (${refusal})`), bytes);
    },
  };
}

/** A broker that refuses a token says so within an answer without an error code (RFC 7628, section 3.2.2). */
function refusalIn(bytes: Buffer): string | undefined {
  if (bytes.length === 0) return undefined;
  try {
    const { status } = JSON.parse(bytes.toString()) as { readonly status?: unknown };
    return typeof status === 'string' ? status : 'no status';
  } catch {
    return 'an answer that is not JSON';
  }
}
