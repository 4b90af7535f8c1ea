/**
 * A proxy before the Storage Write API. It passes whole messages as bytes and looks into none of them, because its faults
 * are about messages: lose the answer to an append after its effect, refuse an append, end a call, hold an answer. Faults
 * of the network below (refuse, cut, black hole) are the TcpProxy's that stands before it.
 *
 * Every method is passed as a stream in both directions; on the wire a unary call is a stream of one message each way.
 */
import {
  Client,
  credentials,
  type handleBidiStreamingCall,
  Metadata,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
} from '@grpc/grpc-js';
import { type AnswerRule, AnswerRules, type MeantFault } from './answer-rules.ts';
import { type GrpcFault, WRITE_METHODS, type WriteMethod } from './grpc-fault.ts';
import { GrpcPassage } from './grpc-passage.ts';
import { TcpProxy } from './tcp-proxy.ts';

const SERVICE = '/google.cloud.bigquery.storage.v1.BigQueryWrite/';
/** Its requests are counted over all calls. */
export interface GrpcRule extends AnswerRule<GrpcFault> {
  readonly method: WriteMethod;
  /** Found in the bytes of the request: a part of a stream's name, for one. */
  readonly contains?: string;
}

/** Hears of every request as it came, before any fault. */
export type GrpcListener = (method: WriteMethod, request: Buffer) => void;

const MESSAGE_BYTES_MAX = 32 * 1024 * 1024;
const CHANNEL_OPTIONS = {
  'grpc.max_send_message_length': MESSAGE_BYTES_MAX,
  'grpc.max_receive_message_length': MESSAGE_BYTES_MAX,
  'grpc.use_local_subchannel_pool': 1,
};
const asIs = (bytes: Buffer): Buffer => bytes;

export class GrpcProxy implements AsyncDisposable {
  /** Clients come through here. */
  readonly network: TcpProxy;
  readonly #server: Server;
  readonly #service: string;
  /** One connection for each call: nothing that happens to one touches another. */
  readonly #clients = new Set<Client>();
  readonly #rules = new AnswerRules<GrpcFault, GrpcRule>();
  readonly #counts = { calls: 0, requests: 0, answersLost: 0, requestsRefused: 0, answersHeld: 0, streamsReset: 0 };

  readonly #onRequest: GrpcListener | undefined;

  private constructor(service: string, server: Server, network: TcpProxy, onRequest: GrpcListener | undefined) {
    this.#service = service;
    this.#onRequest = onRequest;
    this.#server = server;
    this.network = network;
  }

  /** `service` is host:port of the gRPC side. */
  static async start(service: string, onRequest?: GrpcListener): Promise<GrpcProxy> {
    const server = new Server(CHANNEL_OPTIONS);
    const made: { proxy?: GrpcProxy } = {};
    for (const method of WRITE_METHODS) {
      const handle: handleBidiStreamingCall<Buffer, Buffer> = (call) => made.proxy!.#pass(method, call);
      server.register(`${SERVICE}${method}`, handle, asIs, asIs, 'bidi');
    }
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    const network = await TcpProxy.start({ host: '127.0.0.1', port });
    made.proxy = new GrpcProxy(service, server, network, onRequest);
    return made.proxy;
  }

  get address(): string {
    return this.network.address;
  }

  get counts() {
    return { ...this.network.counts, ...this.#counts };
  }

  /** Counted from now on, until its last hit or until it is taken away. */
  add(rule: GrpcRule): { stop(): void } {
    return this.#rules.add(rule);
  }

  heal(): void {
    this.#rules.clear();
    this.network.heal();
  }

  async close(): Promise<void> {
    await this.network.close();
    this.#server.forceShutdown();
    for (const client of this.#clients) client.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** One call, from a client to the service and back. */
  #pass(method: WriteMethod, incoming: ServerDuplexStream<Buffer, Buffer>): void {
    this.#counts.calls++;
    const client = new Client(this.#service, credentials.createInsecure(), CHANNEL_OPTIONS);
    this.#clients.add(client);
    const metadata = new Metadata();
    const routing = incoming.metadata.get('x-goog-request-params')[0];
    if (routing !== undefined) metadata.set('x-goog-request-params', routing);
    const outgoing = client.makeBidiStreamRequest(`${SERVICE}${method}`, asIs, asIs, metadata);
    new GrpcPassage({
      incoming,
      outgoing,
      faultFor: (request) => this.#faultFor(method, request),
      counts: this.#counts,
      resetConnection: () => this.network.cutFrom(portOf(incoming.getPeer())),
      onEnd: () => {
        this.#clients.delete(client);
        client.close();
      },
    });
  }

  #faultFor(method: WriteMethod, request: Buffer): MeantFault<GrpcFault> | undefined {
    this.#counts.requests++;
    this.#onRequest?.(method, request);
    return this.#rules.meant(
      (rule) => rule.method === method && (rule.contains === undefined || request.includes(rule.contains)),
    );
  }
}

/** Of `address:port`. */
function portOf(peer: string): number {
  return Number(peer.slice(peer.lastIndexOf(':') + 1));
}
