import { expect, it } from 'vitest';
import { systemRuntime } from './system-runtime.ts';

it.each([0, 60_000])('a wait of %d ms that is aborted rejects with the reason, before it or during it', async (ms) => {
  const reason = new Error('asked to stop');
  await expect(systemRuntime.sleep(ms, AbortSignal.abort(reason))).rejects.toBe(reason);
  const abort = new AbortController();
  const waiting = systemRuntime.sleep(ms, abort.signal);
  abort.abort(reason);
  await expect(waiting).rejects.toBe(reason);
});

it('a wait without a signal ends by itself, and one of nothing after what is ready', async () => {
  const order: string[] = [];
  const ready = Promise.resolve().then(() => order.push('ready'));
  await systemRuntime.sleep(0);
  order.push('slept');
  await ready;
  expect(order).toEqual(['ready', 'slept']);
  const startMs = systemRuntime.monotonicMs();
  await systemRuntime.sleep(20, new AbortController().signal);
  expect(systemRuntime.monotonicMs() - startMs).toBeGreaterThanOrEqual(18);
});
