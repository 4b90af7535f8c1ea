/**
 * Touching: the methods of tables that are called so read what a look-up will read, for many look-ups in one loop, and use
 * it for nothing. A look-up in a large table waits for memory several times, one after the other; reads that do not
 * depend on each other overlap. What is touched may be another's slot or row, or change before it is looked for: then
 * the look-up waits after all. So nothing but time depends on it. Results are kept, for else a compiler may leave the
 * reads out.
 */

/** Records whose look-ups are touched at once, at most: enough to overlap, few enough for all of it to stay in the cache. */
export const MOST_AHEAD = 32;
/** Rows of an evicted chunk whose look-ups are touched at once. */
export const ROWS_AHEAD = 64;

/** Hashes of texts (slot-hash.ts), which say where in an index looking for the texts begins. */
export class HashList {
  readonly slots = new Int32Array(MOST_AHEAD);
  count = 0;

  add(slot: number): void {
    this.slots[this.count] = slot;
    this.count += 1;
  }
}
