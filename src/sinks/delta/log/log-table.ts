/**
 * One table of the location, by its log. Commits by putting the next version's file, which exactly one writer can.
 *
 * Invariants: a put is repeated with the same bytes until its version exists; it counts as landed only while the log that
 * readers see ends just before it (clean-up frees names: a put under such a name is in no table); regardless of what took the version,
 * and whenever the outcome is unknown, the log is read on and `prepare` decides again on the newer snapshot.
 */
import { BugError, ContradictionError } from '../../../base/errors.ts';
import type { Runtime } from '../../../base/runtime.ts';
import type { WaitingObserver } from '../../bigquery/query/waiting.ts';
import {
  type CommitActions,
  type DeltaTable,
  type ObjectStore,
  StoreRefusedError,
  type TableMetadata,
  type TableSnapshot,
  UnknownOutcomeError,
} from '../ports.ts';
import { isKey } from '../store/store-keys.ts';
import type { CheckpointFormat } from './checkpoint/checkpoint-format.ts';
import { withoutOldRemoves } from './checkpoint/checkpoint-rows.ts';
import { type CommitFacts, encodeCommit, encodeCreation } from './encode-commit.ts';
import { DEFAULT_LOG_LIMITS, type LogLimits } from './log-limits.ts';
import { commitKey } from './log-names.ts';
import type { LogState } from './log-state.ts';
import { LogUpkeep } from './log-upkeep.ts';
import { PatientStore } from './patient-store.ts';
import { Races } from './races.ts';
import { LogReader } from './read-log.ts';

export interface LogTableOptions {
  readonly store: ObjectStore;
  /** Its folder under the location. */
  readonly name: string;
  readonly runtime: Runtime;
  readonly checkpoints: CheckpointFormat;
  /** Of this program: written into every commit. */
  readonly engineVersion: string;
  readonly limits?: Partial<LogLimits> | undefined;
  readonly observer?: LogObserver | undefined;
}

export interface LogObserver extends WaitingObserver {
  /** A log checkpoint or clean-up failed: a later commit makes up for it. */
  readonly onUpkeepFailed?: ((table: string, error: Error) => void) | undefined;
}

type Prepare = (snapshot: TableSnapshot) => Promise<CommitActions | undefined> | CommitActions | undefined;

export class DeltaLogTable implements DeltaTable {
  readonly name: string;
  readonly #options: LogTableOptions;
  readonly #limits: LogLimits;
  readonly #store: PatientStore;
  readonly #reader: LogReader;
  readonly #upkeep: LogUpkeep;
  #current: LogState | undefined;
  /** When the log was last known to be the one that `#current` stands on. */
  #lookedAtMs = 0;
  /** One commit of this process at a time: they would only take the versions from each other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: LogTableOptions) {
    const { store, name, runtime, checkpoints, observer = {} } = options;
    this.name = name;
    this.#options = options;
    this.#limits = { ...DEFAULT_LOG_LIMITS, ...options.limits };
    this.#store = new PatientStore(store, runtime, this.#limits, observer);
    this.#reader = new LogReader(name, this.#store, checkpoints, this.#limits);
    const onFailure = (error: Error): void => observer.onUpkeepFailed?.(name, error);
    this.#upkeep = new LogUpkeep({
      table: name,
      store: this.#store,
      runtime,
      checkpoints,
      limits: this.#limits,
      onFailure,
    });
  }

  get current(): LogState | undefined {
    return this.#current;
  }

  async refresh(): Promise<LogState | undefined> {
    const known = this.#current;
    return this.#adopt(known === undefined ? await this.#reader.open() : await this.#reader.follow(known));
  }

  commit(prepare: Prepare): Promise<LogState> {
    return this.#inTurn(() => this.#commit(prepare));
  }

  ensure(metadata: Omit<TableMetadata, 'id'>): Promise<LogState> {
    return this.#inTurn(async () => {
      const there = await this.refresh();
      if (there !== undefined) return there;
      const bytes = encodeCreation(this.#options.runtime.uuid(), metadata, this.#facts());
      const { state } = await this.#put(undefined, bytes);
      return this.#adopt(state) ?? this.#missing();
    });
  }

  async upload(bytes: Uint8Array): ReturnType<DeltaTable['upload']> {
    const { runtime } = this.#options;
    const path = `part-${runtime.uuid()}.parquet`;
    await this.#store.createOwn(`${this.name}/${path}`, bytes);
    return { path, byteLength: bytes.length, modifiedAtMs: runtime.nowMs() };
  }

  async read(path: string): Promise<Uint8Array | undefined> {
    if (!isKey(path) || /^[a-z][a-z0-9+.-]*:/i.test(path)) {
      throw new ContradictionError('table_changed', `${this.name} has a file outside its folder: ${path}`);
    }
    return this.#store.get(`${this.name}/${path}`);
  }

  async #commit(prepare: Prepare): Promise<LogState> {
    const races = new Races(this.name, this.#options.runtime, this.#limits);
    let isNewest = this.#current === undefined;
    let state = this.#current ?? (await this.refresh()) ?? this.#missing();
    for (;;) {
      const actions = await prepare(state);
      if (actions !== undefined && (await this.#isAnotherLog(state))) {
        state = this.#adopt(await this.#reader.reopen(state)) ?? this.#missing();
        isNewest = true;
      } else if (actions !== undefined) {
        const put = await this.#put(state, encodeCommit(state, actions, this.#facts()));
        state = this.#adopt(put.state) ?? this.#missing();
        if (put.isOurs) return this.#kept(state);
        isNewest = false;
        await races.lost();
      } else {
        if (isNewest) return state;
        const newest = (await this.refresh()) ?? this.#missing();
        if (newest.version === state.version) return newest;
        [state, isNewest] = [newest, true];
      }
    }
  }

  /** Log checkpoint and clean-up, where one is due. Commits do not wait for them. */
  #kept(state: LogState): LogState {
    if (!this.#upkeep.afterCommit(state, this.#reader.newestCheckpoint)) return state;
    const kept = withoutOldRemoves(state, this.#options.runtime.nowMs(), this.#limits.removedFileRetentionMs);
    return this.#adopt(kept) ?? kept;
  }

  /** Resolves when no log checkpoint or clean-up of this process is running. */
  settled(): Promise<void> {
    return this.#upkeep.settled();
  }

  /** Puts the version after `last` until it exists. `isOurs` is false where another commit may have taken it. */
  async #put(
    last: LogState | undefined,
    bytes: Uint8Array,
  ): Promise<{ readonly isOurs: boolean; readonly state: LogState | undefined }> {
    const key = commitKey(this.name, (last?.version ?? -1) + 1);
    const patience = this.#store.patience(`commit to ${this.name}`);
    for (;;) {
      const outcome = await this.#attempt(key, bytes);
      if (outcome === 'created') {
        if (await this.#reader.holds(last)) return { isOurs: true, state: this.#after(last, bytes) };
        return { isOurs: false, state: await this.#outside(last, key) };
      }
      if (outcome !== 'exists') await patience.wait(outcome);
      if (outcome !== 'exists' && !(outcome instanceof UnknownOutcomeError)) continue;
      const next = await (last === undefined ? this.#reader.open() : this.#reader.follow(last));
      if (next?.version !== last?.version) return { isOurs: false, state: next };
      if (outcome === 'exists') await patience.wait(new Error(`${key} exists, and cannot be read`));
    }
  }

  /** Asked of a state that is not fresh: whether the table was made again, or is far ahead. */
  async #isAnotherLog(state: LogState): Promise<boolean> {
    const isOld = this.#options.runtime.monotonicMs() - this.#lookedAtMs > this.#limits.lookAgainAfterMs;
    return isOld && !(await this.#reader.holds(state));
  }

  /** The put is in no log that readers see. Where the table is gone or another one, the file must not stay in its way. */
  async #outside(state: LogState | undefined, key: string): Promise<LogState | undefined> {
    try {
      return await this.#reader.reopen(state);
    } catch (error) {
      if (error instanceof ContradictionError && (await this.#reader.isLoose(state?.version ?? -1))) {
        await this.#store.remove([key]);
      }
      throw error;
    }
  }

  async #attempt(key: string, bytes: Uint8Array): Promise<'created' | 'exists' | Error> {
    try {
      return await this.#options.store.create(key, bytes);
    } catch (error) {
      if (error instanceof StoreRefusedError || error instanceof BugError || !(error instanceof Error)) throw error;
      return error;
    }
  }

  #after(state: LogState | undefined, bytes: Uint8Array): LogState {
    return this.#reader.replay(state, [this.#reader.parse((state?.version ?? -1) + 1, bytes)]);
  }

  #adopt(state: LogState | undefined): LogState | undefined {
    const isOlder = state !== undefined && this.#current !== undefined && state.version < this.#current.version;
    if (!isOlder) this.#current = state;
    this.#lookedAtMs = this.#options.runtime.monotonicMs();
    return this.#current;
  }

  #facts(): CommitFacts {
    const { runtime, engineVersion } = this.#options;
    return { nowMs: runtime.nowMs(), txnId: runtime.uuid(), engineVersion };
  }

  #missing(): never {
    throw new ContradictionError(
      'table_missing',
      `there is no table ${this.name} at ${this.#store.name}: make the tables with \`provenonce schema apply --sink delta\``,
    );
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {}); // the next one's turn comes after a failure too
    return result;
  }
}
