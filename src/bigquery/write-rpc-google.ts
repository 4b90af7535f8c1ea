/**
 * WriteRpc on the generated BigQueryWriteClient. Adds nothing to the protocol: no retries, no queue, no reading of answers
 * beyond their translation. It spreads calls over channels, because a channel stalls past 100 open streams, and sends the
 * routing header that the service needs for AppendRows.
 */
import { createRequire } from 'node:module';
import type { protos } from '@google-cloud/bigquery-storage';
// Its own file: the package's index also loads its reader, its writer and Arrow, a quarter of what a start costs.
import { BigQueryWriteClient } from '@google-cloud/bigquery-storage/build/src/v1/big_query_write_client.js';
import { credentials } from '@grpc/grpc-js';
import { createDefaultBackoffSettings, createRetryOptions, googleAuthLibrary } from 'google-gax';
import type { ArrowPayload } from './arrow-encoder.ts';
import {
  type AppendAnswer,
  type AppendCall,
  type AppendCallHandlers,
  type AppendRequest,
  GRPC_STATUS,
  RpcError,
  type WriteRpc,
} from './write-rpc.ts';

type Client = BigQueryWriteClient;
type AppendRowsResponse = protos.google.cloud.bigquery.storage.v1.IAppendRowsResponse;

export interface GoogleWriteRpcOptions {
  readonly projectId: string;
  /** gRPC host:port of an emulator: plaintext, no credentials. */
  readonly emulatorHost?: string | undefined;
  /** Time limit of CreateWriteStream and FinalizeWriteStream. */
  readonly callTimeoutMs: number;
}

const MAX_CALLS_PER_CHANNEL = 90;
const MAX_MESSAGE_BYTES = 20 * 1024 * 1024;
const TRACE_ID = 'provenonce';

interface Channel {
  readonly client: Client;
  openCalls: number;
}

export class GoogleWriteRpc implements WriteRpc {
  readonly #options: GoogleWriteRpcOptions;
  readonly #channels: Channel[] = [];

  constructor(options: GoogleWriteRpcOptions) {
    this.#options = options;
  }

  async createWriteStream(tablePath: string): Promise<string> {
    const request = { parent: tablePath, writeStream: { type: 'COMMITTED' as const } };
    try {
      const [stream] = await this.#channel().client.createWriteStream(request, this.#unaryOptions());
      if (!stream.name) throw new RpcError(GRPC_STATUS.INTERNAL, `${tablePath}: a stream without a name was created`);
      return stream.name;
    } catch (error) {
      throw isGrpcError(error) ? toRpcError(error) : error;
    }
  }

  async finalizeWriteStream(name: string): Promise<{ readonly rowCount: number }> {
    try {
      const [answer] = await this.#channel().client.finalizeWriteStream({ name }, this.#unaryOptions());
      return { rowCount: Number(answer.rowCount ?? 0) };
    } catch (error) {
      throw isGrpcError(error) ? toRpcError(error) : error;
    }
  }

  appendRows(streamName: string, handlers: AppendCallHandlers): AppendCall {
    const channel = this.#channel();
    channel.openCalls++;
    const headers = { 'x-goog-request-params': `write_stream=${encodeURIComponent(streamName)}` };
    const stream = channel.client.appendRows({ otherArgs: { headers } });
    let isOver = false;
    const over = (error: RpcError | undefined): void => {
      if (isOver) return;
      isOver = true;
      channel.openCalls--;
      handlers.onEnd(error);
    };
    stream.on('data', (response: AppendRowsResponse) => {
      if (!isOver) handlers.onAnswer(toAnswer(response));
    });
    // Stays attached: a late error of a call that is over must not end the process.
    stream.on('error', (error: unknown) => over(toRpcError(error)));
    stream.on('end', () => over(undefined));
    stream.on('close', () => over(new RpcError(GRPC_STATUS.CANCELLED, 'the call was closed')));
    return {
      write: (request) => stream.write(toProto(request)),
      end: () => void stream.end(),
      cancel: () => {
        if (!isOver) stream.cancel();
        over(new RpcError(GRPC_STATUS.CANCELLED, 'cancelled by us'));
      },
    };
  }

  async close(): Promise<void> {
    await Promise.all(this.#channels.splice(0).map(({ client }) => client.close()));
  }

  /** One with room for another call. */
  #channel(): Channel {
    const free = this.#channels.find(({ openCalls }) => openCalls < MAX_CALLS_PER_CHANNEL);
    if (free !== undefined) return free;
    const channel = { client: this.#connect(), openCalls: 0 };
    this.#channels.push(channel);
    return channel;
  }

  #connect(): Client {
    const { projectId, emulatorHost } = this.#options;
    const common = {
      projectId,
      'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
      'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
      // Without this, channels to one address share one connection, and its 100 streams.
      'grpc.use_local_subchannel_pool': 1,
    };
    if (emulatorHost === undefined) {
      return new BigQueryWriteClient({
        ...common,
        'grpc.keepalive_time_ms': 60_000,
        'grpc.keepalive_timeout_ms': 20_000,
      });
    }
    const { host, port } = splitHostPort(emulatorHost);
    return new BigQueryWriteClient({
      ...common,
      apiEndpoint: host,
      port,
      sslCreds: credentials.createInsecure(),
      // Credentials that need none: otherwise the library looks for a metadata server, and warns.
      auth: new googleAuthLibrary.GoogleAuth({ authClient: new googleAuthLibrary.PassThroughClient() }),
    });
  }

  /** Retries are the caller's: it knows what may be asked twice. */
  #unaryOptions() {
    return { timeout: this.#options.callTimeoutMs, retry: createRetryOptions([], createDefaultBackoffSettings()) };
  }
}

/** Every request names its stream: the service needs that in the first only, the emulator in each. */
function toProto(request: AppendRequest): protos.google.cloud.bigquery.storage.v1.IAppendRowsRequest {
  const { schemaBytes, recordBatchBytes } = request.payload as ArrowPayload;
  return {
    writeStream: request.writeStream,
    offset: { value: request.offset },
    traceId: TRACE_ID,
    arrowRows: {
      rows: { serializedRecordBatch: recordBatchBytes },
      ...(request.withSchema ? { writerSchema: { serializedSchema: schemaBytes } } : {}),
    },
  };
}

function toAnswer(response: AppendRowsResponse): AppendAnswer {
  const rowErrors = (response.rowErrors ?? []).map((row) => ({
    index: Number(row.index ?? 0),
    message: row.message ?? 'no message',
  }));
  const { error, appendResult } = response;
  if (error) {
    const storageErrorCode = (error.details ?? []).map(storageErrorOf).find((code) => code !== undefined);
    const failure = new RpcError(error.code ?? GRPC_STATUS.UNKNOWN, error.message ?? 'no message', storageErrorCode);
    return { acknowledged: false, error: failure, rowErrors };
  }
  const offset = appendResult?.offset?.value;
  return {
    acknowledged: Boolean(appendResult),
    offset: offset === null || offset === undefined ? undefined : Number(offset),
    rowErrors,
  };
}

interface AnyMessage {
  readonly type_url?: string | null | undefined;
  readonly value?: Uint8Array | string | null | undefined;
}

/** Loaded with the first error that has details: the generated classes take a tenth of a second. */
function protosOf(): typeof protos {
  return createRequire(import.meta.url)('@google-cloud/bigquery-storage/build/protos/protos.js') as typeof protos;
}

function storageErrorOf(detail: AnyMessage): string | undefined {
  if (!detail.type_url?.endsWith('.StorageError') || !(detail.value instanceof Uint8Array)) return undefined;
  const { StorageError } = protosOf().google.cloud.bigquery.storage.v1;
  const { code } = StorageError.decode(detail.value);
  return typeof code === 'number' ? StorageError.StorageErrorCode[code] : code;
}

function isGrpcError(error: unknown): boolean {
  return error instanceof RpcError || typeof (error as { code?: unknown }).code === 'number';
}

function toRpcError(error: unknown): RpcError {
  if (error instanceof RpcError) return error;
  const { code, message, details } = error as { code?: unknown; message?: unknown; details?: unknown };
  const text = typeof details === 'string' && details !== '' ? details : String(message ?? error);
  return new RpcError(typeof code === 'number' ? code : GRPC_STATUS.UNKNOWN, text);
}

function splitHostPort(address: string): { host: string; port: number } {
  const match = /^(?:https?:\/\/)?([^/]+):(\d{1,5})\/?$/.exec(address);
  if (match === null) throw new RangeError(`not host:port: ${address}`);
  return { host: match[1]!, port: Number(match[2]) };
}
