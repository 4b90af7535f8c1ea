/** The exhaustive check of the protocol on one configuration. */
import { configProblems, type ModelConfig } from './config.ts';
import type { ViolationKind } from './invariants.ts';
import { createModel } from './model.ts';
import { protocolSystem } from './protocol-system.ts';
import { search } from './search/search.ts';
import { type TraceStep, traceTo } from './search/trace.ts';

export interface ModelResult {
  /** undecided: the state limit was reached and nothing was found until then. */
  readonly verdict: 'holds' | 'violated' | 'undecided';
  /** States found; all there are when it holds. */
  readonly states: number;
  /** States with everything below a checkpoint. */
  readonly finished: number;
  /** States in which a process has stopped with an error, the log having lost what was folded or needed. */
  readonly stopped: number;
  readonly violation?: {
    readonly kind: ViolationKind;
    readonly message: string;
    /** A shortest way there. */
    readonly trace: readonly TraceStep[];
  };
}

/**
 * Explore every state that the configuration allows. Pure and deterministic; memory and time grow with the states:
 * about 300 bytes each, and some 100,000 a second. Throws RangeError when the configuration cannot be checked.
 */
export function checkProtocol(config: ModelConfig): ModelResult {
  const problems = configProblems(config);
  if (problems.length > 0) throw new RangeError(problems.join('; '));
  const system = protocolSystem(createModel(config));
  const result = search(system);
  const counts = { states: result.keys.length, finished: result.finished, stopped: result.stopped };
  if (result.violation) {
    const { kind, message, stateNumber } = result.violation;
    const trace = traceTo(system, result, stateNumber);
    return { verdict: 'violated', ...counts, violation: { kind, message, trace } };
  }
  return { verdict: result.complete ? 'holds' : 'undecided', ...counts };
}
