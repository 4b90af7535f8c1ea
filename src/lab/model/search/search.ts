/**
 * Breadth-first search through all states, so that a violation is found by a shortest way; then, backwards from the
 * finished states, whether each process that must be able to finish can.
 *
 * Deterministic: the same system gives the same numbers and the same trace.
 */
import { BY_NETWORK, FINISHED, findDeadEnd, MUST_FINISH } from './liveness.ts';
import { NumberList } from './number-list.ts';
import type { Actor, Encoded, ProcessIndex, System, Violation } from './system.ts';

export interface Search<Kind extends string = string> {
  /** Keys of the states in the order they were found; the first is the initial state. */
  readonly keys: readonly string[];
  /** Per state: the number of the state that it was found from * 2, + 1 if P and Q are swapped on the way. */
  readonly parents: NumberList;
  /** States in which the first process has finished. */
  readonly finished: number;
  /** States in which a process has stopped with an error. */
  readonly stopped: number;
  /** False: the limit was reached first. */
  readonly complete: boolean;
  readonly violation: (Violation<Kind | 'dead-end'> & { readonly stateNumber: number }) | undefined;
}

/** Who takes a step, in an edge. */
const WHO: Readonly<Record<Exclude<Actor, 'fault'>, number>> = { 0: 0, 1: 1, network: BY_NETWORK };

export function search<State, Label, Kind extends string>(system: System<State, Label, Kind>): Search<Kind> {
  const keys: string[] = [];
  const numberByKey = new Map<string, number>();
  const parents = new NumberList();
  const flags = new NumberList();
  const edges = new NumberList();
  const firstEdge = new NumberList();
  let finished = 0;
  let stopped = 0;

  const found = ({ key, swapped }: Encoded, parent: number): number => {
    const known = numberByKey.get(key);
    if (known !== undefined) return known;
    numberByKey.set(key, keys.length);
    parents.push(parent * 2 + swapped);
    return keys.push(key) - 1;
  };
  found(system.encode(system.initial), 0);

  let current = 0;
  const emit = (actor: Actor, _label: Label, next: State): void => {
    const encoded = system.encode(next);
    const target = found(encoded, current);
    if (actor !== 'fault') edges.push(target * 8 + WHO[actor] * 2 + encoded.swapped);
  };
  for (; current < keys.length && keys.length < system.stateLimit; current++) {
    const state = system.decode(keys[current]!);
    const violation = system.violationIn(state);
    if (violation) {
      return {
        keys,
        parents,
        finished,
        stopped,
        complete: true,
        violation: { ...violation, stateNumber: current },
      };
    }
    if (system.isFinished(state, 0)) finished++;
    if (system.isStopped(state)) stopped++;
    flags.push(flagsOf(system, state, 0) | flagsOf(system, state, 1));
    firstEdge.push(edges.length);
    system.successors(state, emit);
  }
  firstEdge.push(edges.length);

  const complete = current === keys.length;
  const deadEnd = complete ? findDeadEnd(flags, firstEdge, edges) : undefined;
  const violation = deadEnd && {
    kind: 'dead-end' as const,
    message: `${nameOf(deadEnd.process, deadEnd.stateNumber, parents)}, alone and without further faults, can never finish`,
    stateNumber: deadEnd.stateNumber,
  };
  return { keys, parents, finished, stopped, complete, violation };
}

function flagsOf<State, Label, Kind extends string>(
  system: System<State, Label, Kind>,
  state: State,
  process: ProcessIndex,
): number {
  return (
    (system.isFinished(state, process) ? FINISHED[process] : 0) |
    (system.mustFinish(state, process) ? MUST_FINISH[process] : 0)
  );
}

/** What the trace to this state calls the process: states are stored with either of P and Q first. */
function nameOf(process: ProcessIndex, stateNumber: number, parents: NumberList): string {
  let swaps = 0;
  for (let n = stateNumber; n > 0; n = parents.at(n) >> 1) swaps += parents.at(n) & 1;
  return 'PQ'[process ^ (swaps & 1)]!;
}
