/**
 * A broker of one topic, as far as a reader needs one (Metadata 8, ListOffsets 5, Fetch 11), that answers what a test tells
 * it to: for what no real broker does when it is asked to.
 */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

const [FETCH, LIST_OFFSETS, METADATA] = [1, 2, 3];

export interface FetchQuestion {
  readonly partition: number;
  readonly fromOffset: number;
  /** How many connections were made so far, this one included. */
  readonly connections: number;
}

export interface FetchReply {
  readonly errorCode?: number;
  readonly bytes?: Buffer;
  readonly highWatermark?: number;
  readonly aborted?: readonly { readonly producerId: bigint; readonly firstOffset: number }[];
  /** The connection ends instead of an answer. */
  readonly hangUp?: true;
}

export interface FakeTopic {
  readonly name: string;
  /** By partition, the index of the broker that leads it; -1: none. */
  leaders(): readonly number[];
  offsets(partition: number): { readonly start: number; readonly end: number };
  fetch(question: FetchQuestion): FetchReply;
}

export class FakeBroker implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #cluster: FakeBroker[];
  connections = 0;
  fetches = 0;

  private constructor(server: Server, cluster: FakeBroker[]) {
    this.#server = server;
    this.#cluster = cluster;
  }

  /** `count` brokers that know of each other. */
  static async cluster(topic: FakeTopic, count = 1): Promise<readonly FakeBroker[]> {
    const cluster: FakeBroker[] = [];
    for (let index = 0; index < count; index++) {
      const server = createServer();
      const broker = new FakeBroker(server, cluster);
      server.on('connection', (socket) => broker.#serve(socket, topic, index));
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      cluster.push(broker);
    }
    return cluster;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket, topic: FakeTopic, index: number): void {
    this.#sockets.add(socket);
    this.connections += 1;
    let pending = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (data) => {
      pending = Buffer.concat([pending, data]);
      while (pending.length >= 4 && pending.length >= 4 + pending.readInt32BE(0)) {
        const request = pending.subarray(4, 4 + pending.readInt32BE(0));
        pending = pending.subarray(4 + request.length);
        const body = this.#answer(request, topic, index);
        if (body === undefined) socket.destroy();
        else socket.write(Buffer.concat([int32(body.length + 4), request.subarray(4, 8), body]));
      }
    });
  }

  #answer(request: Buffer, topic: FakeTopic, index: number): Buffer | undefined {
    const body = request.subarray(10 + Math.max(0, request.readInt16BE(8)));
    switch (request.readInt16BE(0)) {
      case METADATA:
        return metadata(topic, this.#cluster);
      case LIST_OFFSETS: {
        const at = 9 + 2 + body.readInt16BE(9) + 4;
        const partition = body.readInt32BE(at);
        const { start, end } = topic.offsets(partition);
        const offset = body.readBigInt64BE(at + 8) === -2n ? start : end;
        return Buffer.concat([
          ...[int32(0), int32(1), string(topic.name), int32(1), int32(partition)],
          ...[int16(topic.leaders()[partition] === index ? 0 : 6), int64(-1n), int64(BigInt(offset)), int32(0)],
        ]);
      }
      case FETCH: {
        this.fetches += 1;
        const at = 29 + 2 + body.readInt16BE(29) + 4;
        const partition = body.readInt32BE(at);
        const fromOffset = Number(body.readBigInt64BE(at + 8));
        if (topic.leaders()[partition] !== index) return fetched(topic, partition, { errorCode: 6 });
        const reply = topic.fetch({ partition, fromOffset, connections: this.connections });
        return reply.hangUp ? undefined : fetched(topic, partition, reply);
      }
      default:
        return undefined;
    }
  }
}

function metadata(topic: FakeTopic, cluster: readonly FakeBroker[]): Buffer {
  const brokers = cluster.map(({ port }, node) =>
    Buffer.concat([int32(node), string('127.0.0.1'), int32(port), int16(-1)]),
  );
  const partitions = topic
    .leaders()
    .map((leader, partition) =>
      Buffer.concat([int16(0), int32(partition), int32(leader), int32(0), int32(0), int32(0), int32(0)]),
    );
  return Buffer.concat([
    ...[int32(0), int32(brokers.length), ...brokers, int16(-1), int32(0), int32(1), int16(0), string(topic.name)],
    ...[Buffer.from([0]), int32(partitions.length), ...partitions, int32(0), int32(0)],
  ]);
}

function fetched(topic: FakeTopic, partition: number, reply: FetchReply): Buffer {
  const { errorCode = 0, bytes = Buffer.alloc(0), highWatermark = 1_000_000, aborted = [] } = reply;
  return Buffer.concat([
    ...[int32(0), int16(0), int32(0), int32(1), string(topic.name), int32(1), int32(partition), int16(errorCode)],
    ...[int64(BigInt(highWatermark)), int64(BigInt(highWatermark)), int64(0n), int32(aborted.length)],
    ...aborted.flatMap(({ producerId, firstOffset }) => [int64(producerId), int64(BigInt(firstOffset))]),
    ...[int32(-1), int32(bytes.length), bytes],
  ]);
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}

function string(text: string): Buffer {
  return Buffer.concat([int16(Buffer.byteLength(text)), Buffer.from(text)]);
}
