/**
 * Remembered payments as local state returns them: blocks of columns, with the bytes of their texts side by side. So a
 * million payments can be restored without an object or a string for each. Iterating gives objects, for other callers.
 */
import type { ActivityEntry, IdEntry } from './digest.ts';

/** Entries of one minute of event time. */
export interface EntryBlock {
  readonly minuteMs: number;
  readonly count: number;
  readonly offsets: Float64Array;
  readonly hashHighs: Uint32Array;
  readonly hashLows: Uint32Array;
  /** Event time as ms after `minuteMs`. */
  readonly millis: Uint16Array;
  /** Lengths in bytes: the first text of each entry, then the second of each. */
  readonly lengths: Uint16Array;
  /** UTF-8 texts, entry by entry, from `textAt`. At least three bytes follow the last text. */
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

/** The members that both kinds of entries share, followed by the texts. */
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

/** Entries per step, roughly: a few milliseconds of work. */
const ENTRIES_PER_STEP = 4_096;

/** Runs work that yields entry counts, and yields itself after each ENTRIES_PER_STEP entries or more. */
export function* inSteps(work: Iterable<number>): Generator<void> {
  let taken = 0;
  for (const entries of work) {
    taken += entries;
    if (taken < ENTRIES_PER_STEP) continue;
    taken = 0;
    yield;
  }
}
