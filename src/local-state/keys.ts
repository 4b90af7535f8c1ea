/**
 * Keys of a partition's journal, one byte for the family first, and which of them are live.
 *
 *   h the head: the entries since the previous head are one save
 *   i | minute u32 a segment of known ids with event times in that minute
 *   a | minute u32 a segment of sender activity
 *   w | start u48 | currency | region one open window (a currency has three letters, so no separator is needed)
 *
 * Integers are big-endian.
 */
import type { OpenWindow } from '../payments/types.ts';

export const BUCKET_MS = 60_000;

export type SegmentFamily = 'ids' | 'activity';
export type Family = SegmentFamily | 'windows' | 'head';

const FAMILY_BYTE = { ids: 0x69, activity: 0x61, windows: 0x77 } as const;
const SEGMENT_KEY_BYTES = 5;
const WINDOW_START_BYTES = 6;

export const HEAD_KEY: Buffer = Buffer.from('h');

export function segmentKey(family: SegmentFamily, minute: number): Buffer {
  const key = Buffer.alloc(SEGMENT_KEY_BYTES);
  key[0] = FAMILY_BYTE[family];
  key.writeUInt32BE(minute, 1);
  return key;
}

export function windowName(window: Pick<OpenWindow, 'windowStartMs' | 'region' | 'currency'>): Buffer {
  const name = Buffer.from(window.currency + window.region, 'utf8');
  const key = Buffer.alloc(1 + WINDOW_START_BYTES + name.length);
  key[0] = FAMILY_BYTE.windows;
  key.writeUIntBE(window.windowStartMs, 1, WINDOW_START_BYTES);
  name.copy(key, 1 + WINDOW_START_BYTES);
  return key;
}

/** The family of a key; undefined for a key that this store does not write. */
export function familyOf(key: Buffer): Family | undefined {
  if (key.equals(HEAD_KEY)) return 'head';
  if (key[0] === FAMILY_BYTE.windows && key.length > 1 + WINDOW_START_BYTES) return 'windows';
  if (key.length !== SEGMENT_KEY_BYTES) return undefined;
  if (key[0] === FAMILY_BYTE.ids) return 'ids';
  return key[0] === FAMILY_BYTE.activity ? 'activity' : undefined;
}

export function minuteOf(segment: Buffer): number {
  return segment.readUInt32BE(1);
}

export function windowStartOf(window: Buffer): number {
  return window.readUIntBE(1, WINDOW_START_BYTES);
}

/** Entries with an event time below these, and windows that start below, are dead for ever. */
export interface LiveFrom {
  readonly idsMs: number;
  readonly activityMs: number;
  readonly windowsMs: number;
}

export const ALL_LIVE: LiveFrom = { idsMs: 0, activityMs: 0, windowsMs: 0 };

/** Whether an entry under the key can be live. */
export function isLiveKey(family: Exclude<Family, 'head'>, key: Buffer, liveFrom: LiveFrom): boolean {
  if (family === 'windows') return windowStartOf(key) >= liveFrom.windowsMs;
  return isLiveMinute(minuteOf(key), family === 'ids' ? liveFrom.idsMs : liveFrom.activityMs);
}

export function isLiveMinute(minute: number, liveFromMs: number): boolean {
  return minute >= Math.floor(liveFromMs / BUCKET_MS);
}
