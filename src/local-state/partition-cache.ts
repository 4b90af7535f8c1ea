/**
 * The stored state of one partition: read, save, replace, discard. Callers run one operation at a time.
 *
 * Invariants:
 * 1. The valid bytes of the published journal are the whole state at its head: every change is one append, or a new
 *    journal that takes the old one's name.
 * 2. A delta is applied only on top of the head that it starts from.
 * 3. At most about half of a journal's bytes are dead, except while it is being rewritten.
 *
 * Rejects with the disk's error; journal-state-store.ts then continues without a cache.
 */
import { join } from 'node:path';
import type { OpenWindow, StateDelta, StateHead, StoredState } from '../payments/types.ts';
import { COMPACTION_LIMITS, Compaction, type CompactionLimits } from './compaction.ts';
import { DamagedFileError } from './damaged-file-error.ts';
import { EntryBatch } from './entry-batch.ts';
import { putHead, putWindow } from './head-codec.ts';
import { Journal } from './journal.ts';
import { STORE_FORMAT, type StoreIdentity } from './journal-header.ts';
import { ALL_LIVE, type LiveFrom } from './keys.ts';
import { LiveBytes } from './live-bytes.ts';
import { sealSeed } from './seal.ts';
import { putActivity, putIds, putRemembered } from './segments.ts';
import { nodeFiles, type StateFiles } from './state-files.ts';
import { readImage } from './stored-image.ts';

export const JOURNAL_FILE = 'state.journal';
const FRESH_FILE = 'fresh.journal';

/** Collected before it is written: the write memory of a partition. */
const WRITE_BYTES = 1024 * 1024;

/** Storage and its limits; the defaults are those of production. */
export interface StorageOptions {
  readonly files?: StateFiles;
  readonly limits?: CompactionLimits;
}

/** A journal that is in use. */
interface Opened {
  readonly journal: Journal;
  readonly live: LiveBytes;
  head: StateHead;
  compaction: Compaction | undefined;
}

export class PartitionCache {
  readonly #location: string;
  readonly #directory: string;
  readonly #identity: StoreIdentity;
  readonly #onDiscard: (why: string) => void;
  readonly #seed: number;
  readonly #batch: EntryBatch;
  readonly #files: StateFiles;
  readonly #limits: CompactionLimits;
  #opened: Opened | undefined;
  /** Whether the disk is known to hold nothing, so that saving need not look again. */
  #empty = false;

  /** `directory` lies below the location. */
  constructor(
    location: string,
    directory: string,
    identity: StoreIdentity,
    onDiscard: (why: string) => void,
    { files = nodeFiles, limits = COMPACTION_LIMITS }: StorageOptions = {},
  ) {
    this.#files = files;
    this.#limits = limits;
    this.#location = location;
    this.#directory = directory;
    this.#identity = identity;
    this.#onDiscard = onDiscard;
    this.#seed = sealSeed(`${STORE_FORMAT}|${identity.partition}|${identity.topic}`);
    this.#batch = new EntryBatch(this.#seed);
  }

  /** The stored state, which later saves then continue. */
  async load(): Promise<StoredState | undefined> {
    await this.close();
    this.#files.requireOwnDirectories(this.#location, this.#directory);
    let journal: Journal | undefined;
    try {
      journal = await Journal.open(this.#path, this.#identity, this.#files);
      if (journal !== undefined) {
        const { head, live, state } = await readImage(journal, this.#seed);
        this.#opened = { journal, live, head, compaction: undefined };
        return state;
      }
    } catch (error) {
      await journal?.close();
      if (!(error instanceof DamagedFileError)) throw error;
      await this.discard(`${this.#path} is unusable: ${error.message}`);
    }
    this.#empty = true;
    return undefined;
  }

  async save(delta: StateDelta): Promise<void> {
    if (this.#empty) return;
    if (this.#opened === undefined && (await this.load()) === undefined) return;
    const opened = this.#opened!;
    const at = opened.head.nextOffset;
    if (at !== delta.fromOffset) {
      return this.discard(`it is at offset ${at}, and what comes next starts at offset ${delta.fromOffset}`);
    }
    const liveFrom = liveFromOf(delta);
    const before = opened.journal.byteLength;
    await this.#append(opened, partsOfDelta(delta, liveFrom, this.#batch));
    opened.head = delta.head;
    opened.live.dropBelow(liveFrom);
    await this.#compactABit(opened, liveFrom, opened.journal.byteLength - before);
  }

  async replace(state: StoredState): Promise<void> {
    await this.close();
    const opened = { journal: await this.#fresh(), live: new LiveBytes(), head: state.head, compaction: undefined };
    try {
      await this.#append(opened, partsOfState(state, this.#batch));
      await opened.journal.publish(this.#path);
    } catch (error) {
      await opened.journal.close();
      throw error;
    }
    this.#opened = opened;
  }

  async discard(why: string): Promise<void> {
    await this.close();
    this.#files.requireOwnDirectories(this.#location, this.#directory);
    if (this.#files.exists(this.#path)) this.#onDiscard(why);
    this.#files.remove(this.#path);
    this.#empty = true;
  }

  /** Ends the use of the journal and keeps it. */
  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    this.#empty = false;
    if (opened?.compaction !== undefined) {
      await opened.compaction.giveUp();
      try {
        this.#files.remove(join(this.#directory, FRESH_FILE));
      } catch {
        // The next new journal removes it.
      }
    }
    await opened?.journal.close();
  }

  /** Appends what the parts put into the batch; their last entry makes it valid. */
  async #append({ journal, live }: Opened, parts: Iterable<void>): Promise<void> {
    const batch = this.#batch;
    batch.clear();
    for (const _ of parts) {
      if (batch.byteLength < WRITE_BYTES) continue;
      live.add(batch, journal.byteLength);
      await journal.write(batch.bytes);
      batch.clear();
    }
    live.add(batch, journal.byteLength);
    await journal.append(batch.bytes);
  }

  get #path(): string {
    return join(this.#directory, JOURNAL_FILE);
  }

  /** A new journal beside the current one; other files there are left over from a process that ended. */
  async #fresh(): Promise<Journal> {
    this.#files.makeOwnDirectories(this.#location, this.#directory);
    this.#files.clearDirectory(this.#directory, JOURNAL_FILE);
    return Journal.create(join(this.#directory, FRESH_FILE), this.#identity, this.#files);
  }

  async #compactABit(opened: Opened, liveFrom: LiveFrom, savedBytes: number): Promise<void> {
    if (opened.compaction === undefined) {
      if (!Compaction.isDue(opened, this.#limits)) return;
      opened.compaction = new Compaction(opened, await this.#fresh(), this.#batch, this.#limits);
    }
    const done = await opened.compaction.goOn(liveFrom, savedBytes);
    if (done === undefined) return;
    await done.journal.publish(this.#path);
    await opened.journal.close();
    this.#opened = { ...done, head: opened.head, compaction: undefined };
  }
}

function liveFromOf(delta: StateDelta): LiveFrom {
  return { idsMs: delta.idsLiveFromMs, activityMs: delta.activityLiveFromMs, windowsMs: delta.windowsLiveFromMs };
}

function* partsOfDelta(delta: StateDelta, liveFrom: LiveFrom, batch: EntryBatch): Generator<void> {
  yield* putRemembered(delta.remembered, batch);
  yield* putWindows(delta.windows, batch);
  putHead({ head: delta.head, liveFrom }, batch);
}

function* partsOfState(state: StoredState, batch: EntryBatch): Generator<void> {
  yield* putIds(state.ids, batch);
  yield* putActivity(state.activity, batch);
  yield* putWindows(state.windows, batch);
  putHead({ head: state.head, liveFrom: ALL_LIVE }, batch);
}

function* putWindows(windows: Iterable<OpenWindow>, batch: EntryBatch): Generator<void> {
  for (const window of windows) {
    putWindow(window, batch);
    yield;
  }
}
