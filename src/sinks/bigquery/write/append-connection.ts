/**
 * One AppendRows call on a connection of its own. Node's HTTP/2 serves the streams of a connection by their age, not in turn:
 * while an older one has anything to send, a younger one waits, for as long as that lasts. Checkpoints, and whole partitions,
 * then wait for seconds (append-connection.contract.test.ts). Our own messages, since generated ones copy every append's bytes.
 */
import { type ChannelCredentials, type ChannelOptions, Client, type ClientDuplexStream, Metadata } from '@grpc/grpc-js';
import { decodeAppendAnswer, encodeAppendRequest } from './append-messages.ts';
import { storageErrorOfTrailer } from './status-messages.ts';
import {
  type AppendAnswer,
  type AppendCall,
  type AppendCallHandlers,
  type AppendRequest,
  GRPC_STATUS,
  RpcError,
} from './write-rpc.ts';

/** Where a call that failed says more than its code and text. */
const STATUS_TRAILER = 'grpc-status-details-bin';
const METHOD = '/google.cloud.bigquery.storage.v1.BigQueryWrite/AppendRows';

export interface AppendEndpoint {
  /** host:port. */
  readonly address: string;
  readonly credentials: ChannelCredentials;
  readonly channel: ChannelOptions;
}

/** For every connection of ours. */
export const CONNECTION_OPTIONS: ChannelOptions = {
  // Without this, clients of one address share a connection.
  'grpc.use_local_subchannel_pool': 1,
  // The append client sends again by itself; this would keep what was sent.
  'grpc.enable_retries': 0,
  // Otherwise a DNS query with every connection, for settings that there are none of.
  'grpc.service_config_disable_resolution': 1,
};

/** Connects when something is written. Whatever ends the call ends its connection; `closed` is called then. */
export function openAppendCall(
  { address, credentials, channel }: AppendEndpoint,
  streamName: string,
  handlers: AppendCallHandlers,
  closed: () => void,
): AppendCall {
  const client = new Client(address, credentials, { ...channel, ...CONNECTION_OPTIONS });
  const metadata = new Metadata();
  // The service routes by it.
  metadata.set('x-goog-request-params', `write_stream=${encodeURIComponent(streamName)}`);
  const stream: ClientDuplexStream<AppendRequest, AppendAnswer> = client.makeBidiStreamRequest(
    METHOD,
    encodeAppendRequest,
    decodeAppendAnswer,
    metadata,
  );
  let isOver = false;
  const over = (error: RpcError | undefined): void => {
    if (isOver) return;
    isOver = true;
    client.close();
    closed();
    handlers.onEnd(error);
  };
  stream.on('data', (answer: AppendAnswer) => {
    if (!isOver) handlers.onAnswer(answer);
  });
  // Stays attached: a late error of a call that is over must not end the process.
  stream.on('error', (error: unknown) => over(toRpcError(error)));
  stream.on('end', () => over(undefined));
  stream.on('close', () => over(new RpcError(GRPC_STATUS.CANCELLED, 'the call was closed')));
  return {
    write: (request) => stream.write(request),
    end: () => void stream.end(),
    cancel: () => {
      if (!isOver) stream.cancel();
      over(new RpcError(GRPC_STATUS.CANCELLED, 'cancelled by us'));
    },
  };
}

/** Any failure of a gRPC call. */
export function toRpcError(error: unknown): RpcError {
  if (error instanceof RpcError) return error;
  const { code, message, details, metadata } = error as {
    code?: unknown;
    message?: unknown;
    details?: unknown;
    metadata?: unknown;
  };
  const text = typeof details === 'string' && details !== '' ? details : String(message ?? error);
  const trailer = metadata instanceof Metadata ? metadata.get(STATUS_TRAILER)[0] : undefined;
  return new RpcError(typeof code === 'number' ? code : GRPC_STATUS.UNKNOWN, text, storageErrorOfTrailer(trailer));
}
