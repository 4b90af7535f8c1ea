/**
 * The stored state of one partition: read, save, replace, discard. Callers run one operation at a time.
 *
 * Invariants:
 * 1. Whatever stands in the published file is the whole state at its head: every change is one transaction, or a new file
 *    that takes the old one's name.
 * 2. A delta is applied only on top of the head it starts from.
 *
 * Throws what the disk says; lmdb-state-store.ts turns that into "no cache".
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { RememberedLog } from '../payments/remembered-log.ts';
import type { OpenWindow, RememberedList, StateDelta, StateHead, StoredState } from '../payments/types.ts';
import { encodeHead, encodeWindow, type StoreIdentity } from './head-codec.ts';
import { deadSegments, deadWindows, HEAD_KEY, windowKey } from './keys.ts';
import { logActivitySegments, logIdSegments } from './log-segments.ts';
import { DATA_FILE, PartitionFile, removePartitionFile } from './partition-file.ts';
import { seal, sealSeed } from './seal.ts';
import { activitySegments, idSegments, type StoredValue } from './segment-codec.ts';
import { readImage, type StoredImage, seedOf } from './stored-image.ts';

/** Values written in one transaction while a whole state is copied: about 8 MiB of segments. */
const VALUES_PER_TRANSACTION = 512;

export class PartitionCache {
  readonly #directory: string;
  readonly #identity: StoreIdentity;
  readonly #onDiscard: (why: string) => void;
  readonly #seed: number;
  #opened: { readonly file: PartitionFile; head: StateHead } | undefined;
  /** Whether the disk is known to hold nothing, so that saving need not look again. */
  #empty = false;

  constructor(directory: string, identity: StoreIdentity, onDiscard: (why: string) => void) {
    this.#directory = directory;
    this.#identity = identity;
    this.#onDiscard = onDiscard;
    this.#seed = seedOf(identity);
  }

  /** What is stored; the caller goes on with `adopt`, or leaves the cache closed. */
  async read(): Promise<StoredImage | undefined> {
    await this.close();
    const path = join(this.#directory, DATA_FILE);
    const read = await readImage(path, this.#identity);
    if ('image' in read) return read.image;
    if ('unusable' in read) await this.discard(`${path} is unusable: ${read.unusable}`);
    this.#empty = true;
    return undefined;
  }

  /** Makes what was read the base of later saves: copies it to a file of our own. */
  async adopt(image: StoredImage): Promise<void> {
    await this.#fill(image.values, image.head);
  }

  async save(delta: StateDelta): Promise<void> {
    if (this.#empty) return;
    if (this.#opened === undefined) {
      const image = await this.read();
      if (image === undefined) return;
      await this.adopt(image);
    }
    const opened = this.#opened!;
    const at = opened.head.nextOffset;
    if (at !== delta.fromOffset) {
      return this.discard(`it is at offset ${at}, and what comes next starts at offset ${delta.fromOffset}`);
    }
    const values = [
      ...this.#sealed(segmentsOf(delta.remembered)),
      ...this.#sealed(windowValues(delta.windows)),
      this.#headValue(delta.head),
    ];
    opened.file.write(values, [
      deadSegments('ids', delta.idsLiveFromMs),
      deadSegments('activity', delta.activityLiveFromMs),
      deadWindows(delta.windowsLiveFromMs),
    ]);
    opened.head = delta.head;
  }

  async replace(state: StoredState): Promise<void> {
    await this.close();
    await this.#fill(this.#wholeState(state), state.head);
  }

  async discard(why: string): Promise<void> {
    await this.close();
    if (existsSync(join(this.#directory, DATA_FILE))) this.#onDiscard(why);
    removePartitionFile(this.#directory);
    this.#empty = true;
  }

  /** Ends the use of the file and keeps it. */
  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    this.#empty = false;
    await opened?.file.close();
  }

  /** A new file with these sealed values; the head goes in last, then the file takes its name. */
  async #fill(values: Iterable<StoredValue>, head: StateHead): Promise<void> {
    const file = PartitionFile.create(this.#directory);
    try {
      let batch: StoredValue[] = [];
      for (const value of values) {
        batch.push(value);
        if (batch.length < VALUES_PER_TRANSACTION) continue;
        file.write(batch);
        batch = [];
        await setImmediate();
      }
      file.write([...batch, this.#headValue(head)]);
      file.publish();
    } catch (error) {
      await file.close();
      throw error;
    }
    this.#opened = { file, head };
    this.#empty = false;
  }

  *#wholeState(state: StoredState): Generator<StoredValue> {
    yield* this.#sealed(idSegments(state.ids));
    yield* this.#sealed(activitySegments(state.activity));
    yield* this.#sealed(windowValues(state.windows));
  }

  *#sealed(values: Iterable<StoredValue>): Generator<StoredValue> {
    for (const { key, value } of values) yield { key, value: seal(this.#seed, key, value) };
  }

  #headValue(head: StateHead): StoredValue {
    return { key: HEAD_KEY, value: seal(sealSeed('head'), HEAD_KEY, encodeHead(this.#identity, head)) };
  }
}

/** Those of ids, then those of activity. */
function* segmentsOf(remembered: RememberedList): Generator<StoredValue> {
  const isLog = remembered instanceof RememberedLog;
  yield* isLog ? logIdSegments(remembered) : idSegments(remembered);
  yield* isLog ? logActivitySegments(remembered) : activitySegments(remembered);
}

function* windowValues(windows: Iterable<OpenWindow>): Generator<StoredValue> {
  for (const window of windows) yield { key: windowKey(window), value: encodeWindow(window) };
}
