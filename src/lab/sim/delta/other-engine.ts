/**
 * Another engine beside the processors: it compacts a table, writes a log checkpoint and cleans the log up, or does what nobody but a
 * processor may. It works on the store directly, each action at one moment.
 */
import type { SimContext } from '../world/context.ts';
import { EPOCH_MS } from '../world/context.ts';
import { commitOf, type SimStore } from './sim-store.ts';
import type { TableLog } from './table-log.ts';

type Line = Readonly<Record<string, unknown>>;

const ENGINE = 'other-engine/1.0';

/** Gathers the bytes of files into those of one. */
export type JoinFiles = (files: readonly Uint8Array[]) => Uint8Array;

export class OtherEngine {
  readonly #context: SimContext;
  readonly #store: SimStore;
  readonly #join: JoinFiles;
  #files = 0;

  constructor(context: SimContext, store: SimStore, join: JoinFiles) {
    this.#context = context;
    this.#store = store;
    this.#join = join;
  }

  /** One file in place of all: no row changes. Files of further columns stay as they are. */
  compact(table: string): void {
    const log = this.#store.log(table);
    const paths = [...(log?.files ?? [])];
    // Rows of its own stay in files of their own: the checks pass over them.
    if (log === undefined || paths.length < 2 || log.foreign.size > 0) return;
    const added = this.#write(table, paths);
    if (added === undefined) return;
    this.#commit(table, log, 'OPTIMIZE', [
      ...paths.map((path) => ({
        remove: { path: encodePath(path), deletionTimestamp: this.#nowMs, dataChange: false },
      })),
      added(false),
    ]);
    this.#context.marks.hit('compaction_beside');
  }

  /** The rows of the table's first file again. */
  addRows(table: string): boolean {
    const log = this.#store.log(table);
    const [first] = log?.files ?? [];
    if (log === undefined || first === undefined) return false;
    const added = this.#write(table, [first]);
    if (added === undefined) return false;
    this.#commit(table, log, 'WRITE', [added(true)]);
    this.#context.marks.hit('foreign_commit');
    return true;
  }

  /**
   * A log checkpoint of the newest version; commits before it are removed but for the last `keptCommits`, as the settings of the table
   * ask of every engine. `keepsTxns` false: the log checkpoint forgets positions.
   */
  cleanUp(table: string, keepsTxns: boolean, keptCommits: number): boolean {
    const log = this.#store.log(table);
    if (log === undefined || log.version < 1) return false;
    const actions = this.#actionsOf(table).filter(({ txn }) => keepsTxns || txn === undefined);
    const name = `${table}/_delta_log/${String(log.version).padStart(20, '0')}`;
    if (!this.#store.create(`${name}.checkpoint.parquet`, linesOf(actions))) return false;
    this.#store.replace(
      `${table}/_delta_log/_last_checkpoint`,
      Buffer.from(JSON.stringify({ version: log.version, size: actions.length })),
    );
    const commits = this.#store
      .list(`${table}/_delta_log/`, '')
      .flatMap(({ key }) => (commitOf(key) === undefined ? [] : [key]));
    this.#store.remove(commits.filter((key) => commitOf(key)!.version < log.version - keptCommits));
    return true;
  }

  get #nowMs(): number {
    return EPOCH_MS + this.#context.scheduler.nowMs;
  }

  /** Uploads the rows of these files as one; undefined where their columns differ. */
  #write(table: string, paths: readonly string[]): ((dataChange: boolean) => Line) | undefined {
    const bytes = paths.map((path) => this.#store.get(`${table}/${path}`)?.bytes);
    if (!bytes.every((each) => each !== undefined)) return undefined;
    const schemas = new Set(paths.map((path) => Object.keys(this.#store.cellsOf(`${table}/${path}`)[0] ?? {}).join()));
    if (schemas.size > 1) return undefined;
    const path = `other-${++this.#files}.parquet`;
    const joined = this.#join(bytes);
    this.#store.create(`${table}/${path}`, joined);
    const add = { path, partitionValues: {}, size: joined.length, modificationTime: this.#nowMs };
    return (dataChange) => ({ add: { ...add, dataChange } });
  }

  #commit(table: string, log: TableLog, operation: string, actions: readonly Line[]): void {
    const info = { commitInfo: { timestamp: this.#nowMs, operation, engineInfo: ENGINE } };
    const key = `${table}/_delta_log/${String(log.version + 1).padStart(20, '0')}.json`;
    this.#store.create(key, linesOf([info, ...actions]));
  }

  /** What the log says, all commits together: the newest protocol, metaData and txn of each, and the files that are there. */
  #actionsOf(table: string): Line[] {
    const log = this.#store.log(table)!;
    const newest = new Map<string, Line>();
    const adds = new Map<string, Line>();
    for (const bytes of log.commits) {
      for (const line of parse(bytes)) {
        if (line.protocol !== undefined) newest.set('protocol', line);
        if (line.metaData !== undefined) newest.set('metaData', line);
        const txn = line.txn as { appId: string } | undefined;
        if (txn !== undefined) newest.set(`txn ${txn.appId}`, line);
        const add = line.add as { path: string } | undefined;
        if (add !== undefined) adds.set(add.path, line);
        const remove = line.remove as { path: string } | undefined;
        if (remove !== undefined) adds.delete(remove.path);
      }
    }
    return [...newest.values(), ...adds.values()];
  }
}

function encodePath(path: string): string {
  return path.split('/').map(encodeURIComponent).join('/');
}

function parse(bytes: Uint8Array): Line[] {
  const lines = Buffer.from(bytes).toString().split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Line);
}

function linesOf(actions: readonly Line[]): Uint8Array {
  return Buffer.from(actions.map((action) => `${JSON.stringify(action)}\n`).join(''));
}
