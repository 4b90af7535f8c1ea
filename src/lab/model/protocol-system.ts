/** The protocol on BigQuery as a system to search: a partition, two processes that may both believe they own it, and the sink. */
import { describeState } from './describe-state.ts';
import { StateEncoder } from './encoding.ts';
import { environmentSteps } from './environment-steps.ts';
import { isFinished, mustFinish, type ViolationKind, violationIn } from './invariants.ts';
import type { Model } from './model.ts';
import { processSteps } from './process-steps.ts';
import type { System } from './search/system.ts';
import { type Emit, NEVER, type State } from './state.ts';

export function protocolSystem(model: Model): System<State, string, ViolationKind> {
  const encoder = new StateEncoder(model);
  return {
    stateLimit: model.config.stateLimit,
    initial: initialState(model),
    successors: (state, emit) => successors(model, state, emit),
    encode: (state) => encoder.encode(state),
    decode: (key) => encoder.decode(key),
    violationIn: (state) => violationIn(model, state),
    isStopped: (state) => state.processes.some(({ at }) => at === 'stopped'),
    isFinished: (state) => isFinished(model, state),
    mustFinish: (state, process) => mustFinish(model, state, process),
    action: (label) => label,
    describe: describeState,
  };
}

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
