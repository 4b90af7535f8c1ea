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
    for (const [entry, transactionId] of rowsOf(this.blocks, 1)) yield { ...entry, transactionId: transactionId! };
  }
}

export class StoredActivity implements Iterable<ActivityEntry> {
  readonly blocks: readonly EntryBlock[];

  constructor(blocks: readonly EntryBlock[]) {
    this.blocks = blocks;
  }

  *[Symbol.iterator](): Generator<ActivityEntry> {
    for (const [entry, senderAccountId, deviceId] of rowsOf(this.blocks, 2)) {
      yield { ...entry, senderAccountId: senderAccountId!, deviceId: deviceId! };
    }
  }
}

type CommonEntry = Omit<IdEntry, 'transactionId'>;

/** What entries of both kinds have, and then their texts. */
function* rowsOf(
  blocks: readonly EntryBlock[],
  textColumns: number,
): Generator<readonly [entry: CommonEntry, ...texts: string[]]> {
  for (const { count, minuteMs, offsets, hashHighs, hashLows, millis, lengths, bytes, textAt } of blocks) {
    let at = textAt;
    for (let row = 0; row < count; row += 1) {
      const texts: string[] = [];
      for (let column = 0; column < textColumns; column += 1) {
        const end = at + lengths[column * count + row]!;
        texts.push(bytes.toString('utf8', at, end));
        at = end;
      }
      const eventTimeMs = minuteMs + millis[row]!;
      yield [{ offset: offsets[row]!, eventTimeMs, hashHigh: hashHighs[row]!, hashLow: hashLows[row]! }, ...texts];
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
