/** Pauses between attempts at a commit that others were faster with: they grow, are drawn, and end at a limit. */
import { Backoff } from '../../../base/backoff.ts';
import { UnreachableError } from '../../../base/errors.ts';
import type { Runtime } from '../../../base/runtime.ts';
import { spanText } from '../../../base/span-text.ts';
import type { LogLimits } from './log-limits.ts';

export class Races {
  readonly #table: string;
  readonly #runtime: Runtime;
  readonly #limits: LogLimits;
  readonly #pauses: Backoff;
  readonly #startedMs: number;
  #lost = 0;

  constructor(table: string, runtime: Runtime, limits: LogLimits) {
    this.#table = table;
    this.#runtime = runtime;
    this.#limits = limits;
    this.#pauses = new Backoff(runtime, limits.conflictMinMs, limits.conflictMaxMs);
    this.#startedMs = runtime.monotonicMs();
  }

  /** After each version that another commit took. */
  async lost(): Promise<void> {
    this.#lost++;
    const spentMs = this.#runtime.monotonicMs() - this.#startedMs;
    if (spentMs >= this.#limits.unreachableAfterMs) {
      throw new UnreachableError(
        `delta: a commit to ${this.#table} lost ${this.#lost} races in ${spanText(spentMs)}. Too many writers: ` +
          'raise DELTA_COMMIT_INTERVAL, or stop other jobs on the table, then start again',
      );
    }
    await this.#runtime.sleep(this.#pauses.nextMs());
  }
}
