/**
 * The ids of accepted payments, for as long as they live: in an open-addressing index by hash, over entries that lie in
 * typed arrays by event-time minute (minute-chunks.ts), each minute with its share of the digest, so that dropping a
 * minute costs its entries once and the sum is always there. An equal hash is never trusted: the bytes are compared.
 *
 * An entry is six words: offset (53 bits), length of the id's bytes (10) and whether they are a packed UUID (1) | payload
 * hash (64) | id hash (32) | ms in the minute (16), the word where the bytes start (16).
 *
 * Invariant: an id has at most one entry, the one with the greatest offset; so entries may come in any order.
 */
import { EntryMixer, type IdEntry, LaneSum } from './digest.ts';
import { PackedUuid, UUID_BYTES, unpackUuid } from './id-bytes.ts';
import { floorTo, MINUTE_MS } from './liveness.ts';
import { type EntryChunk, MinuteChunks } from './minute-chunks.ts';
import { NO_REFERENCE, SlotTable } from './slot-table.ts';
import { type EntryBlock, StoredIds } from './stored-entries.ts';
import { copyWords, isSameWords, TextKey, wordsFor } from './text-key.ts';
import { type HashList, ROWS_AHEAD } from './touch.ts';

const WORDS = 6;
const TWO_32 = 4_294_967_296;
const OFFSET_HIGH_MASK = 0x1f_ffff;
const LENGTH_SHIFT = 21;
const LENGTH_MASK = 0x3ff;
/** The length of an entry that another one has replaced. */
const REPLACED = 0;
const UUID_BIT = 1 << 31;
const MILLIS_MASK = 0xffff;

/** Power of two. A table grows by hashing all of it anew: so there are many small ones. */
const SHARDS = 64;
const SHARD_SHIFT = 26;

/** What is held of an id; the key is who asked. */
export type KnownId = Omit<IdEntry, 'transactionId'>;

export class KnownIds {
  /** Sum over all entries held. Live: read it, do not keep it. */
  readonly lanes = new LaneSum();
  readonly #chunks = new MinuteChunks(WORDS);
  readonly #shards: readonly SlotTable[] = Array.from({ length: SHARDS }, () => new SlotTable());
  readonly #mixer = new EntryMixer();
  readonly #key = new TextKey();
  readonly #uuid = new PackedUuid();
  #liveFromMs = Number.NEGATIVE_INFINITY;
  #touched = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Bytes of all tables. */
  get byteLength(): number {
    let total = this.#chunks.byteLength;
    for (const shard of this.#shards) total += shard.byteLength;
    return total;
  }

  /** Reads the slots where looking for these ids begins: see touch.ts. */
  touch({ count, lows }: HashList): number {
    let touched = 0;
    for (let index = 0; index < count; index += 1) {
      const hash = lows[index] as number;
      touched ^= this.#shardOf(hash).touch(hash);
    }
    return touched;
  }

  /** What is held of an id; whether it is still *known* is the caller's question (liveness.ts). */
  get(key: TextKey): KnownId | undefined {
    const slot = this.#find(key);
    const reference = this.#shardOf(key.low).at(slot);
    if (reference === NO_REFERENCE) return undefined;
    return knownOf(this.#chunks.chunkOf(reference), this.#chunks.wordOf(reference));
  }

  /**
   * Adds or replaces; without effect where the entry is dead, or one with as late an event time is held. An id is accepted
   * again only when it is not known any more, so a later acceptance has a later event time, wherever it comes from.
   */
  put(key: TextKey, offset: number, eventTimeMs: number, hashHigh: number, hashLow: number): void {
    const minuteMs = floorTo(eventTimeMs, MINUTE_MS);
    if (minuteMs < this.#liveFromMs) return;
    const shard = this.#shardOf(key.low);
    const slot = this.#find(key);
    const held = shard.at(slot);
    if (
      held !== NO_REFERENCE &&
      knownOf(this.#chunks.chunkOf(held), this.#chunks.wordOf(held)).eventTimeMs >= eventTimeMs
    )
      return;
    const minute = this.#chunks.minuteAt(minuteMs);
    const packed = this.#uuid.pack(key);
    const byteLength = packed ? UUID_BYTES : key.byteLength;
    if (byteLength > LENGTH_MASK) throw new RangeError(`an id of ${byteLength} bytes cannot be held`);
    const textWords = wordsFor(byteLength);
    const reference = this.#chunks.add(minute, textWords);
    if (held === NO_REFERENCE) {
      this.#size += 1;
      shard.add(key.low, reference);
    } else {
      this.#forget(held, key);
      shard.replace(slot, reference);
    }
    const chunk = this.#chunks.chunkOf(reference);
    const textAt = chunk.reserveText(textWords);
    if (packed) this.#uuid.copyTo(chunk.texts, textAt);
    else copyWords(key, chunk.texts, textAt);
    const { words } = chunk;
    const word = this.#chunks.wordOf(reference);
    words[word] = offset;
    words[word + 1] = Math.floor(offset / TWO_32) | (byteLength << LENGTH_SHIFT) | (packed ? UUID_BIT : 0);
    words[word + 2] = hashHigh;
    words[word + 3] = hashLow;
    words[word + 4] = key.low;
    words[word + 5] = (eventTimeMs - minuteMs) | (textAt << 16);
    const lanes = this.#mixer.ofId(offset, eventTimeMs, hashHigh, hashLow, key);
    minute.lanes.add(lanes);
    this.lanes.add(lanes);
  }

  restore(entry: IdEntry): void {
    this.put(this.#key.setText(entry.transactionId), entry.offset, entry.eventTimeMs, entry.hashHigh, entry.hashLow);
  }

  /** What a store held, in any order; dead ones have no effect. Yields how many it took, a few thousand at most. */
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

  /** Drops what has an event time below `liveFromMs`, a whole minute that never goes back. */
  evictBelow(liveFromMs: number): void {
    if (liveFromMs <= this.#liveFromMs) return;
    this.#liveFromMs = liveFromMs;
    for (const minute of this.#chunks.takeBelow(liveFromMs)) {
      this.lanes.subtract(minute.lanes);
      for (const chunk of minute.chunks) this.#evict(chunk);
    }
  }

  *entries(): Generator<IdEntry> {
    for (const [chunk, word] of this.#chunks.rows()) {
      if (lengthOf(chunk.words, word) === REPLACED) continue;
      yield { transactionId: idOf(chunk, word), ...knownOf(chunk, word) };
    }
  }

  /** The slot of an id in its shard: holds its reference, or none. */
  #find(key: TextKey): number {
    const shard = this.#shardOf(key.low);
    let slot = shard.first(key.low);
    for (;;) {
      const reference = shard.at(slot);
      if (reference === NO_REFERENCE || this.#isSame(key, reference)) return slot;
      slot = shard.next(slot, key.low);
    }
  }

  #isSame(key: TextKey, reference: number): boolean {
    const { words, texts } = this.#chunks.chunkOf(reference);
    const word = this.#chunks.wordOf(reference);
    const at = textAtOf(words, word);
    if (((words[word + 1] as number) & UUID_BIT) !== 0) return this.#uuid.pack(key) && this.#uuid.equals(texts, at);
    return lengthOf(words, word) === key.byteLength && isSameWords(key, texts, at);
  }

  /** Takes an entry that is replaced out of the sums; it stays in its chunk, marked. */
  #forget(reference: number, key: TextKey): void {
    const chunk = this.#chunks.chunkOf(reference);
    const word = this.#chunks.wordOf(reference);
    const { offset, eventTimeMs, hashHigh, hashLow } = knownOf(chunk, word);
    const lanes = this.#mixer.ofId(offset, eventTimeMs, hashHigh, hashLow, key);
    this.#chunks.minuteAt(chunk.minuteMs).lanes.subtract(lanes);
    this.lanes.subtract(lanes);
    chunk.words[word + 1] = REPLACED;
  }

  #evict(chunk: EntryChunk): void {
    const { words, count, index } = chunk;
    for (let row = 0; row < count; row += 1) {
      if (row % ROWS_AHEAD === 0) this.#touched ^= this.#touchSlots(chunk, row);
      const word = row * WORDS;
      if (lengthOf(words, word) === REPLACED) continue;
      const hash = words[word + 4] as number;
      this.#shardOf(hash).remove(hash, MinuteChunks.reference(index, row));
      this.#size -= 1;
    }
  }

  /** The slots of the next rows that are evicted, at once: see touch.ts. */
  #touchSlots({ words, count }: EntryChunk, from: number): number {
    const end = Math.min(count, from + ROWS_AHEAD);
    let touched = 0;
    for (let row = from; row < end; row += 1) {
      const hash = words[row * WORDS + 4] as number;
      touched ^= this.#shardOf(hash).touch(hash);
    }
    return touched;
  }

  #shardOf(hash: number): SlotTable {
    return this.#shards[hash >>> SHARD_SHIFT] as SlotTable;
  }
}

function offsetOf(words: Int32Array, word: number): number {
  return ((words[word + 1] as number) & OFFSET_HIGH_MASK) * TWO_32 + ((words[word] as number) >>> 0);
}

function lengthOf(words: Int32Array, word: number): number {
  return ((words[word + 1] as number) >>> LENGTH_SHIFT) & LENGTH_MASK;
}

function textAtOf(words: Int32Array, word: number): number {
  return (words[word + 5] as number) >>> 16;
}

function knownOf({ words, minuteMs }: EntryChunk, word: number): KnownId {
  return {
    offset: offsetOf(words, word),
    eventTimeMs: minuteMs + ((words[word + 5] as number) & MILLIS_MASK),
    hashHigh: (words[word + 2] as number) >>> 0,
    hashLow: (words[word + 3] as number) >>> 0,
  };
}

function idOf({ words, texts }: EntryChunk, word: number): string {
  const bytes = Buffer.from(texts.buffer, texts.byteOffset, texts.byteLength);
  const at = 4 * textAtOf(words, word);
  if (((words[word + 1] as number) & UUID_BIT) !== 0) return unpackUuid(bytes, at);
  return bytes.toString('utf8', at, at + lengthOf(words, word));
}
