import { describe, expect, it } from 'vitest';
import { abortedWithAny, orAborted } from './abort.ts';

describe('a signal aborted with any of several', () => {
  it('takes the reason of the first', () => {
    const [a, b] = [new AbortController(), new AbortController()];
    const signal = abortedWithAny(a.signal, b.signal);
    expect(signal.aborted).toBe(false);
    b.abort('b');
    a.abort('a');
    expect(signal.reason).toBe('b');
  });

  it('is aborted at once where a source is', () => {
    expect(abortedWithAny(new AbortController().signal, AbortSignal.abort('done')).reason).toBe('done');
  });
});

describe('waiting until aborted', () => {
  it('gives the result, or the failure, of work that ends first', async () => {
    const { signal } = new AbortController();
    await expect(orAborted(Promise.resolve(7), signal)).resolves.toBe(7);
    await expect(orAborted(Promise.reject(new Error('no')), signal)).rejects.toThrow('no');
  });

  it('does not wait for work that is no longer needed, and ignores its failure', async () => {
    const controller = new AbortController();
    let fail: (error: Error) => void = () => {};
    const work = new Promise<never>((_, reject) => {
      fail = reject;
    });
    const waiting = orAborted(work, controller.signal);
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    fail(new Error('late'));
  });
});
