/**
 * What the search needs of a model: two processes, P and Q, and what can happen from a state. The model of the protocol on BigQuery
 * and that of the protocol on Delta Lake are systems; search, dead ends and traces know nothing else of them.
 *
 * A system is deterministic: the same state has the same successors, in the same order, with the same keys.
 */

/** Position of a process in a state. */
export type ProcessIndex = 0 | 1;

/** Who makes a step: process 0 or 1, the network (which is never out of luck forever), or a fault. */
export type Actor = ProcessIndex | 'network' | 'fault';

export interface Encoded {
  /** Equal keys are equal states. */
  readonly key: string;
  /** 1: the canonical state has P and Q swapped. */
  readonly swapped: 0 | 1;
}

export interface Violation<Kind extends string = string> {
  readonly kind: Kind;
  readonly message: string;
}

export interface System<State, Label, Kind extends string> {
  /** The search stops, undecided, at this many states. */
  readonly stateLimit: number;
  readonly initial: State;
  /** Every step from a state, by anybody. */
  successors(state: State, emit: (actor: Actor, label: Label, next: State) => void): void;
  encode(state: State): Encoded;
  decode(key: string): State;
  /** The first rule that a state breaks. */
  violationIn(state: State): Violation<Kind> | undefined;
  /** A process has stopped with an error. */
  isStopped(state: State): boolean;
  /** Everything that this process is there for is done. */
  isFinished(state: State, process: ProcessIndex): boolean;
  /** Whether this process, alone and without further faults, must be able to finish. */
  mustFinish(state: State, process: ProcessIndex): boolean;
  /** A step in words, without who takes it; `names` has the names of processes 0 and 1. */
  action(label: Label, names: string): string;
  /** A state in words: a line for each of its parts, by the part's name. */
  describe(state: State, names: string): ReadonlyMap<string, string>;
}
