/** Waits for what a fault does, by looking. */

const LOOK_EVERY_MS = 20;

/** Resolves once it holds; looks now and then until it does or is stopped, and keeps nothing alive. */
export function until(holds: () => boolean): { hit: Promise<void>; stop: () => void } {
  const { promise: hit, resolve } = Promise.withResolvers<void>();
  const timer = setInterval(() => {
    if (!holds()) return;
    clearInterval(timer);
    resolve();
  }, LOOK_EVERY_MS).unref();
  return { hit, stop: () => clearInterval(timer) };
}
