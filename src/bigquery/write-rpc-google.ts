/**
 * WriteRpc on the real service, or its emulator: streams are created and finalized by the generated BigQueryWriteClient, all over one
 * connection; each AppendRows call has its own (append-connection.ts). Adds nothing to the protocol: no retries, no queue, no
 * reading of answers beyond their translation.
 */
// Its own file: the package's index also loads its reader, its writer and Arrow, a quarter of what a start costs.
import { BigQueryWriteClient } from '@google-cloud/bigquery-storage/build/src/v1/big_query_write_client.js';
import { type CallCredentials, type ChannelOptions, credentials } from '@grpc/grpc-js';
import { createDefaultBackoffSettings, createRetryOptions, googleAuthLibrary } from 'google-gax';
import { type AppendEndpoint, openAppendCall, toRpcError } from './append-connection.ts';
import { type AppendCall, type AppendCallHandlers, GRPC_STATUS, RpcError, type WriteRpc } from './write-rpc.ts';

export interface GoogleWriteRpcOptions {
  readonly projectId: string;
  /** gRPC host:port of an emulator: plaintext, no credentials. */
  readonly emulatorHost?: string | undefined;
  /** Time limit of CreateWriteStream and FinalizeWriteStream. */
  readonly callTimeoutMs: number;
}

const MAX_MESSAGE_BYTES = 20 * 1024 * 1024;
const SIZES: ChannelOptions = {
  'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
  'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
};
const KEEPALIVE: ChannelOptions = { 'grpc.keepalive_time_ms': 60_000, 'grpc.keepalive_timeout_ms': 20_000 };

export class GoogleWriteRpc implements WriteRpc {
  readonly #options: GoogleWriteRpcOptions;
  #client: BigQueryWriteClient | undefined;
  #endpoint: AppendEndpoint | undefined;
  readonly #calls = new Set<AppendCall>();

  constructor(options: GoogleWriteRpcOptions) {
    this.#options = options;
  }

  async createWriteStream(tablePath: string): Promise<string> {
    const request = { parent: tablePath, writeStream: { type: 'COMMITTED' as const } };
    try {
      const [stream] = await this.#opened().createWriteStream(request, this.#unaryOptions());
      if (!stream.name) throw new RpcError(GRPC_STATUS.INTERNAL, `${tablePath}: a stream without a name was created`);
      return stream.name;
    } catch (error) {
      throw isGrpcError(error) ? toRpcError(error) : error;
    }
  }

  async finalizeWriteStream(name: string): Promise<{ readonly rowCount: number }> {
    try {
      const [answer] = await this.#opened().finalizeWriteStream({ name }, this.#unaryOptions());
      return { rowCount: Number(answer.rowCount ?? 0) };
    } catch (error) {
      throw isGrpcError(error) ? toRpcError(error) : error;
    }
  }

  appendRows(streamName: string, handlers: AppendCallHandlers): AppendCall {
    const call: AppendCall = openAppendCall(this.#appendEndpoint(), streamName, handlers, () =>
      this.#calls.delete(call),
    );
    this.#calls.add(call);
    return call;
  }

  async close(): Promise<void> {
    for (const call of [...this.#calls]) call.cancel();
    const client = this.#client;
    this.#client = undefined;
    await client?.close();
  }

  #opened(): BigQueryWriteClient {
    this.#client ??= this.#connect();
    return this.#client;
  }

  #connect(): BigQueryWriteClient {
    const { projectId, emulatorHost } = this.#options;
    if (emulatorHost === undefined) return new BigQueryWriteClient({ projectId, ...SIZES, ...KEEPALIVE });
    const { host, port } = splitHostPort(emulatorHost);
    return new BigQueryWriteClient({
      projectId,
      ...SIZES,
      apiEndpoint: host,
      port,
      sslCreds: credentials.createInsecure(),
      // Credentials that need none: otherwise the library looks for a metadata server, and warns.
      auth: new googleAuthLibrary.GoogleAuth({ authClient: new googleAuthLibrary.PassThroughClient() }),
    });
  }

  #appendEndpoint(): AppendEndpoint {
    this.#endpoint ??= this.#findAppendEndpoint();
    return this.#endpoint;
  }

  #findAppendEndpoint(): AppendEndpoint {
    const { emulatorHost } = this.#options;
    if (emulatorHost !== undefined) {
      const { host, port } = splitHostPort(emulatorHost);
      return { address: `${host}:${port}`, credentials: credentials.createInsecure(), channel: SIZES };
    }
    const client = this.#opened();
    const address = `${client.apiEndpoint}:${BigQueryWriteClient.port}`;
    const secured = credentials.combineChannelCredentials(credentials.createSsl(), tokensOf(client.auth));
    return { address, credentials: secured, channel: { ...SIZES, ...KEEPALIVE } };
  }

  /** Retries are the caller's: it knows what may be asked twice. */
  #unaryOptions() {
    return { timeout: this.#options.callTimeoutMs, retry: createRetryOptions([], createDefaultBackoffSettings()) };
  }
}

/** The tokens of the generated client's account, as gRPC asks for them with every call. */
export function tokensOf(auth: { getClient: BigQueryWriteClient['auth']['getClient'] }): CallCredentials {
  return credentials.createFromGoogleCredential({
    async getRequestHeaders(url) {
      const account = await auth.getClient();
      return Object.fromEntries(await account.getRequestHeaders(url));
    },
  });
}

function isGrpcError(error: unknown): boolean {
  return error instanceof RpcError || typeof (error as { code?: unknown }).code === 'number';
}

function splitHostPort(address: string): { host: string; port: number } {
  const match = /^(?:https?:\/\/)?([^/]+):(\d{1,5})\/?$/.exec(address);
  if (match === null) throw new RangeError(`not host:port: ${address}`);
  return { host: match[1]!, port: Number(match[2]) };
}
