/**
 * Keys of a partition's store: one ordered key space, a byte per family, so that what dies together lies together and
 * eviction is a range delete.
 *
 *   h                                     the head
 *   i | minute u32 | first offset u48     a segment of known ids with event times in that minute
 *   a | minute u32 | first offset u48     a segment of sender activity
 *   w | start  u48 | currency | region    one open window (a currency has three letters, so no separator is needed)
 *
 * Integers are big-endian: byte order is number order.
 */
import type { OpenWindow } from '../payments/types.ts';

export const BUCKET_MS = 60_000;

export type SegmentFamily = 'ids' | 'activity';

const FAMILY_BYTE = { ids: 0x69, activity: 0x61, windows: 0x77 } as const;
const SEGMENT_KEY_BYTES = 11;

export const HEAD_KEY: Buffer = Buffer.from('h');

export function segmentKey(family: SegmentFamily, minute: number, firstOffset: number): Buffer {
  const key = Buffer.alloc(SEGMENT_KEY_BYTES);
  key[0] = FAMILY_BYTE[family];
  key.writeUInt32BE(minute, 1);
  key.writeUIntBE(firstOffset, 5, 6);
  return key;
}

export function windowKey(window: Pick<OpenWindow, 'windowStartMs' | 'region' | 'currency'>): Buffer {
  const name = Buffer.from(window.currency + window.region, 'utf8');
  const key = Buffer.alloc(7 + name.length);
  key[0] = FAMILY_BYTE.windows;
  key.writeUIntBE(window.windowStartMs, 1, 6);
  name.copy(key, 7);
  return key;
}

/** What a key stands for; undefined for a key that this store does not write. */
export function familyOf(key: Buffer): SegmentFamily | 'windows' | 'head' | undefined {
  if (key.equals(HEAD_KEY)) return 'head';
  if (key[0] === FAMILY_BYTE.windows && key.length > 7) return 'windows';
  if (key.length !== SEGMENT_KEY_BYTES) return undefined;
  if (key[0] === FAMILY_BYTE.ids) return 'ids';
  return key[0] === FAMILY_BYTE.activity ? 'activity' : undefined;
}

export function minuteOf(segment: Buffer): number {
  return segment.readUInt32BE(1);
}

export interface KeyRange {
  readonly start: Buffer;
  /** Exclusive. */
  readonly end: Buffer;
}

/** The segments in which every entry has an event time below `liveFromMs`. */
export function deadSegments(family: SegmentFamily, liveFromMs: number): KeyRange {
  const minute = Math.max(0, Math.floor(liveFromMs / BUCKET_MS));
  return { start: Buffer.from([FAMILY_BYTE[family]]), end: segmentKey(family, minute, 0) };
}

/** The windows that start below `liveFromMs`. */
export function deadWindows(liveFromMs: number): KeyRange {
  const end = Buffer.alloc(7);
  end[0] = FAMILY_BYTE.windows;
  end.writeUIntBE(Math.max(0, liveFromMs), 1, 6);
  return { start: Buffer.from([FAMILY_BYTE.windows]), end };
}
