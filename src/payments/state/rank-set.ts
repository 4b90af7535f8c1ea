/**
 * Marks at the milliseconds of one minute, and how many of them are at or before a given one. A sorted list while there
 * are few; past that a Fenwick tree over the minute, so that neither adding nor counting ever walks all marks.
 */
import { MINUTE_MS } from './liveness.ts';

/** Where a tree (240 KB) costs less than what a sorted list would spend on insertion. */
export const TREE_FROM_MARKS = 1_024;

export class RankSet {
  #sorted: number[] = [];
  #tree: Int32Array | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** `atMs` is within [0, 60,000). The same millisecond may be marked many times. */
  add(atMs: number): void {
    this.#size += 1;
    if (this.#tree !== undefined) {
      addToTree(this.#tree, atMs);
      return;
    }
    const sorted = this.#sorted;
    const index = this.rank(atMs);
    if (index === sorted.length) sorted.push(atMs);
    else sorted.splice(index, 0, atMs);
    if (sorted.length < TREE_FROM_MARKS) return;
    const tree = new Int32Array(MINUTE_MS + 1);
    for (const mark of sorted) addToTree(tree, mark);
    this.#tree = tree;
    this.#sorted = [];
  }

  /** Number of marks at or before `atMs`. */
  rank(atMs: number): number {
    const tree = this.#tree;
    if (tree !== undefined) {
      let sum = 0;
      for (let node = atMs + 1; node > 0; node -= node & -node) sum += tree[node] as number;
      return sum;
    }
    const sorted = this.#sorted;
    let low = 0;
    let high = sorted.length;
    // Times mostly come in order: look at the end first.
    if (high === 0 || (sorted[high - 1] as number) <= atMs) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((sorted[middle] as number) <= atMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function addToTree(tree: Int32Array, atMs: number): void {
  for (let node = atMs + 1; node <= MINUTE_MS; node += node & -node) tree[node] = (tree[node] as number) + 1;
}
