/**
 * Remembered payments as a store gives them back: blocks of columns, with the bytes of their texts side by side, so that a
 * million of them come back without an object or a string for each. Whoever wants objects iterates.
 */
import type { ActivityEntry, IdEntry } from './digest.ts';

/** Entries of one minute of event time. */
export interface EntryBlock {
  readonly minuteMs: number;
  readonly count: number;
  readonly offsets: Float64Array;
  readonly hashHighs: Uint32Array;
  readonly hashLows: Uint32Array;
  /** Event time in the minute. */
  readonly millis: Uint16Array;
  /** Lengths in bytes: the first text of each entry, then the second of each. */
  readonly lengths: Uint16Array;
  /** UTF-8, entry by entry, from `textAt` on. At least three bytes follow the last text. */
  readonly bytes: Buffer;
  readonly view: DataView;
  readonly textAt: number;
}

export class StoredIds implements Iterable<IdEntry> {
  readonly blocks: readonly EntryBlock[];

  constructor(blocks: readonly EntryBlock[]) {
    this.blocks = blocks;
  }

  *[Symbol.iterator](): Generator<IdEntry> {
    for (const { count, minuteMs, offsets, hashHighs, hashLows, millis, lengths, bytes, textAt } of this.blocks) {
      let at = textAt;
      for (let row = 0; row < count; row += 1) {
        const end = at + lengths[row]!;
        yield {
          offset: offsets[row]!,
          transactionId: bytes.toString('utf8', at, end),
          eventTimeMs: minuteMs + millis[row]!,
          hashHigh: hashHighs[row]!,
          hashLow: hashLows[row]!,
        };
        at = end;
      }
    }
  }
}

export class StoredActivity implements Iterable<ActivityEntry> {
  readonly blocks: readonly EntryBlock[];

  constructor(blocks: readonly EntryBlock[]) {
    this.blocks = blocks;
  }

  *[Symbol.iterator](): Generator<ActivityEntry> {
    for (const { count, minuteMs, offsets, hashHighs, hashLows, millis, lengths, bytes, textAt } of this.blocks) {
      let at = textAt;
      for (let row = 0; row < count; row += 1) {
        const senderEnd = at + lengths[row]!;
        const end = senderEnd + lengths[count + row]!;
        yield {
          offset: offsets[row]!,
          eventTimeMs: minuteMs + millis[row]!,
          hashHigh: hashHighs[row]!,
          hashLow: hashLows[row]!,
          senderAccountId: bytes.toString('utf8', at, senderEnd),
          deviceId: bytes.toString('utf8', senderEnd, end),
        };
        at = end;
      }
    }
  }
}

/** Taken in one step, about: a few milliseconds. */
const ENTRIES_PER_STEP = 4_096;

/** Work that yields how many entries it took, in steps of about as many. */
export function* inSteps(work: Iterable<number>): Generator<void> {
  let taken = 0;
  for (const entries of work) {
    taken += entries;
    if (taken < ENTRIES_PER_STEP) continue;
    taken = 0;
    yield;
  }
}
