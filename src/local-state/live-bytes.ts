/** The bytes of a journal that can still be live, so that it is rewritten before most of it is dead. */
import type { EntryBatch } from './entry-batch.ts';
import { familyOf, isLiveMinute, type LiveFrom, minuteOf, type SegmentFamily, windowStartOf } from './keys.ts';

export class LiveBytes {
  readonly #byMinute: Record<SegmentFamily, Map<number, number>> = { ids: new Map(), activity: new Map() };
  /** Open windows by key: the latest entry of each. */
  readonly #windows = new Map<
    string,
    { readonly startMs: number; readonly position: number; readonly bytes: number }
  >();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  /** Entries that are at `position` of the journal, or soon will be. */
  add({ placed }: EntryBatch, position: number): void {
    for (const { key, at, byteLength } of placed) {
      const family = familyOf(key);
      if (family === 'windows') this.addWindow(key, position + at, byteLength);
      else if (family === 'ids' || family === 'activity') this.addSegment(family, key, byteLength);
    }
  }

  addSegment(family: SegmentFamily, key: Buffer, bytes: number): void {
    const minutes = this.#byMinute[family];
    const minute = minuteOf(key);
    minutes.set(minute, (minutes.get(minute) ?? 0) + bytes);
    this.#total += bytes;
  }

  /** A later entry of a window replaces an earlier one. */
  addWindow(key: Buffer, position: number, bytes: number): void {
    const name = key.toString('latin1');
    this.#total += bytes - (this.#windows.get(name)?.bytes ?? 0);
    this.#windows.set(name, { startMs: windowStartOf(key), position, bytes });
  }

  isLatestWindow(key: Buffer, position: number): boolean {
    return this.#windows.get(key.toString('latin1'))?.position === position;
  }

  dropBelow(liveFrom: LiveFrom): void {
    for (const family of ['ids', 'activity'] as const) {
      const fromMs = family === 'ids' ? liveFrom.idsMs : liveFrom.activityMs;
      for (const [minute, bytes] of this.#byMinute[family]) {
        if (isLiveMinute(minute, fromMs)) continue;
        this.#byMinute[family].delete(minute);
        this.#total -= bytes;
      }
    }
    for (const [name, { startMs, bytes }] of this.#windows) {
      if (startMs >= liveFrom.windowsMs) continue;
      this.#windows.delete(name);
      this.#total -= bytes;
    }
  }
}
