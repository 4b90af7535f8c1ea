/**
 * How long something may stay away before waiting ends: every success starts the count again, the first failure since
 * then ends it when the limit is past. A clock that is set must not end it.
 */
import type { Runtime } from '../processor/ports.ts';

export class Patience {
  readonly #runtime: Runtime;
  readonly #limitMs: number;
  #awaySinceMs: number | undefined;

  constructor(runtime: Runtime, limitMs: number) {
    this.#runtime = runtime;
    this.#limitMs = limitMs;
  }

  succeeded(): void {
    this.#awaySinceMs = undefined;
  }

  /** Time since the first failure in a row, in ms. */
  failed(): { readonly waitedMs: number; readonly isOver: boolean } {
    const nowMs = this.#runtime.monotonicMs();
    this.#awaySinceMs ??= nowMs;
    const waitedMs = nowMs - this.#awaySinceMs;
    return { waitedMs, isOver: waitedMs >= this.#limitMs };
  }
}
