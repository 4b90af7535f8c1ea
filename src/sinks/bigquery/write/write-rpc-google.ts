/**
 * WriteRpc on the real service, or its emulator, over gRPC: streams are created and finalized over one connection; each AppendRows
 * call has its own (append-connection.ts). Our own messages: the generated client takes a quarter of a second to load, at every
 * start. Adds nothing to the protocol: no retries, no queue, no reading of answers beyond their translation.
 */
import { type CallCredentials, type ChannelOptions, Client, credentials, Metadata } from '@grpc/grpc-js';
import { type AccountHeaders, googleAccount, googleUniverse } from '../google-account.ts';
import { type AppendEndpoint, CONNECTION_OPTIONS, openAppendCall, toRpcError } from './append-connection.ts';
import { decodeFinalized, decodeWriteStream, encodeCreateRequest, encodeFinalizeRequest } from './stream-messages.ts';
import { type AppendCall, type AppendCallHandlers, GRPC_STATUS, RpcError, type WriteRpc } from './write-rpc.ts';

export interface GoogleWriteRpcOptions {
  readonly projectId: string;
  /** gRPC host:port of an emulator: plaintext, no credentials. */
  readonly emulatorHost?: string | undefined;
  /** Time limit of CreateWriteStream and FinalizeWriteStream. */
  readonly callTimeoutMs: number;
  /** Default: that of the environment. Not asked for an emulator. */
  readonly account?: AccountHeaders | undefined;
}

const SERVICE = '/google.cloud.bigquery.storage.v1.BigQueryWrite';
const SERVICE_PORT = 443;
const MAX_MESSAGE_BYTES = 20 * 1024 * 1024;
const SIZES: ChannelOptions = {
  'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
  'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
};
const KEEPALIVE: ChannelOptions = { 'grpc.keepalive_time_ms': 60_000, 'grpc.keepalive_timeout_ms': 20_000 };

interface UnaryCall<Q, A> {
  readonly method: string;
  readonly question: Q;
  readonly encode: (question: Q) => Buffer;
  readonly decode: (answer: Buffer) => A;
  /** As the service routes it: `name=...`. */
  readonly route: string;
}

export class GoogleWriteRpc implements WriteRpc {
  readonly #options: GoogleWriteRpcOptions;
  readonly #endpoint: AppendEndpoint;
  #client: Client | undefined;
  readonly #calls = new Set<AppendCall>();

  constructor(options: GoogleWriteRpcOptions) {
    this.#options = options;
    this.#endpoint = endpointOf(options);
  }

  async createWriteStream(tablePath: string): Promise<string> {
    const name = await this.#ask({
      method: 'CreateWriteStream',
      question: tablePath,
      encode: encodeCreateRequest,
      decode: decodeWriteStream,
      route: `parent=${encodeURIComponent(tablePath)}`,
    });
    if (name === '') throw new RpcError(GRPC_STATUS.INTERNAL, `${tablePath}: a stream without a name was created`);
    return name;
  }

  async finalizeWriteStream(name: string): Promise<{ readonly rowCount: number }> {
    const rowCount = await this.#ask({
      method: 'FinalizeWriteStream',
      question: name,
      encode: encodeFinalizeRequest,
      decode: decodeFinalized,
      route: `name=${encodeURIComponent(name)}`,
    });
    return { rowCount };
  }

  /** Begins to connect for what is asked first. */
  connect(): void {
    this.#opened().getChannel().getConnectivityState(true);
  }

  appendRows(streamName: string, handlers: AppendCallHandlers): AppendCall {
    const call: AppendCall = openAppendCall(this.#endpoint, streamName, handlers, () => this.#calls.delete(call));
    this.#calls.add(call);
    return call;
  }

  async close(): Promise<void> {
    for (const call of [...this.#calls]) call.cancel();
    this.#client?.close();
    this.#client = undefined;
  }

  /** Rejects with RpcError. Retries are the caller's: it knows what may be asked twice. */
  #ask<Q, A>({ method, question, encode, decode, route }: UnaryCall<Q, A>): Promise<A> {
    const metadata = new Metadata();
    metadata.set('x-goog-request-params', route);
    const deadline = Date.now() + this.#options.callTimeoutMs;
    return new Promise<A>((resolve, reject) => {
      const path = `${SERVICE}/${method}`;
      this.#opened().makeUnaryRequest(path, encode, decode, question, metadata, { deadline }, (error, answer) => {
        if (error !== null) reject(toRpcError(error));
        else resolve(answer as A);
      });
    });
  }

  #opened(): Client {
    const { address, credentials: secured, channel } = this.#endpoint;
    this.#client ??= new Client(address, secured, { ...channel, ...CONNECTION_OPTIONS });
    return this.#client;
  }
}

function endpointOf({ projectId, emulatorHost, account }: GoogleWriteRpcOptions): AppendEndpoint {
  if (emulatorHost !== undefined) {
    const { host, port } = splitHostPort(emulatorHost);
    return { address: `${host}:${port}`, credentials: credentials.createInsecure(), channel: SIZES };
  }
  const universe = googleUniverse();
  const tokens = tokensOf(account ?? googleAccount(projectId, universe));
  return {
    address: `bigquerystorage.${universe}:${SERVICE_PORT}`,
    credentials: credentials.combineChannelCredentials(credentials.createSsl(), tokens),
    channel: { ...SIZES, ...KEEPALIVE },
  };
}

/** An account's tokens, as gRPC asks for them with every call. */
export function tokensOf(account: AccountHeaders): CallCredentials {
  return credentials.createFromGoogleCredential({
    getRequestHeaders: async (url) => ({ ...(await account(url ?? '')) }),
  });
}

function splitHostPort(address: string): { host: string; port: number } {
  const match = /^(?:https?:\/\/)?([^/]+):(\d{1,5})\/?$/.exec(address);
  if (match === null) throw new RangeError(`not host:port: ${address}`);
  return { host: match[1]!, port: Number(match[2]) };
}
