/**
 * Detects that our session in the consumer group has expired: the broker counts it from the last heartbeat that it got,
 * and we from its last answer. Then the group may have given our partitions to others, without telling us.
 */
import type { Runtime } from '../../base/runtime.ts';

export class SessionWatch {
  readonly #runtime: Pick<Runtime, 'monotonicMs'>;
  readonly #sessionTimeoutMs: number;
  /** Time of the group's last answer; undefined before the first, and once the loss was reported. */
  #heardAtMs: number | undefined;

  constructor(runtime: Pick<Runtime, 'monotonicMs'>, sessionTimeoutMs: number) {
    this.#runtime = runtime;
    this.#sessionTimeoutMs = sessionTimeoutMs;
  }

  /** The group answered: a join, a heartbeat. */
  heard(): void {
    this.#heardAtMs = this.#runtime.monotonicMs();
  }

  /** Duration of the silence, once, when it reaches the length of a session; undefined otherwise. */
  lostAfterMs(): number | undefined {
    if (this.#heardAtMs === undefined) return undefined;
    const silentMs = this.#runtime.monotonicMs() - this.#heardAtMs;
    if (silentMs < this.#sessionTimeoutMs) return undefined;
    this.#heardAtMs = undefined;
    return silentMs;
  }
}
