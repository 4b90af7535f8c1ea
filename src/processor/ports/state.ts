/** The port of the local state. src/local-state is the real adapter. */
import type { StateDelta, StoredState } from '../../payments/types.ts';

/** A cache: it may fail, be empty or lie; the digest decides. None of its methods throws for what is on the disk. */
export interface StateStore {
  /** Undefined where there is nothing usable; the store has said why. */
  load(partition: number): Promise<StoredState | undefined>;
  /** Applies a delta if the store is exactly at delta.fromOffset; otherwise discards what it holds. */
  save(partition: number, delta: StateDelta): Promise<void>;
  /** Starts the partition over with this whole state. */
  replace(partition: number, state: StoredState): Promise<void>;
  discard(partition: number, why: string): Promise<void>;
  close(): Promise<void>;
}
