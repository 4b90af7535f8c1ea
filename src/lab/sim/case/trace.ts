/**
 * The story of a run, one line per event: virtual time, who, what. Invariant: a line holds nothing that the seed does not
 * decide, so two runs of one seed give the same bytes.
 */
import { createHash } from 'node:crypto';
import type { Scheduler } from '../world/virtual-time.ts';

export class Trace {
  readonly #scheduler: Scheduler;
  readonly #lines: string[] = [];

  constructor(scheduler: Scheduler) {
    this.#scheduler = scheduler;
  }

  /** `who`: a process, `kafka`, `bigquery` or `world`. */
  add(who: string, what: string): void {
    this.#lines.push(`${this.#scheduler.nowMs} ${who} ${what}`);
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** SHA-256 of all lines, hex. */
  digest(): string {
    return createHash('sha256').update(this.#lines.join('\n')).digest('hex');
  }
}
