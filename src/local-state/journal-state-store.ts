/**
 * StateStore of journals: one per partition, `<location>/payment_transactions_raw/state/partition-<n>/state.journal`.
 *
 * A cache, so the disk can never stop the processor. When reading or writing fails (full, read-only, gone), the problem
 * is reported once, the last save stays as it is (older, but whole), and the partition's cache is off until the next
 * load, replace or discard tries again.
 *
 * Operations on one partition run one after the other, in the order of the calls.
 */
import { join } from 'node:path';
import type { StateDelta, StoredState } from '../payments/types.ts';
import type { StateStore } from '../processor/ports.ts';
import { PartitionCache, type StorageOptions } from './partition-cache.ts';

export interface JournalStateStoreOptions extends StorageOptions {
  /** CHECKPOINT_LOCATION; made when missing. Lock it first (checkpoint-lock.ts). */
  readonly location: string;
  readonly topic: string;
  /** The stored state was discarded; the processor rebuilds it from BigQuery. */
  readonly onDiscard: (partition: number, why: string) => void;
  /**
   * The disk fails. Continuing without local state; restarts will be slower. Once per partition until it works again.
   */
  readonly onProblem: (partition: number, problem: string) => void;
}

/** The directory that holds all partitions of a location. */
export function stateDirectory(location: string): string {
  return join(location, 'payment_transactions_raw', 'state');
}

interface Slot {
  readonly cache: PartitionCache;
  /** Set while the disk fails. */
  off: boolean;
  /** Settles when the last requested operation is done; never rejects. */
  last: Promise<unknown>;
}

export class JournalStateStore implements StateStore {
  readonly #options: JournalStateStoreOptions;
  readonly #slots = new Map<number, Slot>();
  #isClosed = false;

  constructor(options: JournalStateStoreOptions) {
    this.#options = options;
  }

  load(partition: number): Promise<StoredState | undefined> {
    return this.#queue(partition, (slot) => this.#attempt(partition, slot, 'read', () => slot.cache.load()));
  }

  save(partition: number, delta: StateDelta): Promise<void> {
    return this.#queue(partition, async (slot) => {
      if (!slot.off) await this.#attempt(partition, slot, 'written', () => slot.cache.save(delta));
    });
  }

  replace(partition: number, state: StoredState): Promise<void> {
    return this.#queue(partition, (slot) => this.#attempt(partition, slot, 'written', () => slot.cache.replace(state)));
  }

  discard(partition: number, why: string): Promise<void> {
    return this.#queue(partition, (slot) => this.#attempt(partition, slot, 'removed', () => slot.cache.discard(why)));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const slots = [...this.#slots.values()];
    this.#slots.clear();
    await Promise.all(slots.map((slot) => slot.last.then(() => slot.cache.close())));
  }

  async #queue<T>(partition: number, operation: (slot: Slot) => Promise<T>): Promise<T | undefined> {
    // Another process may own the location now.
    if (this.#isClosed) return undefined;
    const slot = this.#slot(partition);
    const result = slot.last.then(() => operation(slot));
    slot.last = result;
    return result;
  }

  async #attempt<T>(
    partition: number,
    slot: Slot,
    doing: 'read' | 'written' | 'removed',
    operation: () => Promise<T>,
  ): Promise<T | undefined> {
    try {
      const result = await operation();
      slot.off = false;
      return result;
    } catch (error) {
      await slot.cache.close().catch(() => {}); // the same disk: its failure was reported
      if (!slot.off) this.#options.onProblem(partition, this.#describe(partition, doing, error));
      slot.off = true;
      return undefined;
    }
  }

  #describe(partition: number, doing: string, error: unknown): string {
    const reason = error instanceof Error ? error.message : String(error);
    return (
      `The state of partition ${partition} in ${stateDirectory(this.#options.location)} cannot be ${doing} (${reason}). ` +
      'Continuing without local state; restarts will be slower. Check space and permissions of CHECKPOINT_LOCATION.'
    );
  }

  #slot(partition: number): Slot {
    let slot = this.#slots.get(partition);
    if (slot === undefined) {
      const { location, topic, onDiscard } = this.#options;
      const directory = join(stateDirectory(location), `partition-${partition}`);
      const discarded = (why: string): void => onDiscard(partition, why);
      const cache = new PartitionCache(location, directory, { topic, partition }, discarded, this.#options);
      slot = { cache, off: false, last: Promise.resolve() };
      this.#slots.set(partition, slot);
    }
    return slot;
  }
}
