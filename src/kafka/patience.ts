/**
 * How long something may stay away before waiting ends: every success starts the count again, the first failure since
 * then ends it when the limit is past. Time comes in through the Runtime port.
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
    const nowMs = this.#runtime.nowMs();
    this.#awaySinceMs ??= nowMs;
    const waitedMs = Math.max(0, nowMs - this.#awaySinceMs);
    return { waitedMs, isOver: waitedMs >= this.#limitMs };
  }
}
