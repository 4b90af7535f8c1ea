/**
 * How long something may stay away before waiting ends: every success starts the count again, the first failure since
 * then ends it when the limit is past. A clock that is set must not end it.
 */
import type { Runtime } from '../../base/runtime.ts';

/** Something is away and waited for. */
export interface Wait {
  readonly what: string;
  /** For how long so far, ms. */
  readonly waitedMs: number;
  /** When it is given up, ms. */
  readonly limitMs: number;
  /** What the last attempt ended with. */
  readonly error: string;
}

export class Patience {
  readonly #runtime: Runtime;
  readonly #limitMs: number;
  #awaySinceMs: number | undefined;

  constructor(runtime: Runtime, limitMs: number) {
    this.#runtime = runtime;
    this.#limitMs = limitMs;
  }

  get limitMs(): number {
    return this.#limitMs;
  }

  /** Returns for how long it was away, in ms. */
  succeeded(): number {
    const sinceMs = this.#awaySinceMs;
    this.#awaySinceMs = undefined;
    return sinceMs === undefined ? 0 : this.#runtime.monotonicMs() - sinceMs;
  }

  /** Time since the first failure in a row, in ms. */
  failed(): { readonly waitedMs: number; readonly isOver: boolean } {
    const nowMs = this.#runtime.monotonicMs();
    this.#awaySinceMs ??= nowMs;
    const waitedMs = nowMs - this.#awaySinceMs;
    return { waitedMs, isOver: waitedMs >= this.#limitMs };
  }
}
