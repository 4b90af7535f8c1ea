/** The exhaustive check of the protocol on Delta Lake on one configuration. */
import { search } from '../search/search.ts';
import type { System } from '../search/system.ts';
import { type TraceStep, traceTo } from '../search/trace.ts';
import { answerSteps } from './answer-steps.ts';
import { type DeltaModelConfig, deltaConfigProblems } from './config.ts';
import { deltaAction, describeDeltaState } from './describe.ts';
import { DeltaEncoder } from './encoding.ts';
import { type DeltaViolationKind, deltaViolationIn, isDeltaFinished, mustDeltaFinish } from './invariants.ts';
import { createDeltaModel, type DeltaModel, initialDeltaState } from './model.ts';
import { DeltaMoves, type EmitDelta } from './moves.ts';
import { crash, networkSteps } from './network-steps.ts';
import type { DeltaLabel, DeltaState } from './state.ts';
import { takeoverSteps } from './takeover-steps.ts';
import { writingSteps } from './writing-steps.ts';

export interface DeltaModelResult {
  /** undecided: the state limit was reached and nothing was found until then. */
  readonly verdict: 'holds' | 'violated' | 'undecided';
  /** States found; all there are when it holds. */
  readonly states: number;
  /** States in which the first process has all its records below a checkpoint. */
  readonly finished: number;
  readonly violation?: {
    readonly kind: DeltaViolationKind;
    readonly message: string;
    /** A shortest way there. */
    readonly trace: readonly TraceStep[];
  };
}

/** Explore every state that the configuration allows. Throws RangeError when the configuration cannot be checked. */
export function checkDelta(config: DeltaModelConfig): DeltaModelResult {
  const problems = deltaConfigProblems(config);
  if (problems.length > 0) throw new RangeError(problems.join('; '));
  const system = deltaSystem(createDeltaModel(config));
  const { keys, finished, complete, violation, ...rest } = search(system);
  const counts = { states: keys.length, finished };
  if (violation) {
    const { kind, message, stateNumber } = violation;
    const trace = traceTo(system, { keys, finished, complete, violation, ...rest }, stateNumber);
    return { verdict: 'violated', ...counts, violation: { kind, message, trace } };
  }
  return { verdict: complete ? 'holds' : 'undecided', ...counts };
}

export function deltaSystem(model: DeltaModel): System<DeltaState, DeltaLabel, DeltaViolationKind> {
  const encoder = new DeltaEncoder(model);
  return {
    stateLimit: model.config.stateLimit,
    initial: initialDeltaState(model),
    successors: (state, emit) => successors(model, state, emit),
    encode: (state) => encoder.encode(state),
    decode: (key) => encoder.decode(key),
    violationIn: (state) => deltaViolationIn(model, state),
    // On Delta Lake nothing that the model covers makes a process stop.
    isStopped: () => false,
    isFinished: (state, process) => isDeltaFinished(model, state, process),
    mustFinish: (state, process) => mustDeltaFinish(model, state, process),
    action: deltaAction,
    describe: describeDeltaState,
  };
}

function successors(model: DeltaModel, state: DeltaState, emit: EmitDelta): void {
  networkSteps(model, state, emit);
  for (const index of [0, 1] as const) {
    const moves = new DeltaMoves(model, state, index, emit);
    crash(moves);
    answerSteps(moves);
    for (const partition of model.partitionsOf[index]) takeoverSteps(moves, partition);
    writingSteps(moves);
  }
}
