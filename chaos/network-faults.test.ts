import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Proxies } from './chaos-target.ts';
import type { NetworkFault } from './fault.ts';
import { applyNetworkFault } from './network-faults.ts';
import { hostPort, TcpProxy } from './proxies/tcp-proxy.ts';

let echo: Server;
let network: TcpProxy;
let client: Socket;

beforeEach(async () => {
  echo = createServer((socket) => socket.on('error', () => {}).pipe(socket));
  echo.listen(0, '127.0.0.1');
  await once(echo, 'listening');
  network = await TcpProxy.start({ host: '127.0.0.1', port: (echo.address() as AddressInfo).port });
  client = connect(hostPort(network.address)).on('error', () => {});
  client.write('hello');
  await once(client, 'data');
});

afterEach(async () => {
  client.destroy();
  await network.close();
  echo.close();
});

const apply = (fault: NetworkFault) => applyNetworkFault(fault, { kafka: { network } } as unknown as Proxies);

async function hasHit(hit: Promise<void>): Promise<boolean> {
  return Promise.race([hit.then(() => true), new Promise<false>((resolve) => setTimeout(resolve, 100, false))]);
}

test('a cut hits at once where there is a connection, and is over', async () => {
  const { hit, isOver, counts } = apply({ what: 'network_cut', on: 'kafka' });
  await hit;
  expect([isOver, counts().cut]).toEqual([true, 1]);
});

async function nothingOpen(): Promise<void> {
  client.destroy();
  while (network.openConnections > 0) await new Promise((resolve) => setTimeout(resolve, 5));
}

const newClient = (): Socket => connect(hostPort(network.address)).on('error', () => {});

for (const [what, count] of [
  ['network_cut', 'cut'],
  ['network_half_open', 'halfOpened'],
] as const) {
  test(`${what} that met no connection takes the first one that carries something, and no other`, async () => {
    await nothingOpen();
    const { hit, counts } = apply({ what, on: 'kafka' });
    expect(await hasHit(hit)).toBe(false);
    client = newClient();
    await once(client, 'connect');
    expect([await hasHit(hit), counts()[count]]).toEqual([false, 0]);
    client.write('hello');
    await hit;
    const later = newClient();
    later.write('hello');
    await once(later, 'data');
    expect([counts()[count], later.destroyed]).toEqual([1, false]);
    later.destroy();
  });

  test(`${what} that is healed before it met a connection meets none`, async () => {
    await nothingOpen();
    const { hit, heal, counts } = apply({ what, on: 'kafka' });
    await heal();
    client = newClient();
    client.write('hello');
    await once(client, 'data');
    expect([await hasHit(hit), counts()[count]]).toEqual([false, 0]);
  });
}

test('a delay hits with the first bytes that it holds, and lasts until it is healed', async () => {
  const { hit, isOver, heal, counts } = apply({ what: 'network_delay', on: 'kafka', delayMs: 50 });
  expect([isOver, await hasHit(hit)]).toEqual([false, false]);
  client.write('again');
  await hit;
  expect(counts().bytesHeld).toBeGreaterThanOrEqual(5);
  await heal();
});

test('counts are those since the fault', async () => {
  network.cut();
  expect(apply({ what: 'network_black_hole', on: 'kafka' }).counts().cut).toBe(0);
});

test('a lost answer has hit when the last one that is meant was lost', async () => {
  let lose = (): void => {};
  let stopped = false;
  const kafka = {
    network,
    loseAnswers: (_request: string, _which: object, onLost: () => void) => {
      lose = onLost;
      return {
        stop: () => {
          stopped = true;
        },
      };
    },
  };
  const fault = { what: 'kafka_answer', request: 'produce', nth: 2, times: 2 } as const;
  const { hit, heal, counts } = applyNetworkFault(fault, { kafka } as unknown as Proxies);
  lose();
  expect(await hasHit(hit)).toBe(false);
  lose();
  await hit;
  expect(counts()).toEqual({ answersHit: 2 });
  await heal();
  expect(stopped).toBe(true);
});

test.each([
  [{ times: 1 }, true],
  [{}, false],
] as const)(
  'a bit that flips (%o) has hurt at its first answer; so often is over, always lasts until it is healed',
  async (more, isOver) => {
    let flip = (): void => {};
    let stopped = false;
    const kafka = {
      flipBits: (_text: string, times: number | undefined, onHit: () => void) => {
        expect(times).toBe('times' in more ? 1 : undefined);
        flip = onHit;
        return {
          stop: () => {
            stopped = true;
          },
        };
      },
    };
    const applied = applyNetworkFault({ what: 'kafka_flip', text: '712.63', ...more }, {
      kafka,
    } as unknown as Proxies);
    expect(await hasHit(applied.hit)).toBe(false);
    flip();
    await applied.hit;
    expect([applied.isOver, applied.counts()]).toEqual([isOver, { bitsFlipped: 1 }]);
    await applied.heal();
    expect(stopped).toBe(true);
  },
);
