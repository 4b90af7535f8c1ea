import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ChaosTarget } from './chaos-target.ts';
import { applyKafkaFault } from './kafka-faults.ts';
import { KAFKA_REQUESTS, type KafkaRequest } from './proxies/kafka-frames.ts';
import { KafkaProxy } from './proxies/kafka-proxy.ts';
import { hostPort } from './proxies/tcp-proxy.ts';

/** Bytes that reached the service. */
let arrived: number;
/** What was done to the broker, each time with what had arrived by then. */
let pauses: { paused: boolean; arrived: number }[];
let service: Server;
let proxy: KafkaProxy;
let client: Socket;

beforeEach(async () => {
  arrived = 0;
  pauses = [];
  service = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => {
      arrived += bytes.length;
    });
  });
  service.listen(0, '127.0.0.1');
  await once(service, 'listening');
  proxy = await KafkaProxy.start(`127.0.0.1:${(service.address() as AddressInfo).port}`);
  client = connect(hostPort(proxy.address)).on('error', () => {});
});

afterEach(async () => {
  client.destroy();
  await proxy.close();
  service.close();
});

function request(kind: KafkaRequest): Buffer {
  const frame = Buffer.alloc(40);
  frame.writeInt32BE(36, 0);
  frame.writeInt16BE(KAFKA_REQUESTS[kind], 4);
  return frame;
}

function apply(fault: Parameters<typeof applyKafkaFault>[0]) {
  const broker = {
    pause: async (paused: boolean) => {
      // Time for what would get past.
      if (paused) await new Promise((resolve) => setTimeout(resolve, 50));
      pauses.push({ paused, arrived });
    },
  };
  return applyKafkaFault(fault, { broker, proxies: { kafka: proxy } } as unknown as ChaosTarget);
}

async function untilArrived(bytes: number): Promise<void> {
  while (arrived < bytes) await new Promise((resolve) => setTimeout(resolve, 5));
}

test('the broker is paused at the request that is meant, which it has only when it hangs', async () => {
  const fault = await apply({ what: 'broker_pause', at: 'offset-commit', nth: 2 });
  client.write(Buffer.concat([request('fetch'), request('offset-commit')]));
  await untilArrived(80);
  expect([pauses, fault.counts()]).toEqual([[{ paused: false, arrived: 0 }], { pauses: 0 }]);
  client.write(request('offset-commit'));
  await fault.hit;
  expect(pauses.at(-1)).toEqual({ paused: true, arrived: 80 });
  await untilArrived(120);
  expect(fault.counts()).toEqual({ pauses: 1 });
  await fault.heal();
  expect(pauses.at(-1)).toMatchObject({ paused: false });
});

test('healed before its moment it pauses nothing', async () => {
  const fault = await apply({ what: 'broker_pause', at: 'offset-commit' });
  await fault.heal();
  client.write(request('offset-commit'));
  await untilArrived(40);
  expect(pauses.some(({ paused }) => paused)).toBe(false);
});

test('a broker that others use is not paused', async () => {
  const broker = { pause: async () => Promise.reject(new Error('the broker is shared')) };
  const target = { broker, proxies: { kafka: proxy } } as unknown as ChaosTarget;
  await expect(applyKafkaFault({ what: 'broker_pause', at: 'offset-commit' }, target)).rejects.toThrow('shared');
});
