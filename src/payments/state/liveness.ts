/**
 * How long entries live, as a pure function of the watermark. An entry counts (for the digest, for eviction, for a local
 * store) by the minute of its event time, so that whole minutes can be dropped at once; whether an id is still *known* is
 * decided to the millisecond, by `isKnownAt`. Every way to get a state (folding, a local store, the sink) applies these
 * same functions, which is why all of them end with the same digest.
 */
import type { FixedSettings } from '../types.ts';

export const MINUTE_MS = 60_000;

export function floorTo(timeMs: number, unitMs: number): number {
  return Math.floor(timeMs / unitMs) * unitMs;
}

/** Ids with an event time below this are dead, for good. */
export function idsLiveFromMs(fixed: FixedSettings, watermarkMs: number): number {
  return floorTo(watermarkMs - fixed.idHorizonMs, MINUTE_MS);
}

/** Sender activity with an event time below this is dead: no payment that is not late can see it. */
export function activityLiveFromMs(fixed: FixedSettings, watermarkMs: number): number {
  return floorTo(watermarkMs - fixed.activitySpanMs, MINUTE_MS);
}

/** Start of the earliest window that can be open. */
export function windowsLiveFromMs(fixed: FixedSettings, watermarkMs: number): number {
  return floorTo(watermarkMs, fixed.windowMs);
}

/** The earliest event time that any live id, activity or open window can have: how far back a rebuild must read. */
export function rebuildFromMs(fixed: FixedSettings, watermarkMs: number): number {
  return Math.min(
    idsLiveFromMs(fixed, watermarkMs),
    activityLiveFromMs(fixed, watermarkMs),
    windowsLiveFromMs(fixed, watermarkMs),
  );
}

/** Whether an id whose accepted payment has this event time is still known: a copy is then a duplicate. */
export function isKnownAt(fixed: FixedSettings, watermarkMs: number, eventTimeMs: number): boolean {
  return eventTimeMs >= watermarkMs - fixed.idHorizonMs;
}
