/**
 * The limit of a wait for something that does not answer. Every success starts the count again; a failure past the
 * limit ends the wait. Setting the clock must not end it.
 */
import type { Runtime } from '../../base/runtime.ts';

/** A wait for something that does not answer. */
export interface Wait {
  readonly what: string;
  /** Duration so far, ms. */
  readonly waitedMs: number;
  /** End of the wait, ms. */
  readonly limitMs: number;
  /** The error of the last attempt. */
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

  /** Returns how long it did not answer, in ms. */
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
