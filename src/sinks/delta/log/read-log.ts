/**
 * Reads a table's log: opens it (from the newest log checkpoint, or from version 0), and follows it from a state that was
 * read before.
 *
 * Clean-up frees the names of old versions, and a put that was in flight may then land under such a name, in no table. So
 * neither "not there" nor "there" is believed of a version past the one that the state stands on, unless afterwards
 * `_last_checkpoint` is at most `keptCommits` past that: nothing newer has been freed then (log-upkeep.ts). Other engines free
 * by age alone, below `_last_checkpoint`: against theirs, the version that the state stands on must still be there, with the
 * same bytes. That also tells a table that was made again from the one that it replaced.
 */
import { ContradictionError } from '../../../base/errors.ts';
import type { Action } from './actions.ts';
import type { CheckpointFormat } from './checkpoint/checkpoint-format.ts';
import { type LastCheckpoint, parseLastCheckpoint, secondKind } from './checkpoint/last-checkpoint.ts';
import type { LogLimits } from './log-limits.ts';
import {
  checkpointKeys,
  commitKey,
  commitVersions,
  lastCheckpointKey,
  logFileOf,
  logPrefix,
  wholeCheckpoints,
} from './log-names.ts';
import { type Commit, type LogState, type ReplayOptions, replay } from './log-state.ts';
import { damaged, parseCommit } from './parse-actions.ts';
import type { PatientStore } from './patient-store.ts';

/** Enough for the time and the txnId of a commit, which no other one has. */
const HEAD_BYTES = 512;

/** Clean-up took a file while we read: open again. */
class Overtaken extends Error {}

interface Opened {
  /** Version of the log checkpoint that it stands on; -1 for the start of the log. */
  readonly base: number;
  readonly state: LogState | undefined;
}

export class LogReader {
  readonly table: string;
  readonly #store: PatientStore;
  readonly #checkpoints: CheckpointFormat;
  readonly #limits: LogLimits;
  /** The greatest version of `_last_checkpoint` that was read. */
  #newestCheckpoint = -1;

  constructor(table: string, store: PatientStore, checkpoints: CheckpointFormat, limits: LogLimits) {
    this.table = table;
    this.#store = store;
    this.#checkpoints = checkpoints;
    this.#limits = limits;
  }

  get newestCheckpoint(): number {
    return this.#newestCheckpoint;
  }

  /** The table at the end of its log; undefined where it has none. */
  async open(): Promise<LogState | undefined> {
    return this.#open(undefined);
  }

  /** The table at the end of its log: the same state if nothing was added. Throws if the table is another one now. */
  async follow(state: LogState): Promise<LogState | undefined> {
    const commits = await this.#readOn(state.version).catch((error: unknown) => {
      if (error instanceof Overtaken) return undefined;
      throw error;
    });
    if (commits === undefined || !(await this.holds(state))) return this.reopen(state);
    return commits.length === 0 ? state : this.replay(state, commits);
  }

  /** Asked after versions past this state were read or created: whether they are of its table, and none had been freed. */
  async holds(state: LogState | undefined): Promise<boolean> {
    const [last, isThere] = await Promise.all([this.#lastCheckpoint(), state === undefined || this.#isThere(state)]);
    return isThere && this.#keeps(state?.version ?? -1, last);
  }

  /** Whether the commit file that the state ends with is still there, and is the same. */
  async #isThere({ version, head }: LogState): Promise<boolean> {
    const found = await this.#store.get(commitKey(this.table, version), { from: 0, to: HEAD_BYTES });
    return found !== undefined && (head === undefined || Buffer.compare(found, head) === 0);
  }

  #keeps(base: number, last: LastCheckpoint | undefined): boolean {
    return (last?.version ?? -1) - this.#limits.keptCommits <= base;
  }

  /** Whether a file of the next version follows nothing: this version is not there, and no log checkpoint is past it. */
  async isLoose(version: number): Promise<boolean> {
    const files = (await this.#store.list(logPrefix(this.table))).map(({ key }) => logFileOf(key));
    return !files.some(
      (file) =>
        (file.kind === 'commit' && file.version === version) ||
        ((file.kind === 'checkpoint' || file.kind === 'checkpoint-v2') && file.version > version),
    );
  }

  /** Opened anew, and compared with what is known. */
  async reopen(state: LogState | undefined): Promise<LogState | undefined> {
    const opened = await this.#open(state);
    if (opened !== undefined && state !== undefined) this.#checkSame(state, opened);
    return opened;
  }

  replay(state: LogState | undefined, commits: readonly Commit[]): LogState {
    const next = replay(state, commits, this.#replayOptions(state === undefined ? Number.POSITIVE_INFINITY : 0));
    if (state !== undefined) this.#checkSame(state, next);
    return next;
  }

  parse(version: number, bytes: Uint8Array): Commit {
    const where = this.#where(commitKey(this.table, version));
    return { version, actions: parseCommit(bytes, where), where, head: bytes.slice(0, HEAD_BYTES) };
  }

  #checkSame(before: LogState, now: LogState): void {
    if (before.metadata.id !== now.metadata.id) throw this.#replaced(before, now.metadata.id);
    if (now.version < before.version) {
      throw new ContradictionError(
        'rows_lost',
        `the log of ${this.table} at ${this.#store.name} went back from version ${before.version} to ${now.version}: ` +
          'an older copy was put in its place',
      );
    }
  }

  /** A log that cannot be opened, of a table that was there: dropped, or made again. */
  async #checkStillThere(before: LogState): Promise<void> {
    const first = await this.#commit(0);
    const id = first?.actions.find(({ metaData }) => metaData !== undefined)?.metaData?.id;
    if (id !== undefined && id !== before.metadata.id) throw this.#replaced(before, id);
    if (first !== undefined || (await this.#store.has(commitKey(this.table, before.version)))) return;
    const name = `${this.table} at ${this.#store.name}`;
    throw new ContradictionError(
      'table_missing',
      `${name} was removed: the log that ended at version ${before.version}`,
    );
  }

  #replaced(before: LogState, id: string): ContradictionError {
    const name = `${this.table} at ${this.#store.name}`;
    return new ContradictionError(
      'table_replaced',
      `${name} was replaced by another table: its id is ${id}, and was ${before.metadata.id}`,
    );
  }

  async #open(before: LogState | undefined): Promise<LogState | undefined> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#openOnce(before, attempt % 2 === 1);
      } catch (error) {
        if (!(error instanceof Overtaken)) throw error;
        if (attempt < this.#limits.openAttempts) continue;
        if (before !== undefined) await this.#checkStillThere(before);
        throw damaged(`the log of ${this.table} at ${this.#store.name}`, error.message);
      }
    }
  }

  /** Every second attempt looks at all files: `_last_checkpoint` may be wrong. */
  async #openOnce(before: LogState | undefined, trustsHint: boolean): Promise<LogState | undefined> {
    const hint = await this.#lastCheckpoint();
    const opened = await this.#openAt(trustsHint ? hint : undefined, before);
    const last = await this.#lastCheckpoint();
    if (this.#keeps(opened.base, last)) {
      if (opened.state !== undefined) await this.#checkNothingLater(opened.state.version);
      return opened.state;
    }
    const found =
      opened.base < 0
        ? 'there is no log checkpoint'
        : `the newest log checkpoint that can be read is of version ${opened.base}`;
    throw new Overtaken(`_last_checkpoint names version ${last?.version}, and ${found}`);
  }

  /**
   * No version past a gap: `_last_checkpoint` may have been set back by a write that was late, and then the versions
   * after its checkpoint may have been freed.
   */
  async #checkNothingLater(version: number): Promise<void> {
    const listed = await this.#store.list(logPrefix(this.table), commitKey(this.table, version));
    let next = version + 1;
    for (const each of commitVersions(listed)) next = each === next ? each + 1 : next;
    const later = listed
      .map(({ key }) => logFileOf(key))
      .flatMap((file) => ('version' in file && file.version >= next ? [file.version] : []))[0];
    if (later !== undefined) throw new Overtaken(`version ${next} is missing, and ${later} is there`);
  }

  async #openAt(hint: LastCheckpoint | undefined, before: LogState | undefined): Promise<Opened> {
    const start = hint === undefined ? undefined : await this.#readCheckpoint(hint);
    if (hint !== undefined && Array.isArray(start)) {
      return this.#fromCheckpoint(hint.version, start, () => this.#readOn(hint.version), before);
    }
    return this.#openByListing(before);
  }

  /** Without a usable `_last_checkpoint`: the newest log checkpoint that is whole, or the log from version 0. */
  async #openByListing(before: LogState | undefined): Promise<Opened> {
    const listed = await this.#store.list(logPrefix(this.table));
    const versions = commitVersions(listed);
    let unusable: Error | undefined;
    for (const checkpoint of wholeCheckpoints(listed)) {
      const start = await this.#readCheckpoint(checkpoint);
      if (Array.isArray(start)) {
        const { version } = checkpoint;
        const later = () =>
          this.#commits(
            version,
            versions.filter((each) => each > version),
          );
        return this.#fromCheckpoint(version, start, later, before);
      }
      unusable ??= start;
    }
    if (versions.length === 0 && unusable === undefined) return { base: -1, state: undefined };
    if (versions[0] !== 0) {
      if (unusable !== undefined) throw unusable;
      const second = listed.find(({ key }) => logFileOf(key).kind === 'checkpoint-v2');
      if (second !== undefined) throw secondKind(this.#where(second.key));
      throw new Overtaken(`version 0 is missing and there is no log checkpoint: the first one is ${versions[0]}`);
    }
    return { base: -1, state: this.#replayed(undefined, await this.#commits(-1, versions), before) };
  }

  async #fromCheckpoint(
    version: number,
    actions: readonly Action[],
    later: () => Promise<readonly Commit[]>,
    before: LogState | undefined,
  ): Promise<Opened> {
    const where = `the log checkpoint of version ${version}`;
    const start = replay(
      undefined,
      [{ version, actions, where, head: undefined }],
      this.#replayOptions(Number.POSITIVE_INFINITY),
    );
    return { base: version, state: this.#replayed(start, await later(), before) };
  }

  #replayed(start: LogState | undefined, commits: readonly Commit[], before: LogState | undefined): LogState {
    if (start !== undefined && commits.length === 0) return before === undefined ? start : withForeign(start, before);
    const watchFrom = before === undefined ? Number.POSITIVE_INFINITY : before.version + 1;
    const from = start !== undefined && before !== undefined ? withForeign(start, before) : start;
    return replay(from, commits, this.#replayOptions(watchFrom));
  }

  #replayOptions(watchFrom: number): ReplayOptions {
    return { table: this.table, watchFrom, maxForeignCommits: this.#limits.maxForeignCommits };
  }

  /** The commits after `from`: these versions, which must follow it without a gap. */
  async #commits(from: number, versions: readonly number[]): Promise<Commit[]> {
    const wrong = versions.findIndex((version, index) => version !== from + 1 + index);
    if (wrong >= 0) throw new Overtaken(`version ${from + 1 + wrong} is missing, and ${versions[wrong]} is there`);
    const commits: Commit[] = [];
    for (let at = 0; at < versions.length; at += this.#limits.concurrentReads) {
      const slice = versions.slice(at, at + this.#limits.concurrentReads);
      for (const [index, commit] of (await Promise.all(slice.map((version) => this.#commit(version)))).entries()) {
        if (commit === undefined) throw new Overtaken(`version ${slice[index]} was listed, and is missing`);
        commits.push(commit);
      }
    }
    return commits;
  }

  /** The commits after `from` up to the first version that is not there. Several at a time where many are. */
  async #readOn(from: number): Promise<Commit[]> {
    const commits: Commit[] = [];
    for (let width = 1; ; width = Math.min(this.#limits.concurrentReads, width * 2)) {
      const next = from + 1 + commits.length;
      const found = await Promise.all(Array.from({ length: width }, (_, index) => this.#commit(next + index)));
      const end = found.indexOf(undefined);
      commits.push(...found.slice(0, end < 0 ? width : end).filter((commit) => commit !== undefined));
      // Past one that was not there yet, others may have been put while these reads were running: read again.
      if (end >= 0 && found.slice(end).every((commit) => commit === undefined)) return commits;
      if (end >= 0 && !(await this.#store.has(commitKey(this.table, next + end)))) {
        throw new Overtaken(`version ${next + end} is missing, and a later one is there`);
      }
    }
  }

  async #commit(version: number): Promise<Commit | undefined> {
    const bytes = await this.#store.getLogFile(commitKey(this.table, version));
    return bytes === undefined ? undefined : this.parse(version, bytes);
  }

  async #lastCheckpoint(): Promise<LastCheckpoint | undefined> {
    const key = lastCheckpointKey(this.table);
    const bytes = await this.#store.get(key);
    const last = bytes === undefined ? undefined : parseLastCheckpoint(bytes, this.#where(key));
    this.#newestCheckpoint = Math.max(this.#newestCheckpoint, last?.version ?? -1);
    return last;
  }

  /** The error where a file of it is missing or torn: an older one, or the log from its start, may do. */
  async #readCheckpoint({ version, parts }: LastCheckpoint): Promise<Action[] | Error> {
    const actions: Action[] = [];
    for (const key of checkpointKeys(this.table, version, parts)) {
      const bytes = await this.#store.getLogFile(key);
      if (bytes === undefined) return new Overtaken(`${this.#where(key)} is missing`);
      try {
        for (const action of await this.#checkpoints.decode(bytes, this.#where(key))) actions.push(action);
      } catch (error) {
        if (error instanceof ContradictionError) return error;
        throw error;
      }
    }
    return actions;
  }

  #where(key: string): string {
    return `${this.#store.name}/${key}`;
  }
}

function withForeign(state: LogState, { foreign }: LogState): LogState {
  return { ...state, foreign };
}
