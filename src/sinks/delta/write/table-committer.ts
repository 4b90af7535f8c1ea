/**
 * Commits the rows of all partitions of this process to one data table: rows and the position that they reach land together or not at all.
 *
 * Invariants: 1. a partition's rows are committed on condition that the table has its epoch and the position that this owner committed last;
 * 2. one commit at a time, so a partition's rows land in order; 3. a partition whose condition fails leaves the commit with its rows and its
 * position, and the others continue; 4. rows in memory are bounded by the caller, who waits for what it handed over.
 */
import type { Runtime } from '../../../base/runtime.ts';
import type { DataTable } from '../../../payments/types.ts';
import type { DeltaTable, FileFormat, TableSnapshot } from '../ports.ts';
import { checkOurs } from '../tables/foreign-commits.ts';
import { positionIn, setPosition, type TablePosition } from '../takeover/positions.ts';
import { CommitFiles } from './commit-files.ts';
import { Lane, type LanePart, type LanePlace } from './lane.ts';

export interface CommitLimits {
  /** Rows are gathered for this long. */
  readonly commitIntervalMs: number;
  /** A commit does not wait longer once this number of rows, or of their bytes, is gathered. */
  readonly commitRows: number;
  readonly commitBytes: number;
  readonly fileRows: number;
  readonly reuploadAfterMs: number;
}

export interface TableCommitterOptions {
  readonly name: DataTable;
  readonly table: DeltaTable;
  readonly format: FileFormat;
  readonly runtime: Runtime;
  readonly limits: CommitLimits;
  /** Why a partition's position is not what this owner left: fenced, or a contradiction. Asks the sink. */
  readonly whyNot: (place: LanePlace, table: DataTable, found: TablePosition) => Promise<Error>;
}

export class TableCommitter {
  readonly #options: TableCommitterOptions;
  readonly #lanes = new Set<Lane>();
  #running = false;
  #lastStartMs = Number.NEGATIVE_INFINITY;
  #wake: (() => void) | undefined;

  constructor(options: TableCommitterOptions) {
    this.#options = options;
  }

  /** `next`: the table's position, as the fence of this claim found it. */
  open(place: LanePlace, next: number): Lane {
    const lane = new Lane(place, next, () => this.#onChange());
    this.#lanes.add(lane);
    return lane;
  }

  close(lane: Lane): void {
    lane.close();
    this.#lanes.delete(lane);
  }

  #onChange(): void {
    if (this.#running) {
      this.#wake?.();
      return;
    }
    this.#running = true;
    void this.#run();
  }

  async #run(): Promise<void> {
    const { runtime } = this.#options;
    // What is handed over within one turn of the event loop goes together.
    await runtime.sleep(0);
    while (this.#hasWhole()) {
      await this.#untilDue();
      this.#lastStartMs = runtime.monotonicMs();
      const parts = [...this.#lanes].flatMap((lane) => lane.take() ?? []);
      if (parts.length > 0) await this.#commit(parts);
    }
    this.#running = false;
  }

  #hasWhole(): boolean {
    return [...this.#lanes].some((lane) => lane.hasWhole);
  }

  /** Resolves when the interval is over, when enough is gathered, or when somebody waits for all that is here. */
  async #untilDue(): Promise<void> {
    const { runtime, limits } = this.#options;
    for (;;) {
      const leftMs = this.#lastStartMs + limits.commitIntervalMs - runtime.monotonicMs();
      if (leftMs <= 0 || this.#isEnough()) return;
      const woken = new AbortController();
      this.#wake = () => {
        if (this.#isEnough()) woken.abort();
      };
      await runtime.sleep(leftMs, woken.signal).catch(() => {}); // woken: the loop looks again
      this.#wake = undefined;
    }
  }

  #isEnough(): boolean {
    const { commitRows, commitBytes } = this.#options.limits;
    const lanes = [...this.#lanes];
    const rows = lanes.reduce((sum, { rowCount }) => sum + rowCount, 0);
    const bytes = lanes.reduce((sum, { byteLength }) => sum + byteLength, 0);
    return rows >= commitRows || bytes >= commitBytes || lanes.every(({ isAwaited }) => isAwaited);
  }

  async #commit(parts: readonly LanePart[]): Promise<void> {
    const { table } = this.#options;
    const commit = new OneCommit(parts, this.#options);
    try {
      const snapshot = await table.commit((newest) => commit.prepare(newest));
      commit.settleIn(snapshot);
      await commit.failLost();
    } catch (error) {
      commit.failAll(error instanceof Error ? error : new Error(String(error)));
    } finally {
      for (const { pieces } of parts) for (const { rows } of pieces) rows.lease.release();
    }
  }
}

/** One commit, from its rows to what became of each partition. */
class OneCommit {
  readonly #options: TableCommitterOptions;
  readonly #open: Set<LanePart>;
  readonly #lost: [LanePart, TablePosition][] = [];
  readonly #files: CommitFiles;

  constructor(parts: readonly LanePart[], options: TableCommitterOptions) {
    this.#options = options;
    this.#open = new Set(parts);
    this.#files = new CommitFiles({ ...options, ...options.limits });
  }

  async prepare(snapshot: TableSnapshot) {
    checkOurs(this.#options.table.name, snapshot);
    this.settleIn(snapshot);
    const parts = [...this.#open];
    if (parts.length === 0) return undefined;
    const txns = new Map<string, number>();
    for (const { lane, to, print } of parts) setPosition(txns, lane.place, { next: to, print });
    return { operation: 'WRITE', txns, adds: await this.#files.of(parts) };
  }

  /** What became of each partition, as far as this snapshot tells. */
  settleIn(snapshot: TableSnapshot): void {
    for (const part of this.#open) {
      const { lane, from, to } = part;
      const found = positionIn(snapshot, lane.place);
      const isOurs = found.epoch === lane.place.epoch;
      if (isOurs && found.next === from) continue;
      this.#open.delete(part);
      if (isOurs && found.next === to) lane.landed(part);
      else this.#lost.push([part, found]);
    }
  }

  async failLost(): Promise<void> {
    const { whyNot, name } = this.#options;
    for (const [part, found] of this.#lost) part.lane.fail(await whyNot(part.lane.place, name, found), part);
    this.#lost.length = 0;
  }

  failAll(error: Error): void {
    for (const part of [...this.#open, ...this.#lost.map(([lost]) => lost)]) part.lane.fail(error, part);
  }
}
