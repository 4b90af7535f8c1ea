/**
 * The moves that every step of a process is made of: continue, start over, stop with an error.
 */
import type { Model } from './model.ts';
import type { Actor, ProcessIndex } from './search/system.ts';
import { type Emit, NOBODY, type Owner, ownerOf, type Process, replaceIn, type State, type Update } from './state.ts';

export class Moves {
  readonly model: Model;
  readonly state: State;
  readonly index: ProcessIndex;
  readonly self: Owner;
  readonly #emit: Emit;

  constructor(model: Model, state: State, index: ProcessIndex, emit: Emit) {
    this.model = model;
    this.state = state;
    this.index = index;
    this.self = ownerOf(index);
    this.#emit = emit;
  }

  /** What reading the ownership row back says now: the claim in it is ours. */
  get ours(): boolean {
    return this.state.ownership.claimant === this.self;
  }

  /** The process continues as `next`; `changes` to the rest of the world happen in the same step. */
  go(label: string, next: Process, changes: Partial<State> = {}, actor: Actor = this.index): void {
    this.#emit(actor, label, {
      ...this.state,
      ...changes,
      processes: replaceIn(this.state.processes, this.index, next),
    });
  }

  /** Drop the partition and begin at step 1. Requests in flight live on, and have no owner now. */
  startOver(label: string, changes: Partial<State> = {}, actor: Actor = this.index): void {
    const { ownership, updates } = this.state;
    const orphan = (update: Update): Update => (update.sender === this.self ? { ...update, sender: NOBODY } : update);
    this.go(
      label,
      { at: 'idle' },
      {
        ownership: this.ours ? { ...ownership, claimant: NOBODY } : ownership,
        updates: updates.map(orphan),
        ...changes,
      },
      actor,
    );
  }

  /** Stop with an error. Ownership is read again before: if the claim is no longer ours, nothing is wrong. */
  stop(label: string): void {
    if (this.ours || this.model.without.noreread) this.go(`stops: ${label}`, { at: 'stopped' });
    else this.startOver(`drops the partition, no longer its own (${label})`);
  }
}
