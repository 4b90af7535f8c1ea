/**
 * Backwards from the finished states: from where can a process finish with the network's help alone, the other process
 * taking no step and nothing failing?
 */
import type { NumberList } from './number-list.ts';
import type { ProcessIndex } from './system.ts';

/** Bits of a state's flags: process 0, process 1 has finished in it; process 0, process 1 must be able to finish from it. */
export const FINISHED = [1, 2] as const;
export const MUST_FINISH = [4, 8] as const;

/** Who takes the step of an edge, processes being 0 and 1. */
export const BY_NETWORK = 2;

/**
 * The first state from which a process that must be able to finish cannot. The edges of state n, those of faults left
 * out, are edges[firstEdge[n]] to before edges[firstEdge[n + 1]], each target * 8 + who * 2 + swapped.
 */
export function findDeadEnd(
  flags: NumberList,
  firstEdge: NumberList,
  edges: NumberList,
): { stateNumber: number; process: ProcessIndex } | undefined {
  const count = flags.length;
  // canFinish[2 n + i]: process i can finish from state n.
  const canFinish = new Uint8Array(2 * count);
  for (let n = 0; n < count; n++) {
    for (const process of [0, 1] as const) if (flags.at(n) & FINISHED[process]) canFinish[2 * n + process] = 1;
  }

  const reaches = (n: number, process: number): boolean => {
    for (let e = firstEdge.at(n); e < firstEdge.at(n + 1); e++) {
      const edge = edges.at(e);
      const who = (edge >> 1) & 3;
      // P and Q may be swapped in the state that the edge leads to.
      if ((who === BY_NETWORK || who === process) && canFinish[2 * (edge >> 3) + (process ^ (edge & 1))]) return true;
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
      if (flags.at(n) & MUST_FINISH[process] && !canFinish[2 * n + process]) return { stateNumber: n, process };
    }
  }
  return undefined;
}
