/**
 * The simulated object store, and the tables in it as their logs say they are. Every change of an object goes through `create`,
 * `replace` and `remove`, at one moment each.
 *
 * Invariants: (1) of the creates of one key one lands; (2) an object is whole or not there; (3) once a create was answered
 * `created`, every read and listing sees the object: what a store must promise (ports.ts of the sink).
 */
import type { SimContext } from '../world/context.ts';
import { EPOCH_MS } from '../world/context.ts';
import { cellsOfStream, type StoredCells } from './stored-cells.ts';
import { type LandedCommit, TableLog } from './table-log.ts';

interface Held {
  readonly bytes: Uint8Array;
  readonly modifiedAtMs: number;
}

const COMMIT = /^([^/]+)\/_delta_log\/(\d{20})\.json$/;
const NO_CELLS: readonly StoredCells[] = [];

/** The table and version that a key is the commit of. */
export function commitOf(key: string): { readonly table: string; readonly version: number } | undefined {
  const [, table, version] = COMMIT.exec(key) ?? [];
  return table === undefined ? undefined : { table, version: Number(version) };
}

export class SimStore {
  /** Virtual time until which no request is answered. */
  downUntilMs = 0;
  readonly #context: SimContext;
  readonly #unpack: (bytes: Uint8Array) => Uint8Array;
  readonly #objects = new Map<string, Held>();
  readonly #logs = new Map<string, TableLog>();
  /** Data files that were removed from the store are kept here for checkers. */
  readonly #cells = new Map<string, readonly StoredCells[]>();

  /** `unpack`: the Arrow stream in a file. */
  constructor(context: SimContext, unpack: (bytes: Uint8Array) => Uint8Array) {
    this.#context = context;
    this.#unpack = unpack;
  }

  /** Whether the object is there now because of this. */
  create(key: string, bytes: Uint8Array): boolean {
    if (this.#objects.has(key)) return false;
    this.#put(key, bytes);
    const commit = commitOf(key);
    if (commit !== undefined) this.#land(commit.table, commit.version, bytes);
    return true;
  }

  replace(key: string, bytes: Uint8Array): void {
    this.#put(key, bytes);
    if (key.endsWith('/_last_checkpoint')) this.#context.marks.hit('log_checkpoint_written');
  }

  remove(keys: readonly string[]): void {
    for (const key of keys) {
      if (this.#objects.delete(key) && commitOf(key) !== undefined) this.#context.marks.hit('log_cleaned_up');
    }
  }

  get(key: string): Held | undefined {
    return this.#objects.get(key);
  }

  /** Ascending by key; keys are ASCII. */
  list(
    prefix: string,
    after: string,
  ): { readonly key: string; readonly byteLength: number; readonly modifiedAtMs: number }[] {
    const found = [...this.#objects].filter(([key]) => key.startsWith(prefix) && key > after);
    return found
      .map(([key, { bytes, modifiedAtMs }]) => ({ key, byteLength: bytes.length, modifiedAtMs }))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  /** The table's log; undefined before it is made. */
  log(table: string): TableLog | undefined {
    return this.#logs.get(table);
  }

  /** The rows of a table that processors wrote, in the order in which its files were added. */
  cells(table: string): StoredCells[] {
    const log = this.#logs.get(table);
    const paths = [...(log?.files ?? [])].filter((path) => !log!.foreign.has(path));
    return paths.flatMap((path) => this.cellsOf(`${table}/${path}`));
  }

  /** The rows of a file. None of a file that is gone, which the checks then miss. */
  cellsOf(key: string): readonly StoredCells[] {
    const known = this.#cells.get(key);
    if (known !== undefined) return known;
    const held = this.#objects.get(key);
    const cells = held === undefined ? NO_CELLS : cellsOfStream(this.#unpack(held.bytes));
    this.#cells.set(key, cells);
    return cells;
  }

  #put(key: string, bytes: Uint8Array): void {
    this.#objects.set(key, { bytes, modifiedAtMs: EPOCH_MS + this.#context.scheduler.nowMs });
  }

  #land(table: string, version: number, bytes: Uint8Array): void {
    const log = this.#logs.get(table) ?? new TableLog();
    this.#logs.set(table, log);
    const landed = log.land(version, bytes);
    const { trace, marks } = this.#context;
    if (landed === undefined) {
      marks.hit('put_under_freed_name');
      trace.add('store', `${table}: version ${version} is in no table, which is at ${log.version}`);
    } else {
      trace.add('store', commitText(table, landed));
    }
  }
}

function commitText(table: string, { version, operation, added, removed }: LandedCommit): string {
  const files = added.length + removed.length === 0 ? '' : ` +${added.length} -${removed.length} files`;
  return `${table}: version ${version} ${operation}${files}`;
}
