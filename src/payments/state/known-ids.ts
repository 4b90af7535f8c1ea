/**
 * The ids of accepted payments that are still live. An open-addressing index by hash points to rows that are grouped by
 * event-time minute (payment-rows.ts). Each minute keeps its share of the digest: dropping a minute reads its rows
 * once, and the total is always at hand. Ids with equal hashes are compared by their bytes.
 *
 * Invariant: an id has at most one row, that of its latest acceptance (see `put`). So entries may come in any order.
 */

import { PackedUuid, UUID_WORDS, unpackUuid } from '../../base/memory/id-bytes.ts';
import { type HashList, ROWS_AHEAD } from '../../base/memory/prefetch.ts';
import type { IndexKey } from '../../base/memory/slot-hash.ts';
import { NO_REFERENCE, SlotTable } from '../../base/memory/slot-table.ts';
import { copyWords, isSameWords, TextKey, wordsFor } from '../../base/memory/text-key.ts';
import { EntryMixer, type IdEntry, LaneSum } from './digest.ts';
import { floorTo, MINUTE_MS } from './liveness.ts';
import { ID_HASH, type MinuteOfRows, PaymentRows, ROW_WORDS, type RowChunk } from './payment-rows.ts';
import { type EntryBlock, StoredIds } from './stored-entries.ts';

/** A power of two. A growing table hashes all its entries again; with many small tables each pause is short. */
const SHARDS = 64;
const SHARD_SHIFT = 26;

/** Words before the bytes of an id that is no UUID: its length. */
const LENGTH_WORDS = 1;
/** Maximum length of an id in bytes. Every valid id is shorter. */
const MOST_ID_BYTES = 1_023;

/** The entry of an id, without the id, which the caller has as the key. */
export type KnownId = Omit<IdEntry, 'transactionId'>;

export class KnownIds {
  /** Digest sum over all entries. A live object: later entries change it. */
  readonly lanes = new LaneSum();
  readonly #rows: PaymentRows;
  readonly #indexKey: IndexKey;
  readonly #shards: readonly SlotTable[] = Array.from({ length: SHARDS }, () => new SlotTable());
  readonly #mixer = new EntryMixer();
  readonly #key = new TextKey();
  readonly #uuid = new PackedUuid();
  #liveFromMs = Number.NEGATIVE_INFINITY;
  #touched = 0;
  #size = 0;

  /** `indexKey` must be unknown to producers, who could otherwise choose ids that collide. */
  constructor(rows: PaymentRows, indexKey: IndexKey) {
    this.#rows = rows;
    this.#indexKey = indexKey;
  }

  get size(): number {
    return this.#size;
  }

  /** Bytes of the index, without the rows. */
  get byteLength(): number {
    let total = 0;
    for (const shard of this.#shards) total += shard.byteLength;
    return total;
  }

  /** The greatest SlotTable.longestWalk of its tables. */
  get longestWalk(): number {
    return this.#shards.reduce((longest, shard) => Math.max(longest, shard.longestWalk), 0);
  }

  /** Reads the slots where the lookups of these ids begin: see touch.ts. */
  touch({ count, slots }: HashList): number {
    let touched = 0;
    for (let index = 0; index < count; index += 1) {
      const hash = slots[index] as number;
      touched ^= this.#shardOf(hash).touch(hash);
    }
    return touched;
  }

  /** The entry of an id. The caller decides whether it still counts as known (liveness.ts). */
  get(key: TextKey): KnownId | undefined {
    const hash = key.slotOf(this.#indexKey);
    const reference = this.#shardOf(hash).at(this.#find(key, hash));
    if (reference === NO_REFERENCE) return undefined;
    return knownOf(this.#rows.chunkOf(reference), this.#rows.wordOf(reference));
  }

  /**
   * Adds or replaces an id. It has no effect if the id is dead, or if the index holds it with the same or a later event
   * time. The fold accepts an id again only when it is no longer known. So a later acceptance has a later event time,
   * even if the entry comes from another partition. Returns the row, or NO_REFERENCE if there was no effect.
   */
  put(key: TextKey, offset: number, eventTimeMs: number, hashHigh: number, hashLow: number): number {
    if (floorTo(eventTimeMs, MINUTE_MS) < this.#liveFromMs) return NO_REFERENCE;
    const rows = this.#rows;
    const hash = key.slotOf(this.#indexKey);
    const shard = this.#shardOf(hash);
    const slot = this.#find(key, hash);
    const held = shard.at(slot);
    if (held !== NO_REFERENCE && rows.chunkOf(held).eventTimeMsAt(rows.wordOf(held)) >= eventTimeMs)
      return NO_REFERENCE;
    const minute = rows.minuteOf(eventTimeMs);
    const packed = this.#uuid.pack(key);
    if (key.byteLength > MOST_ID_BYTES) throw new RangeError(`an id of ${key.byteLength} bytes cannot be held`);
    const textWords = packed ? UUID_WORDS : LENGTH_WORDS + wordsFor(key.byteLength);
    const reference = rows.add(minute, offset, textWords);
    if (held === NO_REFERENCE) {
      this.#size += 1;
      shard.add(hash, reference);
    } else {
      this.#forget(held, key);
      shard.replace(slot, reference);
    }
    const chunk = rows.chunkOf(reference);
    const word = rows.wordOf(reference);
    const textAt = chunk.reserveText(textWords);
    if (packed) this.#uuid.copyTo(chunk.texts, textAt);
    else copyWithLength(key, chunk.texts, textAt);
    chunk.set(word, offset, eventTimeMs, hashHigh, hashLow);
    chunk.setId(word, hash, packed, textAt);
    const lanes = this.#mixer.ofId(offset, eventTimeMs, hashHigh, hashLow, key);
    minute.ids.rows += 1;
    minute.ids.lanes.add(lanes);
    this.lanes.add(lanes);
    return reference;
  }

  restore(entry: IdEntry): void {
    this.put(this.#key.setText(entry.transactionId), entry.offset, entry.eventTimeMs, entry.hashHigh, entry.hashLow);
  }

  /** Restores stored entries, in any order. Dead ones have no effect. Yields the number of entries of each step. */
  *restoreAll(entries: Iterable<IdEntry>): Generator<number> {
    if (entries instanceof StoredIds) {
      const key = new TextKey();
      for (const block of entries.blocks) {
        this.#restoreBlock(block, key);
        yield block.count;
      }
      return;
    }
    for (const entry of entries) {
      this.restore(entry);
      yield 1;
    }
  }

  #restoreBlock(block: EntryBlock, key: TextKey): void {
    const { count, minuteMs, offsets, hashHighs, hashLows, millis, lengths } = block;
    key.pointAt(block.bytes, block.view);
    let at = block.textAt;
    for (let row = 0; row < count; row += 1) {
      const end = at + lengths[row]!;
      key.setRange(at, end);
      this.put(key, offsets[row]!, minuteMs + millis[row]!, hashHighs[row]!, hashLows[row]!);
      at = end;
    }
  }

  /** Drops ids with an event time below `liveFromMs`, a whole minute. A lower one than before has no effect. */
  evictBelow(liveFromMs: number): void {
    if (liveFromMs <= this.#liveFromMs) return;
    this.#liveFromMs = liveFromMs;
    this.#rows.dropBelow('ids', liveFromMs, (minute) => this.#evict(minute));
  }

  *entries(): Generator<IdEntry> {
    for (const [chunk, word] of this.#rows.rowsWith('ids')) {
      if (!chunk.isIdAt(word)) continue;
      yield { transactionId: idOf(chunk, word), ...knownOf(chunk, word) };
    }
  }

  /** The slot of an id in its shard. It holds the id's reference, or NO_REFERENCE if the id is absent. */
  #find(key: TextKey, hash: number): number {
    const shard = this.#shardOf(hash);
    let slot = shard.first(hash);
    for (;;) {
      const reference = shard.at(slot);
      if (reference === NO_REFERENCE || this.#isSame(key, reference)) return slot;
      slot = shard.next(slot, hash);
    }
  }

  #isSame(key: TextKey, reference: number): boolean {
    const chunk = this.#rows.chunkOf(reference);
    const word = this.#rows.wordOf(reference);
    const at = chunk.textAt(word);
    if (chunk.isUuidAt(word)) return this.#uuid.pack(key) && this.#uuid.equals(chunk.texts, at);
    return chunk.texts[at] === key.byteLength && isSameWords(key, chunk.texts, at + LENGTH_WORDS);
  }

  /** Subtracts a replaced id from the sums. Its row stays in its chunk. */
  #forget(reference: number, key: TextKey): void {
    const chunk = this.#rows.chunkOf(reference);
    const word = this.#rows.wordOf(reference);
    const { offset, eventTimeMs, hashHigh, hashLow } = knownOf(chunk, word);
    const lanes = this.#mixer.ofId(offset, eventTimeMs, hashHigh, hashLow, key);
    this.#rows.minuteOf(eventTimeMs).ids.lanes.subtract(lanes);
    this.lanes.subtract(lanes);
    chunk.clearId(word);
  }

  #evict({ ids, chunks }: MinuteOfRows): void {
    this.lanes.subtract(ids.lanes);
    for (const chunk of chunks) {
      for (let row = 0; row < chunk.count; row += 1) {
        if (row % ROWS_AHEAD === 0) this.#touched ^= this.#touchSlots(chunk, row);
        const word = row * ROW_WORDS;
        if (!chunk.isIdAt(word)) continue;
        const hash = chunk.words[word + ID_HASH] as number;
        this.#shardOf(hash).remove(hash, PaymentRows.reference(chunk.index, row));
        this.#size -= 1;
      }
    }
  }

  /** Reads the slots of the next rows to evict, all at once: see touch.ts. */
  #touchSlots({ words, count }: RowChunk, from: number): number {
    const end = Math.min(count, from + ROWS_AHEAD);
    let touched = 0;
    for (let row = from; row < end; row += 1) {
      const hash = words[row * ROW_WORDS + ID_HASH] as number;
      touched ^= this.#shardOf(hash).touch(hash);
    }
    return touched;
  }

  #shardOf(hash: number): SlotTable {
    return this.#shards[hash >>> SHARD_SHIFT] as SlotTable;
  }
}

function copyWithLength(key: TextKey, into: Int32Array, at: number): void {
  into[at] = key.byteLength;
  copyWords(key, into, at + LENGTH_WORDS);
}

function knownOf(chunk: RowChunk, word: number): KnownId {
  return {
    offset: chunk.offsetAt(word),
    eventTimeMs: chunk.eventTimeMsAt(word),
    hashHigh: chunk.hashHighAt(word),
    hashLow: chunk.hashLowAt(word),
  };
}

function idOf(chunk: RowChunk, word: number): string {
  const { texts } = chunk;
  const bytes = Buffer.from(texts.buffer, texts.byteOffset, texts.byteLength);
  const at = chunk.textAt(word);
  if (chunk.isUuidAt(word)) return unpackUuid(bytes, 4 * at);
  const start = 4 * (at + LENGTH_WORDS);
  return bytes.toString('utf8', start, start + (texts[at] as number));
}
