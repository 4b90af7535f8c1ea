/**
 * Copies the live part of a journal into a new one, a piece with each save, so that no save waits for all of it.
 * Entries are copied unchanged; seals are bound to the store, not to the file.
 *
 * Invariant: what was copied and what is still to be copied contain everything live. So the new journal is the whole
 * state once the end of the old one is reached, and not before.
 */
import type { EntryBatch } from './entry-batch.ts';
import type { Journal, JournalEntry } from './journal.ts';
import { HEADER_BYTES } from './journal-header.ts';
import { familyOf, isLiveKey, type LiveFrom } from './keys.ts';
import { LiveBytes } from './live-bytes.ts';

export interface CompactionLimits {
  /** A journal with fewer dead bytes is left alone. */
  readonly leastDeadBytes: number;
  /** Minimum read with each save; more for large saves, so that copying always catches up. */
  readonly bytesPerSave: number;
  /** Maximum read at once. */
  readonly partBytes: number;
}

export const COMPACTION_LIMITS: CompactionLimits = {
  leastDeadBytes: 1024 * 1024,
  bytesPerSave: 1024 * 1024,
  partBytes: 1024 * 1024,
};

const COPIED_TO_SAVED = 4;

export interface Measured {
  readonly journal: Journal;
  readonly live: LiveBytes;
}

export class Compaction {
  readonly #old: Measured;
  readonly #fresh: Measured;
  readonly #batch: EntryBatch;
  readonly #limits: CompactionLimits;
  #at = HEADER_BYTES;
  #head: JournalEntry | undefined;

  /** More than half of it is dead. */
  static isDue({ journal, live }: Measured, { leastDeadBytes }: CompactionLimits): boolean {
    return journal.byteLength - live.total > Math.max(leastDeadBytes, live.total);
  }

  /** `batch` is memory to use. */
  constructor(old: Measured, fresh: Journal, batch: EntryBatch, limits: CompactionLimits) {
    this.#old = old;
    this.#fresh = { journal: fresh, live: new LiveBytes() };
    this.#batch = batch;
    this.#limits = limits;
  }

  /**
   * Continues copying, after a save of this many bytes. Returns the new journal, not yet published, once it is
   * complete.
   */
  async goOn(liveFrom: LiveFrom, savedBytes: number): Promise<Measured | undefined> {
    const { journal: old } = this.#old;
    const { journal: fresh, live } = this.#fresh;
    const { bytesPerSave, partBytes } = this.#limits;
    const until = Math.min(old.byteLength, this.#at + Math.max(bytesPerSave, COPIED_TO_SAVED * savedBytes));
    const batch = this.#batch;
    while (this.#at < until) {
      batch.clear();
      const { entries } = await old.read(this.#at, Math.min(partBytes, until - this.#at));
      for (const entry of entries) {
        if (this.#isLive(entry, liveFrom)) batch.copy(entry.key, entry.whole);
        this.#at = entry.position + entry.whole.length;
      }
      live.add(batch, fresh.byteLength);
      await fresh.write(batch.bytes);
    }
    if (this.#at < old.byteLength) return undefined;
    batch.clear();
    batch.copy(this.#head!.key, this.#head!.whole);
    await fresh.append(batch.bytes);
    live.dropBelow(liveFrom);
    return this.#fresh;
  }

  /** The old journal stays in use. Never rejects. */
  async giveUp(): Promise<void> {
    await this.#fresh.journal.close();
  }

  #isLive(entry: JournalEntry, liveFrom: LiveFrom): boolean {
    const { key, position } = entry;
    const family = familyOf(key);
    if (family === undefined) throw new Error(`the journal holds a key of another kind at ${position}`);
    if (family === 'head') {
      this.#head = entry;
      return false;
    }
    if (!isLiveKey(family, key, liveFrom)) return false;
    return family !== 'windows' || this.#old.live.isLatestWindow(key, position);
  }
}
