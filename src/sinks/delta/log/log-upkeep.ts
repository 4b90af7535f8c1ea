/**
 * Log checkpoints and clean-up of a table's log, beside its commits: nothing waits for them, and a failure only means that the
 * next one does it.
 *
 * Invariants: a version's name is freed only if a log checkpoint that `_last_checkpoint` names is more than `keptCommits` past
 * it, and only after its age; the names are freed in ascending order, one by one; what stays begins with a log checkpoint.
 * Readers count on all three (read-log.ts).
 */
import type { Runtime } from '../../../base/runtime.ts';
import type { StoredObject } from '../ports.ts';
import { UNFINISHED_PREFIX } from '../store/store-keys.ts';
import type { CheckpointFormat } from './checkpoint/checkpoint-format.ts';
import { checkpointRows } from './checkpoint/checkpoint-rows.ts';
import { encodeLastCheckpoint, parseLastCheckpoint } from './checkpoint/last-checkpoint.ts';
import type { LogLimits } from './log-limits.ts';
import { checkpointKeys, lastCheckpointKey, logPrefix, versionOf, wholeCheckpoints } from './log-names.ts';
import type { LogState } from './log-state.ts';
import type { PatientStore } from './patient-store.ts';

export interface UpkeepOptions {
  readonly table: string;
  readonly store: PatientStore;
  readonly runtime: Pick<Runtime, 'nowMs' | 'monotonicMs'>;
  readonly checkpoints: CheckpointFormat;
  readonly limits: LogLimits;
  /** For the log: what the next attempt makes up for. */
  readonly onFailure?: ((error: Error) => void) | undefined;
}

export class LogUpkeep {
  readonly #options: UpkeepOptions;
  #running: Promise<void> | undefined;
  #cleanedAtMs: number | undefined;

  constructor(options: UpkeepOptions) {
    this.#options = options;
  }

  /** Resolves when nothing is running. */
  async settled(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** After a commit of this process: whether work began. `newest` is the version of the newest log checkpoint that was seen. */
  afterCommit(state: LogState, newest: number): boolean {
    const every = this.#options.limits.checkpointEveryCommits;
    const since = state.version - Math.max(0, newest);
    // The process with the round number writes it; if that one died, another one does.
    const isDue = since >= 2 * every || (since >= every && state.version % every === 0);
    if (!isDue || this.#running !== undefined) return false;
    this.#running = this.run(state)
      .catch((error: unknown) => this.#options.onFailure?.(error instanceof Error ? error : new Error(String(error))))
      .finally(() => {
        this.#running = undefined;
      });
    return true;
  }

  /** Writes the log checkpoint of this state, then cleans up if that is due. */
  async run(state: LogState): Promise<void> {
    const { runtime, limits } = this.#options;
    await this.#writeCheckpoint(state);
    const nowMs = runtime.monotonicMs();
    if (this.#cleanedAtMs !== undefined && nowMs - this.#cleanedAtMs < limits.cleanUpEveryMs) return;
    this.#cleanedAtMs = nowMs;
    await this.#cleanUp();
  }

  async #writeCheckpoint(state: LogState): Promise<void> {
    const { table, store, runtime, checkpoints, limits } = this.#options;
    const rows = checkpointRows(state, runtime.nowMs(), limits.removedFileRetentionMs);
    const bytes = await checkpoints.encode(rows);
    // Another process may have written it: the same table at the same version.
    await store.createOwn(checkpointKeys(table, state.version)[0]!, bytes);
    const newest = await this.#newest();
    if (newest >= state.version) return;
    const last = encodeLastCheckpoint(state.version, rows.length, bytes.length, state.files.size);
    await store.replace(lastCheckpointKey(table), last);
  }

  async #newest(): Promise<number> {
    const { table, store } = this.#options;
    const key = lastCheckpointKey(table);
    const bytes = await store.get(key);
    return bytes === undefined ? -1 : (parseLastCheckpoint(bytes, key)?.version ?? -1);
  }

  async #cleanUp(): Promise<void> {
    const { store, limits } = this.#options;
    const { versions, unfinished } = await this.#oldFiles((await this.#newest()) - limits.keptCommits);
    // What stays begins with a log checkpoint: only what is below it goes.
    const start = wholeCheckpoints(versions)[0]?.version ?? 0;
    for (const { key } of versions) if (versionOf(key)! < start) await store.remove([key]);
    for (const { key } of unfinished) await store.remove([key]);
  }

  /** Files of versions below `end` that are old enough, ascending; and what crashes left. */
  async #oldFiles(end: number): Promise<{ versions: StoredObject[]; unfinished: StoredObject[] }> {
    const { table, store, runtime, limits } = this.#options;
    const nowMs = runtime.nowMs();
    const versions: StoredObject[] = [];
    const unfinished: StoredObject[] = [];
    await store.listUntil(logPrefix(table), (file) => {
      const version = versionOf(file.key);
      const ageMs = nowMs - file.modifiedAtMs;
      if (version === undefined) {
        if (isUnfinished(file.key) && ageMs > UNFINISHED_AGE_MS) unfinished.push(file);
        return false;
      }
      if (version >= end || ageMs <= limits.logRetentionMs) return true;
      versions.push(file);
      return versions.length >= limits.maxRemovedPerCleanUp;
    });
    return { versions, unfinished };
  }
}

/** A writer that is at it is done long before. */
const UNFINISHED_AGE_MS = 24 * 3_600_000;

function isUnfinished(key: string): boolean {
  return key.slice(key.lastIndexOf('/') + 1).startsWith(UNFINISHED_PREFIX);
}
