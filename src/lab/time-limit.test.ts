import { expect, test } from 'vitest';
import { TimeLimitError, usableUntil, within } from './time-limit.ts';

/** Time that passes by calls. */
function byHand() {
  const passed = Promise.withResolvers<void>();
  return { pass: passed.resolve, sleep: () => passed.promise };
}

test('what comes in time is passed on, and so is its failure', async () => {
  const runtime = byHand();
  expect(await within(runtime, 10, Promise.resolve('it'), () => 'x')).toBe('it');
  await expect(within(runtime, 10, Promise.reject(new Error('no')), () => 'x')).rejects.toThrow('no');
});

test('what does not come ends at the limit, with what was waited for as it is by then', async () => {
  const runtime = byHand();
  let seen = 0;
  const waiting = within(runtime, 10, new Promise(() => {}), () => `the third of ${seen}`);
  seen = 2;
  runtime.pass();
  await expect(waiting).rejects.toThrow(new TimeLimitError('not within 10 ms: the third of 2'));
});

test('an object is itself until it is taken away', () => {
  class Counter {
    #count = 0;
    next(): number {
      return ++this.#count;
    }
  }
  const over = new AbortController();
  const counter = usableUntil(new Counter(), over.signal);
  expect([counter.next(), counter.next()]).toEqual([1, 2]);
  over.abort(new Error('over'));
  expect(() => counter.next()).toThrow('over');
});
