/** The windows that the watermark has not passed, with the sums of their payments: by start, region and currency. */
import { ByWindow } from './by-window.ts';
import type { OraclePayment } from './judgement.ts';

export interface OracleWindow {
  readonly window_start: number;
  readonly window_end: number;
  readonly region: string;
  readonly currency: string;
  count: number;
  total: bigint;
  min: bigint;
  max: bigint;
}

const NONE: readonly OracleWindow[] = [];
/** What the window of a payment without a region has for one. */
export const NO_REGION = '';

export class OpenWindows {
  readonly #windowMs: number;
  readonly #windows = new ByWindow<OracleWindow>();
  #firstEndMs = Number.POSITIVE_INFINITY;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** Of the window that an event time belongs to. */
  endOf(eventTimeMs: number): number {
    return this.#startOf(eventTimeMs) + this.#windowMs;
  }

  add({ event_time, region: said, currency, amount }: OraclePayment): void {
    const region = said ?? NO_REGION;
    const start = this.#startOf(event_time);
    const window = this.#windows.get(start, region, currency);
    if (window === undefined) {
      const end = start + this.#windowMs;
      this.#firstEndMs = Math.min(this.#firstEndMs, end);
      const sums = { count: 1, total: amount, min: amount, max: amount };
      this.#windows.set(start, region, currency, { window_start: start, window_end: end, region, currency, ...sums });
      return;
    }
    window.count++;
    window.total += amount;
    if (amount < window.min) window.min = amount;
    if (amount > window.max) window.max = amount;
  }

  /** Takes out those that ended at the watermark or before, ordered by start, region and currency (UTF-8 bytes). */
  close(watermarkMs: number): readonly OracleWindow[] {
    if (this.#firstEndMs > watermarkMs) return NONE;
    const closed: OracleWindow[] = [];
    this.#firstEndMs = Number.POSITIVE_INFINITY;
    for (const start of this.#windows.starts()) {
      const end = start + this.#windowMs;
      if (end <= watermarkMs) closed.push(...this.#windows.takeStart(start));
      else this.#firstEndMs = Math.min(this.#firstEndMs, end);
    }
    const bytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
    return closed.sort(
      (a, b) => a.window_start - b.window_start || bytes(a.region, b.region) || bytes(a.currency, b.currency),
    );
  }

  all(): Iterable<OracleWindow> {
    return this.#windows.all();
  }

  #startOf(eventTimeMs: number): number {
    return Math.floor(eventTimeMs / this.#windowMs) * this.#windowMs;
  }
}
