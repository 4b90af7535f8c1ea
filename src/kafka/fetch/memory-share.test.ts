import { expect, test } from 'vitest';
import { MemoryShare } from './memory-share.ts';

const never = new AbortController().signal;

test('parts are handed out up to the limit, then as they come back, first come first served', async () => {
  const share = new MemoryShare(10);
  const order: string[] = [];
  const take = (name: string, bytes: number, signal = never) =>
    share.take(bytes, signal).then((release) => {
      order.push(name);
      return release;
    });
  const [a, b] = [await take('a', 6), take('b', 6)];
  const c = take('c', 1);
  await Promise.resolve();
  expect([order, share.heldBytes]).toEqual([['a'], 6]);
  a();
  (await b)();
  (await c)();
  expect([order, share.heldBytes]).toEqual([['a', 'b', 'c'], 0]);
});

test('more than the limit is handed out alone, and who gives up waiting keeps nobody back', async () => {
  const share = new MemoryShare(10);
  const release = await share.take(50, never);
  const abort = new AbortController();
  const large = share.take(60, abort.signal);
  const small = share.take(1, never);
  abort.abort(new Error('closed'));
  await expect(large).rejects.toThrow('closed');
  release();
  (await small)();
  await expect(share.take(1, abort.signal)).rejects.toThrow('closed');
  expect(share.heldBytes).toBe(0);
});
