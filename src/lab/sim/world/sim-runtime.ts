/** The Runtime port of one life of a process: virtual time seen through its own clock, chance and names from the seed. */
import type { Runtime } from '../../../base/runtime.ts';
import { EPOCH_MS } from './context.ts';
import type { Life } from './life.ts';
import type { Rng } from './rng.ts';

/** `clockOffsetMs` is read at every look at the clock: it can jump. Sleeps are not affected by jumps. */
export function createSimRuntime(life: Life, rng: Rng, clockOffsetMs: () => number): Runtime {
  const { scheduler } = life.context;
  return {
    nowMs: () => EPOCH_MS + scheduler.nowMs + clockOffsetMs(),
    monotonicMs: () => scheduler.nowMs,
    sleep(ms, signal) {
      return new Promise<void>((resolve, reject) => {
        if (life.dead) return;
        if (signal?.aborted) {
          reject(signal.reason);
          return;
        }
        const onAbort = (): void => {
          scheduler.cancel(timer);
          if (!life.dead) reject(signal?.reason);
        };
        const timer = scheduler.after(ms, () =>
          life.deliver(() => {
            signal?.removeEventListener('abort', onAbort);
            resolve();
          }),
        );
        signal?.addEventListener('abort', onAbort, { once: true });
      });
    },
    random: () => rng.float(),
    uuid: () => rng.uuid(),
  };
}
