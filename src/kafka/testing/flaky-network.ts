/**
 * A network to the brokers that can be cut or go silent: kafkajs's sockets pass through a local proxy by socketFactory.
 */
import { type AddressInfo, createServer, connect as dial, type Server, type Socket } from 'node:net';
import type { ISocketFactory } from 'kafkajs';

export class FlakyNetwork implements AsyncDisposable {
  readonly #server: Server;
  readonly #pairs = new Set<readonly [Socket, Socket]>();
  #mode: 'open' | 'cut' | 'silent' = 'open';

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<FlakyNetwork> {
    const server = createServer();
    const network = new FlakyNetwork(server);
    server.on('connection', (client) => network.#accept(client));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return network;
  }

  /** The first line of a proxied connection names its destination. */
  get socketFactory(): ISocketFactory {
    return ({ host, port, onConnect }) => {
      const { port: proxyPort } = this.#server.address() as AddressInfo;
      const socket = dial(proxyPort, '127.0.0.1', () => {
        socket.write(`${host}:${port}\n`);
        onConnect();
      });
      return socket;
    };
  }

  /** Ends every connection; new ones are ended at once, until healed. */
  cut(): void {
    this.#mode = 'cut';
    this.#endAll();
  }

  /** Nothing passes and nothing is ended, as when a network drops packets. */
  silence(): void {
    this.#mode = 'silent';
    for (const [client, broker] of this.#pairs) {
      client.unpipe(broker);
      broker.unpipe(client);
    }
  }

  /** New connections work again; silent ones stay silent. */
  heal(): void {
    this.#mode = 'open';
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #endAll(): void {
    for (const pair of this.#pairs) for (const socket of pair) socket.destroy();
    this.#pairs.clear();
  }

  #accept(client: Socket): void {
    client.on('error', () => undefined);
    if (this.#mode === 'cut') {
      client.destroy();
      return;
    }
    client.once('data', (first: Buffer) => {
      if (this.#mode === 'silent') return;
      const lineEnd = first.indexOf('\n');
      const [host = '', port = ''] = first.subarray(0, lineEnd).toString().split(':');
      const broker = dial(Number(port), host);
      broker.on('error', () => client.destroy());
      broker.on('close', () => client.destroy());
      client.on('close', () => broker.destroy());
      broker.write(first.subarray(lineEnd + 1));
      client.pipe(broker).pipe(client);
      const pair = [client, broker] as const;
      this.#pairs.add(pair);
      client.once('close', () => this.#pairs.delete(pair));
    });
  }
}
