/** Waits with an end: what a run waits for is there within its limit, or the run says what did not come. */
import type { Runtime } from '../base/runtime.ts';

/** Something did not come in time. */
export class TimeLimitError extends Error {
  override readonly name = 'TimeLimitError';
}

/**
 * What the promise yields. Rejects with a TimeLimitError once `limitMs` have passed; `what` says what was waited for, and
 * is asked at that moment.
 */
export async function within<T>(
  runtime: Pick<Runtime, 'sleep'>,
  limitMs: number,
  promise: Promise<T>,
  what: () => string,
): Promise<T> {
  const settled = new AbortController();
  const late = runtime.sleep(limitMs, settled.signal).then((): never => {
    throw new TimeLimitError(`not within ${limitMs} ms: ${what()}`);
  });
  late.catch(() => {}); // nobody looks once the promise is settled
  try {
    return await Promise.race([promise, late]);
  } finally {
    settled.abort();
  }
}

/** The same object until the signal is aborted; afterwards every use of it throws the signal's reason. */
export function usableUntil<T extends object>(target: T, over: AbortSignal): T {
  return new Proxy(target, {
    get(_, name) {
      over.throwIfAborted();
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
