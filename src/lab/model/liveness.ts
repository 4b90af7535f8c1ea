/**
 * Backwards from the finished states: from where can a process finish with the network's help alone, the other process
 * taking no step and nothing failing?
 */
import type { NumberList } from './number-list.ts';
import type { ProcessIndex } from './state.ts';

const NETWORK = 2;

/** The first state from which a process that must be able to finish cannot; flags and edges as search.ts keeps them. */
export function findDeadEnd(
  flags: NumberList,
  firstEdge: NumberList,
  edges: NumberList,
): { stateNumber: number; process: ProcessIndex } | undefined {
  const count = flags.length;
  // canFinish[2 n + i]: process i can finish from state n.
  const canFinish = new Uint8Array(2 * count);
  for (let n = 0; n < count; n++) if (flags.at(n) & 1) canFinish[2 * n] = canFinish[2 * n + 1] = 1;

  const reaches = (n: number, process: number): boolean => {
    for (let e = firstEdge.at(n); e < firstEdge.at(n + 1); e++) {
      const edge = edges.at(e);
      const who = (edge >> 1) & 3;
      // P and Q may be swapped in the state that the edge leads to.
      if ((who === NETWORK || who === process) && canFinish[2 * (edge >> 3) + (process ^ (edge & 1))]) return true;
    }
    return false;
  };
  // Successors have greater numbers mostly, so sweeping down settles nearly everything at once.
  for (let changed = true; changed; ) {
    changed = false;
    for (let n = count - 1; n >= 0; n--) {
      for (const process of [0, 1]) {
        if (canFinish[2 * n + process] || !reaches(n, process)) continue;
        canFinish[2 * n + process] = 1;
        changed = true;
      }
    }
  }
  for (let n = 0; n < count; n++) {
    for (const process of [0, 1] as const) {
      const must = flags.at(n) & (process === 0 ? 2 : 4);
      if (must && !canFinish[2 * n + process]) return { stateNumber: n, process };
    }
  }
  return undefined;
}
