/**
 * The content of a partition's journal, read and checked as a whole: the head, the segments and the windows. Every
 * fault of a file is found here, before any of it is used; reading the state afterwards cannot fail.
 */
import { type EntryBlock, StoredActivity, StoredIds } from '../payments/state/stored-entries.ts';
import type { OpenWindow, StateHead, StoredState } from '../payments/types.ts';
import { DamagedFileError } from './damaged-file-error.ts';
import { decodeHead, decodeWindow, type StoredHead } from './head-codec.ts';
import type { Journal, JournalEntry, JournalPart } from './journal.ts';
import { HEADER_BYTES } from './journal-header.ts';
import { familyOf, isLiveKey, type SegmentFamily } from './keys.ts';
import { LiveBytes } from './live-bytes.ts';
import { sealHolds } from './seal.ts';
import { blockOf } from './segments.ts';

export interface StoredImage {
  readonly head: StateHead;
  readonly live: LiveBytes;
  readonly state: StoredState;
}

interface ReadBlock {
  readonly key: Buffer;
  readonly block: EntryBlock;
}

/** Rejects with DamagedFileError, or with the file system's error. */
export async function readImage(journal: Journal, seed: number): Promise<StoredImage> {
  const reading = new Reading(seed);
  for (let at = HEADER_BYTES; at < journal.byteLength; ) {
    const part = await journal.read(at);
    for (const entry of part.entries) {
      reading.take(entry, part);
      at = entry.position + entry.whole.length;
    }
    await journal.giveWay();
  }
  return reading.finish();
}

class Reading {
  readonly #seed: number;
  readonly #live = new LiveBytes();
  readonly #segments: Record<SegmentFamily, ReadBlock[]> = { ids: [], activity: [] };
  /** By key: later entries replace earlier ones. */
  readonly #windows = new Map<string, { readonly key: Buffer; readonly value: Buffer }>();
  #head: StoredHead | undefined;
  #isEnded = false;

  constructor(seed: number) {
    this.#seed = seed;
  }

  take({ key, value, whole, position }: JournalEntry, memory: JournalPart): void {
    const family = familyOf(key);
    if (family === undefined) throw new DamagedFileError('it holds a key of another kind');
    if (!sealHolds(this.#seed, key, value)) throw new DamagedFileError('a checksum is wrong');
    this.#isEnded = family === 'head';
    if (family === 'head') {
      this.#head = decodeHead(value);
    } else if (family === 'windows') {
      this.#live.addWindow(key, position, whole.length);
      this.#windows.set(key.toString('latin1'), { key, value });
    } else {
      this.#live.addSegment(family, key, whole.length);
      this.#segments[family].push({ key, block: blockOf(family, key, value, memory) });
    }
  }

  finish(): StoredImage {
    if (this.#head === undefined || !this.#isEnded) throw new DamagedFileError('it has no head');
    const { head, liveFrom } = this.#head;
    this.#live.dropBelow(liveFrom);
    const liveBlocks = (family: SegmentFamily): EntryBlock[] =>
      this.#segments[family].filter(({ key }) => isLiveKey(family, key, liveFrom)).map(({ block }) => block);
    const windows: OpenWindow[] = [];
    for (const { key, value } of this.#windows.values()) {
      if (isLiveKey('windows', key, liveFrom)) windows.push(decodeWindow(value));
    }
    const ids = new StoredIds(liveBlocks('ids'));
    const activity = new StoredActivity(liveBlocks('activity'));
    return { head, live: this.#live, state: { head, ids, activity, windows } };
  }
}
