/** The columns of the tables that `verify` reads, and how; and by what their rows are read a part at a time. */
import { DATA_COLUMNS } from '../../payments/columns.ts';
import type { PackedColumns } from './packed-rows.ts';
import type { CheckedTable, TableCells } from './verify-inputs.ts';

/** By table: name and kind of every column that is read. */
export const COLUMNS: Readonly<Record<CheckedTable, PackedColumns>> = {
  payment_transactions: columnsOf('payment_transactions'),
  payment_transactions_fraud: columnsOf('payment_transactions_fraud'),
  payment_metrics_partials: columnsOf('payment_metrics_partials'),
  payment_exceptions: columnsOf('payment_exceptions'),
};

function columnsOf(table: CheckedTable): PackedColumns {
  const columns = DATA_COLUMNS[table].map(({ name, kind }) => [name, kind] as const);
  return { kafka_offset: 'integer', writer_epoch: 'integer', ...Object.fromEntries(columns) };
}

/** Columns that are never NULL, their position aside. */
export function requiredColumns<T extends CheckedTable>(table: T): (keyof TableCells[T])[] {
  const required = DATA_COLUMNS[table].filter(({ nullable }) => !nullable);
  return required.map(({ name }) => name as keyof TableCells[T]);
}

/** The column whose days are the partitions of the table; null for the one that is partitioned by kafka_partition. */
export const DAY_COLUMNS: Readonly<Record<CheckedTable, string | null>> = {
  payment_transactions: 'event_time',
  payment_transactions_fraud: 'event_time',
  payment_metrics_partials: 'window_start',
  payment_exceptions: null,
};
