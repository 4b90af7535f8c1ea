/**
 * Tables and write streams of the simulated BigQuery: which rows have landed, and which of them queries see.
 * Invariants: (1) a row is stored at the next offset of its stream or not at all; (2) a finalized or lost stream takes
 * no row; (3) rows of a stream become visible in order; an answer that says they are there is given only once they are
 * visible (answerAtMs); (4) rows outlive their streams.
 */
import type { AppendTable, DataTable } from '../../../payments/types.ts';
import { APPEND_TABLES } from '../../../payments/types.ts';
import type { AppendRows, CheckpointRow, RowStamp } from '../../../sinks/bigquery/ports.ts';
import type { SimContext } from '../world/context.ts';
import { copy, type SimPayload } from './sim-encoder.ts';

export interface SimRow<T extends AppendTable = AppendTable> {
  readonly row: AppendRows[T];
  readonly stamp: RowStamp;
  readonly stream: string;
  readonly streamOffset: number;
  /** Virtual time from which a query sees it. */
  visibleAtMs: number;
}

export interface SimStream {
  readonly name: string;
  readonly table: AppendTable;
  rowCount: number;
  status: 'open' | 'finalized' | 'lost';
  /** Every row so far is visible from this virtual time on. */
  visibleAtMs: number;
  /** The partition that its rows belong to; undefined before the first. */
  partition: number | undefined;
}

export type AppendOutcome =
  | { readonly kind: 'appended'; readonly answerAtMs: number }
  | { readonly kind: 'already_exists'; readonly expected: number; readonly answerAtMs: number }
  | { readonly kind: 'out_of_range'; readonly expected: number }
  | { readonly kind: 'finalized' }
  | { readonly kind: 'lost' };

export class SimTables {
  readonly streams = new Map<string, SimStream>();
  readonly #context: SimContext;
  readonly #checkpointed = new Map<number, number>();
  readonly #setAside = new Map<AppendTable, SimRow[]>();
  readonly #rows: Readonly<Record<AppendTable, SimRow[]>>;

  constructor(context: SimContext) {
    this.#context = context;
    this.#rows = Object.fromEntries(APPEND_TABLES.map((table) => [table, []])) as unknown as Record<
      AppendTable,
      SimRow[]
    >;
  }

  createStream(tablePath: string): SimStream {
    const table = APPEND_TABLES.find((name) => tablePath.endsWith(`/tables/${name}`));
    if (table === undefined) throw new RangeError(`no table ${tablePath}`);
    const name = `${tablePath}/streams/s${this.streams.size + 1}`;
    const stream: SimStream = { name, table, rowCount: 0, status: 'open', visibleAtMs: 0, partition: undefined };
    this.streams.set(name, stream);
    return stream;
  }

  append(stream: SimStream, offset: number, payload: SimPayload): AppendOutcome {
    if (stream.status !== 'open') return { kind: stream.status };
    const expected = stream.rowCount;
    if (offset < expected) return { kind: 'already_exists', expected, answerAtMs: stream.visibleAtMs };
    if (offset > expected) return { kind: 'out_of_range', expected };
    const { scheduler, rng, faults } = this.#context;
    const { visibilityLagChance, visibilityLagMsMax } = faults.noise;
    const lagMs = rng.chance(visibilityLagChance) ? rng.between(1, visibilityLagMsMax) : 0;
    const visibleAtMs = Math.max(stream.visibleAtMs, scheduler.nowMs + lagMs);
    const rows = this.#rows[stream.table];
    for (const row of payload.rows) {
      rows.push({ row, stamp: payload.stamp, stream: stream.name, streamOffset: stream.rowCount++, visibleAtMs });
    }
    stream.visibleAtMs = visibleAtMs;
    this.#noteCheckpoints(payload);
    stream.partition = payload.stamp.partition;
    return { kind: 'appended', answerAtMs: visibleAtMs };
  }

  /** The greatest next_offset of a landed checkpoint; 0 where there is none. */
  checkpointed(partition: number): number {
    return this.#checkpointed.get(partition) ?? 0;
  }

  #noteCheckpoints({ rows, stamp: { partition } }: SimPayload): void {
    for (const row of rows) {
      if ('nextOffset' in row)
        this.#checkpointed.set(partition, Math.max(this.checkpointed(partition), row.nextOffset));
    }
  }

  /** Adds the rows of a world that begins with a dataset. */
  put<T extends AppendTable>(table: T, rows: readonly SimRow<T>[]): void {
    this.#rows[table].push(...(rows as readonly SimRow[]));
  }

  /** Everything that landed, in order of landing. For checkers; not for processes. */
  landed<T extends AppendTable>(table: T): readonly SimRow<T>[] {
    return this.#rows[table] as unknown as readonly SimRow<T>[];
  }

  /** DELETE of a range of offsets; streams keep their row counts. Returns the number of deleted rows. */
  removeRows(table: DataTable, partition: number, from: number, to: number): number {
    const kept = this.#rows[table].filter(({ row, stamp }) => {
      const { kafkaOffset } = row as { readonly kafkaOffset: number };
      return stamp.partition !== partition || kafkaOffset < from || kafkaOffset >= to;
    });
    const removed = this.#rows[table].length - kept.length;
    this.#rows[table].splice(0, Number.POSITIVE_INFINITY, ...kept);
    return removed;
  }

  /** Tables dropped and created again, and not yet restored: rows written meanwhile are in the wrong table. */
  get replaced(): readonly AppendTable[] {
    return [...this.#setAside.keys()];
  }

  /** DROP TABLE and CREATE TABLE: the rows and streams of the table are gone. */
  replaceTable(table: AppendTable): void {
    if (this.#setAside.has(table)) return;
    this.#setAside.set(table, this.#rows[table].splice(0));
    this.#loseStreamsOf(table);
  }

  /** An operator restores the old table in place of the new one, and accepts it. */
  restoreTable(table: AppendTable): void {
    const before = this.#setAside.get(table);
    if (before === undefined) return;
    this.#setAside.delete(table);
    this.#rows[table].splice(0, Number.POSITIVE_INFINITY, ...before);
    this.#loseStreamsOf(table);
  }

  #loseStreamsOf(table: AppendTable): void {
    for (const stream of this.streams.values()) if (stream.table === table) stream.status = 'lost';
  }

  /** The greatest checkpoint of each partition that a query sees now. */
  newestCheckpoints(): CheckpointRow[] {
    const { nowMs } = this.#context.scheduler;
    const newest = new Map<number, CheckpointRow>();
    for (const { row, visibleAtMs } of this.landed('checkpoint_log')) {
      const known = newest.get(row.partition);
      if (visibleAtMs <= nowMs && (known === undefined || row.nextOffset > known.nextOffset))
        newest.set(row.partition, row);
    }
    return [...newest.values()];
  }

  /** COUNT(*) as a query sees it now. */
  visibleRows(table: AppendTable): number {
    const { nowMs } = this.#context.scheduler;
    return this.landed(table).filter(({ visibleAtMs }) => visibleAtMs <= nowMs).length;
  }

  /** Copies of the rows of one partition that a query sees now. */
  visible<T extends AppendTable>(table: T, partition: number, where: (row: SimRow<T>) => boolean): SimRow<T>[] {
    const nowMs = this.#context.scheduler.nowMs;
    const found: SimRow<T>[] = [];
    for (const row of this.landed(table)) {
      if (row.stamp.partition === partition && row.visibleAtMs <= nowMs && row.stamp.writerEpoch > 0 && where(row)) {
        found.push({ ...row, row: copy(row.row) });
      }
    }
    return found;
  }

  /**
   * Marks the streams of one partition, or of all, as unknown, as expiry or a restart of the emulator does. Their
   * landed rows are visible from now on: the row counts are lost, so the guarantee relies on this (as in the protocol
   * model).
   */
  loseStreams(partition?: number): void {
    const { nowMs } = this.#context.scheduler;
    for (const stream of this.streams.values()) {
      if (partition !== undefined && stream.partition !== partition) continue;
      stream.status = 'lost';
      if (stream.visibleAtMs <= nowMs) continue;
      stream.visibleAtMs = nowMs;
      for (const row of this.#rows[stream.table]) {
        if (row.stream === stream.name) row.visibleAtMs = Math.min(row.visibleAtMs, nowMs);
      }
    }
  }

  /** Another process finalizes the open streams. */
  finalizeStreams(partition: number): void {
    for (const stream of this.streams.values()) {
      if (stream.partition === partition && stream.status === 'open') stream.status = 'finalized';
    }
  }
}
