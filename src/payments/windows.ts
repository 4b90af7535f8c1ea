/**
 * Open windows: sums of accepted payments per window of event time, region and currency, until the watermark reaches the
 * window's end. Windows that close together leave ordered by start, region, currency (UTF-8 bytes), so that the rows of a
 * record are the same in every run. Digest and delta are brought up to date when asked for, by what changed.
 */

import type { IndexKey } from '../base/memory/slot-hash.ts';
import { NO_REFERENCE, SlotTable } from '../base/memory/slot-table.ts';
import { avalanche, TextKey } from '../base/memory/text-key.ts';
import { sameText } from '../base/memory/text-pool.ts';
import { compareUtf8 } from '../base/memory/utf8-order.ts';
import type { Amount } from './event/payment-bytes.ts';
import { EntryMixer, LaneSum } from './state/digest.ts';
import type { Nanos, OpenWindow, PartialRow } from './types.ts';

/** Closed windows that the lists of changes may hold at least before they are cleaned. */
const CHANGES_KEPT = 1_024;

/** One open window. Amounts are exact: a number only as long as it is a safe integer. */
class MutableWindow {
  readonly windowStartMs: number;
  readonly region: string;
  readonly currency: string;
  transactionCount = 0;
  minAmount: Amount;
  maxAmount: Amount;
  /** The total is the sum of both: what is added goes to `small`, and on to `large` before it could be inexact. */
  small = 0;
  large: Nanos = 0n;
  /** Its share of the digest when that was last brought up to date. */
  readonly lanes = new LaneSum();
  inDigest = true;
  inDelta = true;
  open = true;

  constructor(windowStartMs: number, region: string, currency: string, amount: Amount) {
    this.windowStartMs = windowStartMs;
    this.region = region;
    this.currency = currency;
    this.minAmount = amount;
    this.maxAmount = amount;
  }

  get totalAmount(): Nanos {
    return this.large + BigInt(this.small);
  }

  add(amount: Amount): void {
    this.transactionCount += 1;
    if (typeof amount === 'number' && amount <= Number.MAX_SAFE_INTEGER - this.small) this.small += amount;
    else this.#addLarge(amount);
    if (amount < this.minAmount) this.minAmount = amount;
    if (amount > this.maxAmount) this.maxAmount = amount;
  }

  #addLarge(amount: Amount): void {
    this.large += BigInt(this.small) + BigInt(amount);
    this.small = 0;
  }
}

/** The windows of one start, found by the hashes of region and currency. */
class WindowsOfStart {
  readonly startMs: number;
  readonly windows: MutableWindow[] = [];
  readonly index = new SlotTable();

  constructor(startMs: number) {
    this.startMs = startMs;
  }
}

export class OpenWindows {
  readonly #windowMs: number;
  readonly #indexKey: IndexKey;
  /** By number of the start. */
  readonly #byStart = new Map<number, WindowsOfStart>();
  /** Where the last payment was: the next is mostly there too. */
  #last: WindowsOfStart | undefined;
  readonly #region = new TextKey();
  readonly #currency = new TextKey();
  readonly #mixer = new EntryMixer();
  readonly #sum = new LaneSum();
  #changedForDigest: MutableWindow[] = [];
  #changedForDelta: MutableWindow[] = [];
  #earliestStartMs = Number.POSITIVE_INFINITY;
  #size = 0;

  /** Nobody who chooses regions may know the key. */
  constructor(windowMs: number, indexKey: IndexKey) {
    this.#windowMs = windowMs;
    this.#indexKey = indexKey;
  }

  get size(): number {
    return this.#size;
  }

  /** SlotTable.longestWalk, of the worst of its tables. */
  get longestWalk(): number {
    let longest = 0;
    for (const { index } of this.#byStart.values()) longest = Math.max(longest, index.longestWalk);
    return longest;
  }

  /** Gives the region, as a string that is held anyway. */
  add(eventTimeMs: number, region: TextKey, currency: TextKey, amount: Amount): string {
    const window = this.#windowOf(Math.floor(eventTimeMs / this.#windowMs), region, currency, amount);
    window.add(amount);
    this.#changed(window);
    return window.region;
  }

  /** Puts back a window that a store held; without effect where the watermark is past its end. */
  restore(stored: OpenWindow, watermarkMs: number): void {
    if (stored.windowStartMs + this.#windowMs <= watermarkMs) return;
    const region = this.#region.setText(stored.region);
    const currency = this.#currency.setText(stored.currency);
    const window = this.#windowOf(stored.windowStartMs / this.#windowMs, region, currency, stored.minAmount);
    window.transactionCount = stored.transactionCount;
    window.small = 0;
    window.large = stored.totalAmount;
    window.minAmount = stored.minAmount;
    window.maxAmount = stored.maxAmount;
    this.#changed(window);
  }

  /** Removes the windows whose end is at or before the watermark and adds their rows, in order, with `kafkaOffset`. */
  closeUpTo(watermarkMs: number, kafkaOffset: number, rows: PartialRow[]): void {
    if (this.#earliestStartMs + this.#windowMs > watermarkMs) return;
    const closing: MutableWindow[] = [];
    let earliest = Number.POSITIVE_INFINITY;
    for (const [number, { startMs, windows }] of this.#byStart) {
      if (startMs + this.#windowMs > watermarkMs) {
        earliest = Math.min(earliest, startMs);
        continue;
      }
      for (const window of windows) closing.push(window);
      this.#byStart.delete(number);
    }
    this.#last = undefined;
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
      window.lanes.copyFrom(this.#mixer.ofWindow(copyOf(window)));
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
    for (const { windows } of this.#byStart.values()) for (const window of windows) all.push(copyOf(window));
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

  #windowOf(startNumber: number, region: TextKey, currency: TextKey, amount: Amount): MutableWindow {
    const { windows, index, startMs } = this.#startAt(startNumber);
    const hash = avalanche(region.slotOf(this.#indexKey) ^ currency.low);
    for (let slot = index.first(hash); ; slot = index.next(slot, hash)) {
      const found = index.at(slot);
      if (found === NO_REFERENCE) break;
      const window = windows[found] as MutableWindow;
      if (sameText(window.region, region) && sameText(window.currency, currency)) return window;
    }
    const window = new MutableWindow(startMs, region.toText(), currency.toText(), amount);
    index.add(hash, windows.length);
    windows.push(window);
    this.#size += 1;
    return window;
  }

  #startAt(startNumber: number): WindowsOfStart {
    const startMs = startNumber * this.#windowMs;
    if (this.#last?.startMs === startMs) return this.#last;
    let start = this.#byStart.get(startNumber);
    if (start === undefined) {
      start = new WindowsOfStart(startMs);
      this.#byStart.set(startNumber, start);
      this.#earliestStartMs = Math.min(this.#earliestStartMs, startMs);
    }
    this.#last = start;
    return start;
  }

  #rowOf(window: MutableWindow, kafkaOffset: number): PartialRow {
    return { kafkaOffset, windowEndMs: window.windowStartMs + this.#windowMs, ...copyOf(window) };
  }
}

function isOpen(window: MutableWindow): boolean {
  return window.open;
}

function copyOf(window: MutableWindow): OpenWindow {
  const { windowStartMs, region, currency, transactionCount, totalAmount } = window;
  const [minAmount, maxAmount] = [BigInt(window.minAmount), BigInt(window.maxAmount)];
  return { windowStartMs, region, currency, transactionCount, totalAmount, minAmount, maxAmount };
}

function inClosingOrder(left: MutableWindow, right: MutableWindow): number {
  return (
    left.windowStartMs - right.windowStartMs ||
    compareUtf8(left.region, right.region) ||
    compareUtf8(left.currency, right.currency)
  );
}
