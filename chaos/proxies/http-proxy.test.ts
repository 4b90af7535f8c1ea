import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HttpProxy } from './http-proxy.ts';

let service: Server;
let proxy: HttpProxy;
let acted: string[];

beforeEach(async () => {
  acted = [];
  service = createServer(async (incoming, outgoing) => {
    let body = '';
    for await (const part of incoming) body += part;
    acted.push(`${incoming.method} ${incoming.url} ${body}`);
    outgoing.setHeader('content-type', 'text/plain');
    outgoing.end(`did ${body}`);
  });
  service.listen(0, '127.0.0.1');
  await once(service, 'listening');
  proxy = await HttpProxy.start(`127.0.0.1:${(service.address() as AddressInfo).port}`);
});

afterEach(async () => {
  await proxy.close();
  service.closeAllConnections();
  service.close();
});

const post = (path: string, body: string): Promise<Response> =>
  fetch(`http://${proxy.address}${path}`, { method: 'POST', body });

test('requests and answers pass', async () => {
  const answer = await post('/jobs?x=1', 'UPDATE');
  expect([answer.status, answer.headers.get('content-type'), await answer.text()]).toEqual([
    200,
    'text/plain',
    'did UPDATE',
  ]);
  expect(acted).toEqual(['POST /jobs?x=1 UPDATE']);
});

test('the answer that is meant is lost after the service has acted, and no other', async () => {
  let hits = 0;
  const match = { method: 'POST', path: '/jobs', body: 'UPDATE' } as const;
  proxy.add({ match, which: { nth: 2 }, fault: { kind: 'lose-answer' }, onHit: () => hits++ });
  expect((await post('/jobs', 'UPDATE one')).status).toBe(200);
  expect((await post('/jobs', 'SELECT')).status).toBe(200);
  expect((await fetch(`http://${proxy.address}/jobs`)).status).toBe(200);
  await expect(post('/jobs', 'UPDATE two')).rejects.toThrow();
  expect(hits).toBe(1);
  expect(acted.at(-1)).toBe('POST /jobs UPDATE two');
  expect((await post('/jobs', 'UPDATE three')).status).toBe(200);
  expect(proxy.counts).toMatchObject({ requests: 5, answersLost: 1 });
});

test('an injected answer keeps the service out of it, and is worded as BigQuery words it', async () => {
  proxy.add({
    match: { path: '/jobs' },
    which: { times: 2 },
    fault: { kind: 'answer', status: 403, reason: 'rateLimitExceeded' },
  });
  for (let i = 0; i < 2; i++) {
    const answer = await post('/jobs', 'x');
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ error: { code: 403, errors: [{ reason: 'rateLimitExceeded' }] } });
  }
  expect(acted).toEqual([]);
  expect((await post('/jobs', 'x')).status).toBe(200);
});

test('a held answer comes late and whole', async () => {
  proxy.add({ match: {}, which: {}, fault: { kind: 'hold-answer', delayMs: 100 } });
  const startedMs = performance.now();
  expect(await (await post('/jobs', 'x')).text()).toBe('did x');
  expect(performance.now() - startedMs).toBeGreaterThanOrEqual(95);
  expect(proxy.counts.answersHeld).toBe(1);
});

test('healed, nothing more happens', async () => {
  proxy.add({ match: {}, which: { times: 100 }, fault: { kind: 'lose-answer' } });
  proxy.network.refuse();
  proxy.heal();
  expect((await post('/jobs', 'x')).status).toBe(200);
});

test('a service that is not there is a lost connection', async () => {
  service.closeAllConnections();
  service.close();
  await expect(post('/jobs', 'x')).rejects.toThrow();
});
