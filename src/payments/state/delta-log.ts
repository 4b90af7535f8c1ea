/**
 * The payments that go into the next delta. Two logs take turns: one collects payments while the other is written to
 * local state. Invariant: before the next compaction a log holds at most twice the payments that were live after the
 * last one, or LEAST_KEPT if that is more.
 */
import type { PaymentBytes } from '../event/payment-bytes.ts';
import type { RememberedList } from '../types.ts';
import { RememberedLog } from './remembered-log.ts';

/** Payments that a log may hold before dead ones are removed. */
const LEAST_KEPT = 65_536;

export class DeltaLog {
  #log = new RememberedLog();
  #spare: RememberedLog | undefined;
  #compactAt = LEAST_KEPT;

  add(offset: number, payment: PaymentBytes): void {
    this.#log.add(offset, payment);
  }

  /** The log has reached its limit: call `compact`. */
  get isLarge(): boolean {
    return this.#log.length >= this.#compactAt;
  }

  /** Removes payments that are dead both as an id and as activity. Local state would drop them at once. */
  compact(liveFromMs: number): void {
    this.#log = this.#log.livingFrom(liveFromMs);
    this.#compactAt = Math.max(LEAST_KEPT, 2 * this.#log.length);
  }

  /** Returns the collected payments without the dead ones. The next delta starts empty. */
  take(liveFromMs: number): RememberedLog {
    const taken = this.#log.livingFrom(liveFromMs);
    this.restart();
    return taken;
  }

  restart(): void {
    this.#log = this.#spare ?? new RememberedLog(this.#log);
    this.#spare = undefined;
    this.#compactAt = LEAST_KEPT;
  }

  /** Returns the memory of a taken list for reuse by a later one. The caller must no longer read the list. */
  release(taken: RememberedList): void {
    if (taken instanceof RememberedLog && taken !== this.#log && taken.clear()) this.#spare = taken;
  }
}
