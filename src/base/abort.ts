/** Stops waiting for a result that is no longer needed. */

/**
 * The promise, or a rejection with signal.reason as soon as that is aborted. The work behind the promise may continue:
 * the caller makes sure that it can do no harm. Its late failure is ignored.
 */
export async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  promise.catch(() => {}); // its failure after an abort is ignored
  let stopListening = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    else signal.addEventListener('abort', onAbort, { once: true });
    stopListening = () => signal.removeEventListener('abort', onAbort);
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    stopListening();
  }
}

/**
 * Aborted with the first of the sources, and its reason. AbortSignal.any would do the same, but Node keeps its result
 * in a global registry until it is aborted: a process that the simulation destroys in mid-run would never be freed.
 */
export function abortedWithAny(...sources: readonly AbortSignal[]): AbortSignal {
  const controller = new AbortController();
  const listeners = sources.map((source) => ({ source, onAbort: () => abort(source) }));
  const abort = (source: AbortSignal): void => {
    for (const { source: other, onAbort } of listeners) other.removeEventListener('abort', onAbort);
    controller.abort(source.reason);
  };
  for (const { source, onAbort } of listeners) source.addEventListener('abort', onAbort, { once: true });
  const aborted = sources.find((source) => source.aborted);
  if (aborted !== undefined) abort(aborted);
  return controller.signal;
}
