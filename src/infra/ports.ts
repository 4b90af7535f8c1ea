/**
 * Ports for one instance. The instance keeps them while a part is down between a kill and its restart. So they are
 * below the range of ports for outgoing connections, and next to a guard port on which this process listens: a second
 * instance that finds the guard chooses others. Other programs may still take one: the starter of a part tries other
 * ports if it cannot bind.
 */
import { createServer, type Server } from 'node:net';
import getPort from 'get-port';

const LOWEST = 20_000;
const BLOCK = 5;
const BLOCKS = 2_000;
const ATTEMPTS = 50;

export interface PortBlock {
  readonly kafka: number;
  readonly kafkaController: number;
  readonly rest: number;
  readonly grpc: number;
  release(): void;
}

export async function reservePorts(): Promise<PortBlock> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const base = LOWEST + BLOCK * Math.floor(Math.random() * BLOCKS);
    const guard = await listen(base);
    if (!guard) continue;
    const [kafka, kafkaController, rest, grpc] = [base + 1, base + 2, base + 3, base + 4] as const;
    const free = await Promise.all([kafka, kafkaController, rest, grpc].map(isFree));
    if (free.every(Boolean)) return { kafka, kafkaController, rest, grpc, release: () => guard.close() };
    guard.close();
  }
  throw new Error(`no ${BLOCK} free ports in a row on 127.0.0.1 after ${ATTEMPTS} attempts from ${LOWEST} on`);
}

function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server.unref()));
  });
}

async function isFree(port: number): Promise<boolean> {
  return (await getPort({ port, host: '127.0.0.1' })) === port;
}
