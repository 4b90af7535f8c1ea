/**
 * Whether our session in the consumer group has run out: the broker counts it from the last heartbeat that it got, and so do
 * we from the last answer. Then the group may have given our partitions to others, without a word to us.
 */
import type { Runtime } from '../../base/runtime.ts';

export class SessionWatch {
  readonly #runtime: Pick<Runtime, 'monotonicMs'>;
  readonly #sessionTimeoutMs: number;
  /** The last word of the group; undefined before the first, and once the loss was told. */
  #heardAtMs: number | undefined;

  constructor(runtime: Pick<Runtime, 'monotonicMs'>, sessionTimeoutMs: number) {
    this.#runtime = runtime;
    this.#sessionTimeoutMs = sessionTimeoutMs;
  }

  /** The group answered: a join, a heartbeat. */
  heard(): void {
    this.#heardAtMs = this.#runtime.monotonicMs();
  }

  /** For how long nothing was heard, once, when that is as long as a session lasts; undefined otherwise. */
  lostAfterMs(): number | undefined {
    if (this.#heardAtMs === undefined) return undefined;
    const silentMs = this.#runtime.monotonicMs() - this.#heardAtMs;
    if (silentMs < this.#sessionTimeoutMs) return undefined;
    this.#heardAtMs = undefined;
    return silentMs;
  }
}
