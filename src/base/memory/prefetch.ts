/**
 * Prefetching: for many look-ups in one loop, a table's `touch` methods read what the look-ups will read. A look-up in
 * a large table waits for memory several times, one after the other; independent reads overlap. The touched slot or row
 * may be another's, or may change before the look-up: then the look-up waits after all. Only time depends on it, never
 * a result. Results are kept, otherwise the JIT may drop the reads.
 */

/**
 * Maximum number of records whose look-ups are touched together: enough to overlap, few enough to stay in the cache.
 */
export const MOST_AHEAD = 32;
/** Rows of an evicted chunk whose look-ups are touched together. */
export const ROWS_AHEAD = 64;

/** Hashes of texts (slot-hash.ts): where a look-up of each text begins in an index. */
export class HashList {
  readonly slots = new Int32Array(MOST_AHEAD);
  count = 0;

  add(slot: number): void {
    this.slots[this.count] = slot;
    this.count += 1;
  }
}
