/**
 * Open windows: sums of accepted payments per window of event time, region and currency, until the watermark reaches the
 * window's end. Windows that close together leave ordered by start, region, currency (UTF-8 bytes), so that the rows of a
 * record are the same in every run. Digest and delta are brought up to date when asked for, by what changed.
 */
import { EntryMixer, LaneSum } from './digest.ts';
import { floorTo } from './liveness.ts';
import type { Nanos, OpenWindow, PartialRow, Payment } from './types.ts';
import { compareUtf8 } from './utf8-order.ts';

/** Closed windows that the lists of changes may hold at least before they are cleaned. */
const CHANGES_KEPT = 1_024;

class MutableWindow implements OpenWindow {
  readonly windowStartMs: number;
  readonly region: string;
  readonly currency: string;
  transactionCount = 0;
  totalAmount: Nanos = 0n;
  minAmount: Nanos;
  maxAmount: Nanos;
  /** Its share of the digest when that was last brought up to date. */
  readonly lanes = new LaneSum();
  inDigest = true;
  inDelta = true;
  open = true;

  constructor(windowStartMs: number, region: string, currency: string, amount: Nanos) {
    this.windowStartMs = windowStartMs;
    this.region = region;
    this.currency = currency;
    this.minAmount = amount;
    this.maxAmount = amount;
  }
}

export class OpenWindows {
  readonly #windowMs: number;
  /** By start, region, currency. */
  readonly #byStart = new Map<number, Map<string, Map<string, MutableWindow>>>();
  readonly #mixer = new EntryMixer();
  readonly #sum = new LaneSum();
  #changedForDigest: MutableWindow[] = [];
  #changedForDelta: MutableWindow[] = [];
  #earliestStartMs = Number.POSITIVE_INFINITY;
  #size = 0;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  get size(): number {
    return this.#size;
  }

  add(payment: Payment): void {
    const amount = payment.amount;
    const window = this.#windowOf(
      floorTo(payment.eventTimeMs, this.#windowMs),
      payment.region,
      payment.currency,
      amount,
    );
    window.transactionCount += 1;
    window.totalAmount += amount;
    if (amount < window.minAmount) window.minAmount = amount;
    if (amount > window.maxAmount) window.maxAmount = amount;
    this.#changed(window);
  }

  /** Puts back a window that a store held; without effect where the watermark is past its end. */
  restore(stored: OpenWindow, watermarkMs: number): void {
    if (stored.windowStartMs + this.#windowMs <= watermarkMs) return;
    const window = this.#windowOf(stored.windowStartMs, stored.region, stored.currency, stored.minAmount);
    window.transactionCount = stored.transactionCount;
    window.totalAmount = stored.totalAmount;
    window.minAmount = stored.minAmount;
    window.maxAmount = stored.maxAmount;
    this.#changed(window);
  }

  /** Removes the windows whose end is at or before the watermark and adds their rows, in order, with `kafkaOffset`. */
  closeUpTo(watermarkMs: number, kafkaOffset: number, rows: PartialRow[]): void {
    if (this.#earliestStartMs + this.#windowMs > watermarkMs) return;
    const closing: MutableWindow[] = [];
    let earliest = Number.POSITIVE_INFINITY;
    for (const [startMs, regions] of this.#byStart) {
      if (startMs + this.#windowMs > watermarkMs) {
        earliest = Math.min(earliest, startMs);
        continue;
      }
      for (const currencies of regions.values()) closing.push(...currencies.values());
      this.#byStart.delete(startMs);
    }
    this.#earliestStartMs = earliest;
    this.#size -= closing.length;
    closing.sort(inClosingOrder);
    for (const window of closing) {
      window.open = false;
      this.#sum.subtract(window.lanes);
      rows.push(this.#rowOf(window, kafkaOffset));
    }
    this.#forgetClosed();
  }

  /** Sum over all open windows. Live: read it, do not keep it. */
  lanes(): LaneSum {
    for (const window of this.#changedForDigest) {
      window.inDigest = true;
      if (!window.open) continue;
      this.#sum.subtract(window.lanes);
      window.lanes.copyFrom(this.#mixer.ofWindow(window));
      this.#sum.add(window.lanes);
    }
    this.#changedForDigest = [];
    return this.#sum;
  }

  /** Copies of the open windows that changed since this was last asked. */
  takeChanged(): OpenWindow[] {
    const taken: OpenWindow[] = [];
    for (const window of this.#changedForDelta) {
      window.inDelta = true;
      if (window.open) taken.push(copyOf(window));
    }
    this.#changedForDelta = [];
    return taken;
  }

  /** Copies of all open windows. */
  snapshot(): OpenWindow[] {
    const all: OpenWindow[] = [];
    for (const regions of this.#byStart.values()) {
      for (const currencies of regions.values()) for (const window of currencies.values()) all.push(copyOf(window));
    }
    return all;
  }

  /** Keeps the lists of changes within a factor of what is open, also when nobody asks for them. */
  #forgetClosed(): void {
    const limit = 2 * this.#size + CHANGES_KEPT;
    if (this.#changedForDigest.length > limit) this.#changedForDigest = this.#changedForDigest.filter(isOpen);
    if (this.#changedForDelta.length > limit) this.#changedForDelta = this.#changedForDelta.filter(isOpen);
  }

  #changed(window: MutableWindow): void {
    if (window.inDigest) {
      window.inDigest = false;
      this.#changedForDigest.push(window);
    }
    if (window.inDelta) {
      window.inDelta = false;
      this.#changedForDelta.push(window);
    }
  }

  #windowOf(startMs: number, region: string, currency: string, amount: Nanos): MutableWindow {
    let regions = this.#byStart.get(startMs);
    if (regions === undefined) {
      regions = new Map();
      this.#byStart.set(startMs, regions);
      this.#earliestStartMs = Math.min(this.#earliestStartMs, startMs);
    }
    let currencies = regions.get(region);
    if (currencies === undefined) {
      currencies = new Map();
      regions.set(region, currencies);
    }
    let window = currencies.get(currency);
    if (window === undefined) {
      window = new MutableWindow(startMs, region, currency, amount);
      currencies.set(currency, window);
      this.#size += 1;
    }
    return window;
  }

  #rowOf(window: MutableWindow, kafkaOffset: number): PartialRow {
    return { kafkaOffset, windowEndMs: window.windowStartMs + this.#windowMs, ...copyOf(window) };
  }
}

function isOpen(window: MutableWindow): boolean {
  return window.open;
}

function copyOf(window: MutableWindow): OpenWindow {
  const { windowStartMs, region, currency, transactionCount, totalAmount, minAmount, maxAmount } = window;
  return { windowStartMs, region, currency, transactionCount, totalAmount, minAmount, maxAmount };
}

function inClosingOrder(left: OpenWindow, right: OpenWindow): number {
  return (
    left.windowStartMs - right.windowStartMs ||
    compareUtf8(left.region, right.region) ||
    compareUtf8(left.currency, right.currency)
  );
}
