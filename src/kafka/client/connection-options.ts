/** How to reach the brokers, and where the client's log lines go. The source, the admin and the tools share it. */
import type { ConnectionOptions } from 'node:tls';
import './kafkajs-patches.ts';
import {
  type ISocketFactory,
  Kafka,
  type KafkaConfig,
  type LogEntry,
  logLevel,
  type Mechanism,
  type SASLOptions,
} from 'kafkajs';
import { openWholeMessages } from './message-socket.ts';
import { oauthBearer } from './oauth-authenticator.ts';
import type { TokenSource } from './oauth-token.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';
/** One log line: a stable event name, and fields without credentials. */
export type LogFn = (level: LogLevel, event: string, fields: Readonly<Record<string, unknown>>) => void;

export type KafkaSasl =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: string;
    }
  | { readonly mechanism: 'oauthbearer'; readonly token: TokenSource };

export interface KafkaConnectionOptions {
  /** host:port, at least one; the cluster names the others. */
  readonly brokers: readonly string[];
  readonly clientId: string;
  /** true: TLS with the system's authorities. Default: plaintext. */
  readonly ssl?: boolean | ConnectionOptions;
  readonly sasl?: KafkaSasl;
  /**
   * Limit of a first attempt; after one that reached it the next may take longer (connect-patience.ts). Default 3,000.
   */
  readonly connectTimeoutMs?: number;
  /** A request that takes longer counts as lost. Default 15,000. */
  readonly requestTimeoutMs?: number;
  /** Retries by the client itself, at most 2 s apart. Default 3: longer outages are the caller's to wait out. */
  readonly retries?: number;
  /** Opens every connection, for example to a proxy. Default: directly to the advertised address. */
  readonly socketFactory?: ISocketFactory;
  /** Default: no log. */
  readonly log?: LogFn;
}

export const RETRY_WAIT_MAX_MS = 2_000;
/** The adapter in this folder waits out outages; the client only bridges short failures. */
const HICCUP_RETRIES = 3;

export function createKafka(options: KafkaConnectionOptions): Kafka {
  const config: KafkaConfig = {
    brokers: [...options.brokers],
    clientId: options.clientId,
    connectionTimeout: options.connectTimeoutMs ?? 3_000,
    requestTimeout: options.requestTimeoutMs ?? 15_000,
    retry: { initialRetryTime: 200, maxRetryTime: RETRY_WAIT_MAX_MS, retries: options.retries ?? HICCUP_RETRIES },
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => forward(options.log, entry),
  };
  if (options.ssl !== undefined) config.ssl = options.ssl;
  if (options.socketFactory !== undefined) config.socketFactory = options.socketFactory;
  else if (!options.ssl) config.socketFactory = openWholeMessages;
  if (options.sasl !== undefined) config.sasl = saslOf(options.sasl);
  return new Kafka(config);
}

function saslOf(sasl: KafkaSasl): SASLOptions | Mechanism {
  switch (sasl.mechanism) {
    case 'plain':
    case 'scram-sha-256':
    case 'scram-sha-512': {
      const { mechanism, username, password } = sasl;
      return { mechanism, username, password } as SASLOptions;
    }
    case 'oauthbearer':
      return oauthBearer(sasl.token);
    default:
      return sasl satisfies never;
  }
}

/**
 * kafkajs logs at error level what it is about to retry. Each of its failures also reaches this adapter as an error or
 * an event, which reports it once with its meaning. So its own lines are details: warnings at most.
 */
function forward(
  log: LogFn | undefined,
  { namespace, level, log: { message, timestamp: _, ...fields } }: LogEntry,
): void {
  if (log === undefined) return;
  const { stack: _stack, logger: _logger, ...rest } = fields;
  log(level === logLevel.WARN && !ROUTINE.test(message) ? 'warn' : 'debug', 'kafka.client', {
    namespace,
    message,
    ...rest,
  });
}

const ROUTINE = /rebalanc|re-joining|resync group|not aware of all assigned/i;
