import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { GARBAGE, type Garbage, HUGE_BYTES } from './http-garbage.ts';
import { HttpProxy } from './http-proxy.ts';

const ANSWER = JSON.stringify({ kind: 'bigquery#job', status: { state: 'RUNNING' }, jobReference: { jobId: 'ours' } });

let service: Server;
let proxy: HttpProxy;
let acted: number;

beforeEach(async () => {
  acted = 0;
  service = createServer((_, outgoing) => {
    acted++;
    outgoing.setHeader('content-type', 'application/json');
    outgoing.end(ANSWER);
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

async function answered(what: Garbage): Promise<{ status: number; type: string | null; text: string }> {
  proxy.add({ match: { path: '/jobs' }, which: {}, fault: { kind: 'garbage', what } });
  const answer = await fetch(`http://${proxy.address}/jobs`, { method: 'POST', body: 'x' });
  return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() };
}

test.each(GARBAGE.filter((what) => what !== 'huge'))(
  '%s comes under status 200, whole, after the service has acted',
  async (what) => {
    const { status, type, text } = await answered(what);
    expect([status, acted, proxy.counts.garbageSent]).toEqual([200, 1, 1]);
    expect(text === ANSWER && type?.startsWith('application/json')).toBe(false);
    const next = await fetch(`http://${proxy.address}/jobs`, { method: 'POST', body: 'x' });
    expect(await next.text()).toBe(ANSWER);
  },
);

test('what is cut is no JSON, and what has a wrong type is the answer itself', async () => {
  const cut = (await answered('cut-json')).text;
  expect(ANSWER.startsWith(cut)).toBe(true);
  expect(() => JSON.parse(cut)).toThrow();
  const typed = await answered('wrong-type');
  expect([typed.text, typed.type]).toEqual([ANSWER, 'text/html']);
});

test('a huge body lasts for as long as it is read, and ends when nobody reads it', async () => {
  proxy.add({ match: {}, which: {}, fault: { kind: 'garbage', what: 'huge' } });
  const asked = request(`http://${proxy.address}/jobs`);
  asked.end();
  const [answer] = (await once(asked, 'response')) as [import('node:http').IncomingMessage];
  let bytes = 0;
  for await (const part of answer as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > 4 * 1024 * 1024) break;
  }
  expect(bytes).toBeLessThan(HUGE_BYTES);
  expect(proxy.counts.garbageSent).toBe(1);
});
