/** Exponential waits with jitter, drawn from the Runtime port. */
import type { Runtime } from './runtime.ts';

export class Backoff {
  readonly #runtime: Runtime;
  readonly #minMs: number;
  readonly #maxMs: number;
  #nextMs: number;

  constructor(runtime: Runtime, minMs: number, maxMs: number) {
    this.#runtime = runtime;
    this.#minMs = minMs;
    this.#maxMs = maxMs;
    this.#nextMs = minMs;
  }

  /** The next wait: between half of the current step and all of it; the step doubles up to its maximum. */
  nextMs(): number {
    const stepMs = this.#nextMs;
    this.#nextMs = Math.min(this.#maxMs, stepMs * 2);
    return Math.ceil(stepMs * (0.5 + this.#runtime.random() / 2));
  }

  reset(): void {
    this.#nextMs = this.#minMs;
  }
}
