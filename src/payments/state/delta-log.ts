/**
 * The payments that the next delta takes along. Two logs take turns: one is gathered while the other is written down.
 * Invariant: no more is held than twice what was alive at the last compaction, or LEAST_KEPT.
 */
import type { PaymentBytes } from '../event/payment-bytes.ts';
import type { RememberedList } from '../types.ts';
import { RememberedLog } from './remembered-log.ts';

/** Payments that may be held before dead ones are taken out. */
const LEAST_KEPT = 65_536;

export class DeltaLog {
  #log = new RememberedLog();
  #spare: RememberedLog | undefined;
  #compactAt = LEAST_KEPT;

  add(offset: number, payment: PaymentBytes): void {
    this.#log.add(offset, payment);
  }

  /** Whether some of it may be dead: compact then. */
  get isLarge(): boolean {
    return this.#log.length >= this.#compactAt;
  }

  /** Takes out what is dead both as an id and as activity: a store would drop it at once. */
  compact(liveFromMs: number): void {
    this.#log = this.#log.livingFrom(liveFromMs);
    this.#compactAt = Math.max(LEAST_KEPT, 2 * this.#log.length);
  }

  /** What was gathered, less what is dead; the next delta starts empty. */
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

  /** Nobody reads a list that was taken any more: a later one is gathered in its memory. */
  release(taken: RememberedList): void {
    if (taken instanceof RememberedLog && taken !== this.#log && taken.clear()) this.#spare = taken;
  }
}
