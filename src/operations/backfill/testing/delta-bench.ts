/** Late rows in Delta tables on a store in memory, and what a whole backfill leaves. Several commands may share one store. */
import { expect } from 'vitest';
import { cellsByName } from '../../../payments/row-cells.ts';
import type { ExceptionRow, TransactionRow } from '../../../payments/types.ts';
import type { Checkpoint, Ownership } from '../../../processor/ports.ts';
import { acceptedRow, FIXED, MINUTE_MS, NOON_MS, settings } from '../../../sinks/bigquery/testing/sample-rows.ts';
import type { RowObject } from '../../../sinks/delta/files/arrow-objects.ts';
import { ParquetFormat } from '../../../sinks/delta/files/parquet-format.ts';
import { DeltaBackfill } from '../../../sinks/delta/operators/backfill-tables.ts';
import { DeltaKnownPayments } from '../../../sinks/delta/operators/known-payments.ts';
import type { ObjectStore } from '../../../sinks/delta/ports.ts';
import { uploadRows } from '../../../sinks/delta/rows/row-files.ts';
import { rowObject, type StoredRow, scanRows } from '../../../sinks/delta/rows/stored-rows.ts';
import {
  DELTA_COLUMNS,
  type DeltaTableName,
  deltaField,
  schemaString,
} from '../../../sinks/delta/tables/table-columns.ts';
import { BusyRuntime } from '../../../sinks/delta/testing/busy-runtime.ts';
import { tableOn } from '../../../sinks/delta/testing/log-fixture.ts';
import { MemoryStore } from '../../../sinks/delta/testing/memory-store.ts';
import type { BackfillOptions } from '../backfill.ts';
import { EUR, LATE_COUNT, LATE_FROM, lateRow } from './backfill-bench.ts';

export const TOPIC = 'payments';
const PARTITION = 3;
const TABLES = [
  'backfill_turns',
  'payment_transactions',
  'payment_metrics_partials',
  'payment_exceptions',
  'known_payments',
] as const satisfies readonly DeltaTableName[];
type BenchTable = (typeof TABLES)[number];

const OWNED: Ownership = {
  topic: TOPIC,
  partition: PARTITION,
  epoch: 1,
  owner: 'owner-1',
  claimId: '1:x',
  partitionCount: 4,
  startOffset: 0,
  fixed: FIXED,
  history: [settings(0)],
  skipped: [],
  claimedAtMs: NOON_MS,
};

/** The tables as one process sees them. */
export class DeltaBench {
  readonly backfill: DeltaBackfill;
  readonly runtime: BusyRuntime;
  readonly #tables: Record<BenchTable, ReturnType<typeof tableOn>>;
  readonly #format = new ParquetFormat();

  constructor(store: ObjectStore, label = 0) {
    this.runtime = new BusyRuntime(label);
    const of = (name: BenchTable) => tableOn(store, { name, runtime: this.runtime });
    this.#tables = Object.fromEntries(TABLES.map((name) => [name, of(name)])) as Record<
      BenchTable,
      ReturnType<typeof tableOn>
    >;
    const known = new DeltaKnownPayments({ table: this.#tables.known_payments, format: this.#format });
    this.backfill = new DeltaBackfill({ tables: this.#tables, known, format: this.#format, runtime: this.runtime });
  }

  /** Late rows in three windows, below the checkpoint but for the last one. */
  static async withLateRows(): Promise<{ readonly store: MemoryStore; readonly bench: DeltaBench }> {
    const store = new MemoryStore();
    const bench = new DeltaBench(store);
    for (const name of TABLES)
      await bench.#tables[name].ensure({
        schemaString: schemaString(DELTA_COLUMNS[name].map((column) => deltaField(column))),
        partitionColumns: [],
        configuration: {},
      });
    const rows = Array.from({ length: LATE_COUNT + 1 }, (_, i) =>
      lateRow(LATE_FROM + i, { transactionId: `${TOPIC}-${i}` }),
    );
    await bench.addExceptions(rows.slice(0, 2));
    await bench.addExceptions(rows.slice(2));
    return { store, bench };
  }

  async addExceptions(rows: readonly ExceptionRow[]): Promise<void> {
    await this.#add(
      'payment_exceptions',
      rows.map((row) => ({ ...STAMP, ...cellsByName('payment_exceptions', row) })),
    );
  }

  async addPayments(rows: readonly TransactionRow[]): Promise<void> {
    const cells = rows.map((row) => ({
      ...STAMP,
      ...cellsByName('payment_transactions', row),
      amount: row.payment.amount,
    }));
    await this.#add('payment_transactions', cells);
  }

  options(change: Partial<BackfillOptions> = {}): BackfillOptions {
    return {
      queries: {
        readOwnership: async () => [OWNED],
        latestCheckpoint: async () => ({ nextOffset: LATE_FROM + LATE_COUNT }) as Checkpoint,
      },
      backfill: this.backfill,
      runtime: this.runtime,
      owner: 'test',
      dryRun: false,
      batchRows: 100,
      listMax: 100,
      ...change,
    };
  }

  async rows(name: BenchTable): Promise<RowObject[]> {
    const parts = { table: this.#tables[name], format: this.#format };
    const found: StoredRow[] = [];
    for await (const rows of scanRows(parts, (await parts.table.refresh())!, {})) found.push(...rows);
    return found.map((row) => rowObject(name, row, DELTA_COLUMNS[name]));
  }

  /** Everything is in once, and every window is the sum of its payments. */
  async expectWhole(): Promise<void> {
    const payments = (await this.rows('payment_transactions')).filter((row) => row.writer_epoch === 0);
    const offsetOf = ({ kafka_offset }: RowObject): number => Number(kafka_offset);
    payments.sort((a, b) => offsetOf(a) - offsetOf(b));
    expect(payments).toMatchObject(
      Array.from({ length: LATE_COUNT }, (_, i) => ({
        transaction_id: `${TOPIC}-${i}`,
        kafka_partition: PARTITION,
        kafka_offset: LATE_FROM + i,
        amount: amountAt(LATE_FROM + i),
        event_time: acceptedAt(LATE_FROM + i),
      })),
    );
    const windows = await this.rows('payment_metrics_partials');
    windows.sort((a, b) => Number(a.window_start) - Number(b.window_start));
    const expected = [0, 1, 2].map((minute) => {
      const amounts = payments
        .map(offsetOf)
        .filter((offset) => offset % 3 === minute)
        .map(amountAt);
      return {
        window_start: NOON_MS + minute * MINUTE_MS,
        window_end: NOON_MS + (minute + 1) * MINUTE_MS,
        writer_epoch: 0,
        transaction_count: amounts.length,
        total_amount: amounts.reduce((a, b) => a + b),
        min_amount: amounts[0],
        max_amount: amounts.at(-1),
      };
    });
    expect(windows).toMatchObject(expected);
    expect((await this.backfill.turns.read(TOPIC))?.pending).toEqual([]);
  }

  async #add(name: BenchTable, rows: readonly RowObject[]): Promise<void> {
    const table = this.#tables[name];
    const adds = await uploadRows({ table, format: this.#format }, rows);
    await table.commit(({ files }) => (files.has(adds[0]!.path) ? undefined : { operation: 'WRITE', adds }));
  }
}

const STAMP = { kafka_partition: PARTITION, writer_epoch: 1, processed_at: NOON_MS };

function amountAt(offset: number): bigint {
  return BigInt(offset) * EUR + 1n;
}

function acceptedAt(offset: number): number {
  return acceptedRow(offset, { eventTimeMs: NOON_MS + (offset % 3) * MINUTE_MS }).payment.eventTimeMs;
}
