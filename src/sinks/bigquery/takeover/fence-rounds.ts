/**
 * Partitions that are fenced at the same time wait for each other before they query their positions, so that they share
 * the queries. Otherwise each partition sends its own, and a sink busy with queries is slow to finalize streams.
 *
 * Invariant: no partition waits for others longer than the limit. A stream that cannot be finalized delays only its own
 * partition.
 */
import type { Runtime } from '../../../base/runtime.ts';

export class FenceRounds {
  readonly #runtime: Runtime;
  #underWay = 0;
  #allThrough = Promise.withResolvers<void>();

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  /** Does the work. Resolves with its result once no other work is in progress, or `longestWaitMs` after its end. */
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
