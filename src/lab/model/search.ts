/**
 * Breadth-first search through all states, so that a violation is found by a shortest way; then, backwards from the
 * finished states, whether each process that must be able to finish can.
 *
 * Deterministic: the same model gives the same numbers and the same trace.
 */
import { type Encoded, StateEncoder } from './encoding.ts';
import { environmentSteps } from './environment-steps.ts';
import { isFinished, mustFinish, type Violation, violationIn } from './invariants.ts';
import { BY_NETWORK, FINISHED, findDeadEnd, MUST_FINISH } from './liveness.ts';
import type { Model } from './model.ts';
import { NumberList } from './number-list.ts';
import { processSteps } from './process-steps.ts';
import { type Actor, type Emit, NEVER, type ProcessIndex, type State } from './state.ts';

export interface Search {
  readonly encoder: StateEncoder;
  /** Keys of the states in the order they were found; the first is the initial state. */
  readonly keys: readonly string[];
  /** Per state: the number of the state that it was found from * 2, + 1 if P and Q are swapped on the way. */
  readonly parents: NumberList;
  readonly finished: number;
  /** States in which a process has stopped with an error. */
  readonly stopped: number;
  /** False: the limit was reached first. */
  readonly complete: boolean;
  readonly violation: (Violation & { readonly stateNumber: number }) | undefined;
}

/** Who takes a step, in an edge. */
const WHO: Readonly<Record<Exclude<Actor, 'fault'>, number>> = { 0: 0, 1: 1, network: BY_NETWORK };

export function initialState(model: Model): State {
  const log = { start: 0, end: model.recordCount, rewrittenFrom: NEVER, changes: 0, damaged: false };
  return {
    ownership: { epoch: 0, claimant: 0, listed: [], history: [{ from: 0, setting: 0 }] },
    sets: [],
    updates: [],
    processes: [{ at: 'idle' }, { at: 'idle' }],
    environment: { crashes: 0, streamLosses: 0, rebalances: 0, log },
  };
}

/** Every step from a state, by anybody. */
export function successors(model: Model, state: State, emit: Emit): void {
  environmentSteps(model, state, emit);
  processSteps(model, state, 0, emit);
  processSteps(model, state, 1, emit);
}

export function search(model: Model): Search {
  const encoder = new StateEncoder(model);
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
  found(encoder.encode(initialState(model)), 0);

  let current = 0;
  const emit: Emit = (actor, _label, next) => {
    const encoded = encoder.encode(next);
    const target = found(encoded, current);
    if (actor !== 'fault') edges.push(target * 8 + WHO[actor] * 2 + encoded.swapped);
  };
  for (; current < keys.length && keys.length < model.config.stateLimit; current++) {
    const state = encoder.decode(keys[current]!);
    const violation = violationIn(model, state);
    if (violation) {
      return {
        encoder,
        keys,
        parents,
        finished,
        stopped,
        complete: true,
        violation: { ...violation, stateNumber: current },
      };
    }
    const done = isFinished(model, state);
    if (done) finished++;
    if (state.processes.some(({ at }) => at === 'stopped')) stopped++;
    flags.push(
      (done ? FINISHED : 0) |
        (mustFinish(model, state, 0) ? MUST_FINISH[0] : 0) |
        (mustFinish(model, state, 1) ? MUST_FINISH[1] : 0),
    );
    firstEdge.push(edges.length);
    successors(model, state, emit);
  }
  firstEdge.push(edges.length);

  const complete = current === keys.length;
  const deadEnd = complete ? findDeadEnd(flags, firstEdge, edges) : undefined;
  const violation = deadEnd && {
    kind: 'dead-end' as const,
    message: `${nameOf(deadEnd.process, deadEnd.stateNumber, parents)}, alone and without further faults, can never finish`,
    stateNumber: deadEnd.stateNumber,
  };
  return { encoder, keys, parents, finished, stopped, complete, violation };
}

/** What the trace to this state calls the process: states are stored with either of P and Q first. */
function nameOf(process: ProcessIndex, stateNumber: number, parents: NumberList): string {
  let swaps = 0;
  for (let n = stateNumber; n > 0; n = parents.at(n) >> 1) swaps += parents.at(n) & 1;
  return 'PQ'[process ^ (swaps & 1)]!;
}
