/**
 * The ids of accepted payments, for as long as they live. Held by id for look-up and by event-time minute for eviction,
 * each minute with its share of the digest, so that dropping a minute costs its entries once and the sum is always there.
 * The fold sees only `IdTable`: another layout of memory is another implementation.
 *
 * Invariant: an id has at most one entry, the one with the greatest offset; so entries may come in any order.
 */
import { EntryMixer, type IdEntry, LaneSum } from './digest.ts';
import { floorTo, MINUTE_MS } from './liveness.ts';

export interface IdTable {
  readonly size: number;
  /** Sum over all entries held. Live: read it, do not keep it. */
  readonly lanes: LaneSum;
  /** What is held of an id; whether it is still *known* is the caller's question (liveness.ts). */
  get(transactionId: string): IdEntry | undefined;
  /** Adds or replaces; without effect where an entry of a greater offset is held, or the entry is dead. */
  put(entry: IdEntry): void;
  /** Drops what has an event time below `liveFromMs`, a whole minute that never goes back. */
  evictBelow(liveFromMs: number): void;
  entries(): Iterable<IdEntry>;
}

/** Power of two. A Map holds at most 2^24 entries, and grows by rehashing all of them at once. */
const SHARDS = 64;
const SHARD_TEXT_LENGTH = 6;

interface MinuteOfIds {
  readonly lanes: LaneSum;
  /** As added; those replaced since are still among them. */
  readonly entries: IdEntry[];
}

export class MapIdTable implements IdTable {
  readonly lanes = new LaneSum();
  readonly #shards: readonly Map<string, IdEntry>[] = Array.from({ length: SHARDS }, () => new Map());
  readonly #minutes = new Map<number, MinuteOfIds>();
  readonly #mixer = new EntryMixer();
  #liveFromMs = Number.NEGATIVE_INFINITY;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(transactionId: string): IdEntry | undefined {
    return this.#shardOf(transactionId).get(transactionId);
  }

  put(entry: IdEntry): void {
    const minuteMs = floorTo(entry.eventTimeMs, MINUTE_MS);
    if (minuteMs < this.#liveFromMs) return;
    const shard = this.#shardOf(entry.transactionId);
    const replaced = shard.get(entry.transactionId);
    if (replaced === undefined) this.#size += 1;
    else {
      if (replaced.offset >= entry.offset) return;
      const lanes = this.#mixer.ofId(replaced);
      this.#minutes.get(floorTo(replaced.eventTimeMs, MINUTE_MS))?.lanes.subtract(lanes);
      this.lanes.subtract(lanes);
    }
    shard.set(entry.transactionId, entry);
    let minute = this.#minutes.get(minuteMs);
    if (minute === undefined) {
      minute = { lanes: new LaneSum(), entries: [] };
      this.#minutes.set(minuteMs, minute);
    }
    minute.entries.push(entry);
    const lanes = this.#mixer.ofId(entry);
    minute.lanes.add(lanes);
    this.lanes.add(lanes);
  }

  evictBelow(liveFromMs: number): void {
    if (liveFromMs <= this.#liveFromMs) return;
    this.#liveFromMs = liveFromMs;
    for (const [minuteMs, minute] of this.#minutes) {
      if (minuteMs >= liveFromMs) continue;
      for (const entry of minute.entries) {
        const shard = this.#shardOf(entry.transactionId);
        if (shard.get(entry.transactionId) !== entry) continue;
        shard.delete(entry.transactionId);
        this.#size -= 1;
      }
      this.lanes.subtract(minute.lanes);
      this.#minutes.delete(minuteMs);
    }
  }

  *entries(): Iterable<IdEntry> {
    for (const shard of this.#shards) yield* shard.values();
  }

  #shardOf(transactionId: string): Map<string, IdEntry> {
    let mixed = 0;
    for (let index = Math.max(0, transactionId.length - SHARD_TEXT_LENGTH); index < transactionId.length; index += 1) {
      mixed = Math.imul(mixed, 31) + transactionId.charCodeAt(index);
    }
    return this.#shards[mixed & (SHARDS - 1)] as Map<string, IdEntry>;
  }
}
