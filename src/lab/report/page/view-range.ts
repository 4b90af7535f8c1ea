/** The stretch of the run that timeline and curves show, and the moment that the pointer is on: one for all of them. */

/** Nothing is shown wider than this stretch of time, ms. */
const SPAN_MIN_MS = 50;

export interface Moment {
  readonly atMs: number;
  readonly kind: string;
}

export class ViewRange {
  readonly durationMs: number;
  fromMs = 0;
  toMs: number;
  /** Null: the pointer is elsewhere. */
  cursorMs: number | null = null;
  /** Of the record that is looked at. */
  moments: readonly Moment[] = [];
  readonly #onRange = new Set<() => void>();
  readonly #onCursor = new Set<() => void>();

  constructor(durationMs: number) {
    this.durationMs = durationMs;
    this.toMs = durationMs;
  }

  onRange(listener: () => void): void {
    this.#onRange.add(listener);
  }

  onCursor(listener: () => void): void {
    this.#onCursor.add(listener);
  }

  set(fromMs: number, toMs: number): void {
    const span = Math.min(this.durationMs, Math.max(SPAN_MIN_MS, toMs - fromMs));
    this.fromMs = Math.max(0, Math.min(fromMs, this.durationMs - span));
    this.toMs = this.fromMs + span;
    for (const listener of this.#onRange) listener();
    // What the pointer is on is elsewhere now.
    this.point(null);
  }

  all(): void {
    this.set(0, this.durationMs);
  }

  /** 2: half as much is shown, around the middle or `atMs`. */
  zoom(factor: number, atMs = (this.fromMs + this.toMs) / 2): void {
    const span = (this.toMs - this.fromMs) / factor;
    const share = (atMs - this.fromMs) / (this.toMs - this.fromMs);
    this.set(atMs - span * share, atMs + span * (1 - share));
  }

  /** 0.25: a quarter of what is shown, later. */
  pan(share: number): void {
    const move = (this.toMs - this.fromMs) * share;
    this.set(this.fromMs + move, this.toMs + move);
  }

  point(atMs: number | null): void {
    if (atMs === this.cursorMs) return;
    this.cursorMs = atMs;
    for (const listener of this.#onCursor) listener();
  }

  setMoments(moments: readonly Moment[]): void {
    this.moments = moments;
    for (const listener of this.#onRange) listener();
  }
}

/** Round steps for an axis: at most `most` of them, ascending, inside the range. */
export function axisSteps(fromMs: number, toMs: number, most: number): number[] {
  const raw = (toMs - fromMs) / Math.max(1, most);
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = Math.max(1, [1, 2, 5, 10].map((factor) => factor * power).find((each) => each >= raw) ?? raw);
  const steps: number[] = [];
  for (let at = Math.ceil(fromMs / step) * step; at <= toMs; at += step) steps.push(at);
  return steps;
}

/** Steps that have room on an axis of this width, px. */
export function axisStepsMost(width: number): number {
  return Math.max(2, Math.floor(width / 90));
}

/** Seconds with as many places as the range needs. */
export function axisText(atMs: number, spanMs: number): string {
  const places = spanMs > 8_000 ? 0 : spanMs > 800 ? 1 : 2;
  return `${(atMs / 1000).toFixed(places)} s`;
}

/** Room for names left of the plot, and right of it, px: the same in timeline and curves, so that times stand below each other. */
export function gutterOf(width: number): { readonly left: number; readonly right: number } {
  return { left: width < 640 ? 76 : 132, right: 14 };
}
