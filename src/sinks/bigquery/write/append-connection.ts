/**
 * One AppendRows call on a connection of its own. Node's HTTP/2 serves the streams of a connection by their age, not in
 * turn: a younger stream waits as long as an older one has anything to send. On a shared connection checkpoints and
 * whole partitions wait for seconds (append-connection.contract.test.ts). Messages are encoded here: generated classes
 * copy each append's bytes.
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

/** Details of a failed call beyond its code and text. */
const STATUS_TRAILER = 'grpc-status-details-bin';
const METHOD = '/google.cloud.bigquery.storage.v1.BigQueryWrite/AppendRows';

export interface AppendEndpoint {
  /** host:port. */
  readonly address: string;
  readonly credentials: ChannelCredentials;
  readonly channel: ChannelOptions;
}

export const CONNECTION_OPTIONS: ChannelOptions = {
  // Without this, clients of one address share a connection.
  'grpc.use_local_subchannel_pool': 1,
  // The append client resends by itself; gRPC's retries would keep a copy of each message.
  'grpc.enable_retries': 0,
  // Otherwise each connection costs a DNS query for a service config, and none exists.
  'grpc.service_config_disable_resolution': 1,
};

/** Connects on the first write. The end of the call closes its connection and then calls `closed`. */
export function openAppendCall(
  { address, credentials, channel }: AppendEndpoint,
  streamName: string,
  handlers: AppendCallHandlers,
  closed: () => void,
): AppendCall {
  const client = new Client(address, credentials, { ...channel, ...CONNECTION_OPTIONS });
  const metadata = new Metadata();
  // The service routes by this header.
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
  // Never removed: a late error of an ended call must not end the process.
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
