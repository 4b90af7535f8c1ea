/**
 * Partitions that are being fenced at the same time wait for each other before they ask how far they got: what each asks is
 * a query of its own otherwise, and a sink that is busy with queries is slow to finalize.
 *
 * Invariant: nobody waits longer than the limit for others; a stream that cannot be finalized holds up its own partition only.
 */
import type { Runtime } from '../../../base/runtime.ts';

export class FenceRounds {
  readonly #runtime: Runtime;
  #underWay = 0;
  #allThrough = Promise.withResolvers<void>();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** Does the work; resolves with its result once all that were under way meanwhile are through, or the limit has passed. */
  async together<T>(work: () => Promise<T>, longestWaitMs: number): Promise<T> {
    this.#underWay += 1;
    try {
      return await work();
    } finally {
      this.#underWay -= 1;
      if (this.#underWay === 0) {
        this.#allThrough.resolve();
        this.#allThrough = Promise.withResolvers();
      } else {
        await this.#untilAllThrough(this.#allThrough.promise, longestWaitMs);
      }
    }
  }

  async #untilAllThrough(allThrough: Promise<void>, longestWaitMs: number): Promise<void> {
    const through = new AbortController();
    const limit = this.#runtime.sleep(longestWaitMs, through.signal).catch(() => {});
    await Promise.race([allThrough, limit]);
    through.abort();
    await limit;
  }
}
