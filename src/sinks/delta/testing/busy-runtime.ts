/** A Runtime whose waits take no time and move its clock, with drawn chance and names that a test can foresee. */
import type { Runtime } from '../../../base/runtime.ts';

export class BusyRuntime implements Runtime {
  #nowMs = 1_767_323_045_000;
  #names = 0;
  readonly #label: number;
  readonly #draw: () => number;
  /** Every wait, in order. */
  readonly waits: number[] = [];

  /** Runtimes of one test have different labels: their names must not meet. */
  constructor(label = 0, draw: () => number = () => 0.5) {
    this.#label = label;
    this.#draw = draw;
  }

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  random(): number {
    return this.#draw();
  }

  uuid(): string {
    const number = String(++this.#names).padStart(12, '0');
    return `00000000-0000-4000-8${String(this.#label).padStart(3, '0')}-${number}`;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.waits.push(ms);
    this.#nowMs += ms;
    await Promise.resolve();
  }

  advance(ms: number): void {
    this.#nowMs += ms;
  }
}
