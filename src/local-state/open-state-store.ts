/**
 * Opens the local state of a processor: locks CHECKPOINT_LOCATION and returns its store. If the location cannot be used
 * at all (read-only, full, no permission), it reports that once and returns a store that keeps nothing.
 */
import { ConfigurationError } from '../base/errors.ts';
import type { StateStore } from '../processor/ports.ts';
import { lockCheckpointLocation } from './checkpoint-lock.ts';
import { JournalStateStore, type JournalStateStoreOptions } from './journal-state-store.ts';
import { MemberNote } from './member-note.ts';

export interface OpenStateStoreOptions extends Omit<JournalStateStoreOptions, 'onProblem'> {
  readonly nowMs: number;
  /** `partition` is undefined if the whole location cannot be used. */
  readonly onProblem: (partition: number | undefined, problem: string) => void;
}

export interface OpenedState extends StateStore {
  /** Undefined if the location cannot be used, and so is not locked to this process. */
  readonly memberNote?: MemberNote;
}

/** Throws ConfigurationError when another process uses the location. `close` also releases it. */
export function openStateStore(options: OpenStateStoreOptions): OpenedState {
  let lock: ReturnType<typeof lockCheckpointLocation>;
  try {
    lock = lockCheckpointLocation(options.location, options.nowMs);
  } catch (error) {
    if (error instanceof ConfigurationError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    options.onProblem(
      undefined,
      `CHECKPOINT_LOCATION ${options.location} cannot be used (${reason}). Continuing without local state; ` +
        'restarts will be slower. Set it to a directory that can be written to.',
    );
    return noStateStore;
  }
  const store = new JournalStateStore(options);
  return {
    memberNote: new MemberNote(options.location),
    load: (partition) => store.load(partition),
    save: (partition, delta) => store.save(partition, delta),
    replace: (partition, state) => store.replace(partition, state),
    discard: (partition, why) => store.discard(partition, why),
    async close() {
      await store.close();
      lock.release();
    },
  };
}

/** Keeps nothing. */
export const noStateStore: StateStore = {
  load: async () => undefined,
  save: async () => {},
  replace: async () => {},
  discard: async () => {},
  close: async () => {},
};
