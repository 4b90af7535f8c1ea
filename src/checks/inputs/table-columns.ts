/** The columns of the tables that `verify` reads, and how; and by what their rows are read a part at a time. */
import { DATA_COLUMNS } from '../../payments/columns.ts';
import type { QueryValue } from '../../sinks/bigquery/query/query-values.ts';
import { billionths, decimalText, plainDecimal } from '../oracle/money.ts';
import type { PackedColumns } from './packed-rows.ts';
import type { CheckedTable, TableCells } from './verify-inputs.ts';

/** By table: name and kind of every column that it always has. */
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

/** How the further columns of a rules file are read: a number of 64 bits is no number here, so it stays text. */
const FURTHER_KINDS = {
  string: 'text',
  int64: 'decimal',
  numeric: 'decimal',
  timestamp: 'time',
  bool: 'truth',
  json: 'text',
} as const;

export type FurtherColumns = ReadonlyMap<string, keyof typeof FURTHER_KINDS>;

/** By table: name and kind of every column that is read. */
export function columnsWith(further: FurtherColumns): Readonly<Record<CheckedTable, PackedColumns>> {
  const more = [...further].map(([name, type]) => [name, FURTHER_KINDS[type]] as const);
  return { ...COLUMNS, payment_transactions: { ...COLUMNS.payment_transactions, ...Object.fromEntries(more) } };
}

/** A row of payment_transactions with its further columns together, each in its canonical text. */
export function gatheredColumns(row: Record<string, QueryValue>, further: FurtherColumns): Record<string, unknown> {
  if (further.size === 0) return row;
  const fixed: Record<string, unknown> = { ...row };
  const columns: Record<string, string> = {};
  for (const [name, type] of further) {
    const value = row[name];
    delete fixed[name];
    if (value === null || value === undefined) continue;
    columns[name] = type === 'numeric' ? canonicalDecimal(String(value)) : String(value);
  }
  return { ...fixed, columns };
}

function canonicalDecimal(text: string): string {
  const size = billionths(plainDecimal(text));
  return size === null ? text : decimalText(size);
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
