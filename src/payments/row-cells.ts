/** Row objects by their columns: values out of a row, and a row made of values. For all but the path of every payment. */
import { type Column, DATA_COLUMNS, FRAUD_COLUMNS, PAYMENT_COLUMNS } from './columns.ts';
import { formatDecimal } from './event/decimal.ts';
import type { DataRows, DataTable } from './types.ts';

/** A value as a row object has it. null: the table has NULL. */
export type CellValue = string | number | bigint | boolean | null;

type Fields = Readonly<Record<string, CellValue | undefined>>;

const IN_PAYMENT: ReadonlySet<Column> = new Set(PAYMENT_COLUMNS);
const IN_FRAUD: ReadonlySet<Column> = new Set(FRAUD_COLUMNS);

/** Reads the value of a column of DATA_COLUMNS in a row object. */
export function cellOf<T extends DataTable>(column: Column): (row: DataRows[T]) => CellValue {
  const { field } = column;
  const of = IN_PAYMENT.has(column)
    ? (row: { payment: Fields }) => row.payment[field] ?? null
    : IN_FRAUD.has(column)
      ? (row: { fraud: Fields }) => row.fraud[field] ?? null
      : (row: Fields) => row[field] ?? null;
  return of as unknown as (row: DataRows[T]) => CellValue;
}

/** The row object of an offset and the values of DATA_COLUMNS[table], which come in their order. */
export function rowOf<T extends DataTable>(table: T, kafkaOffset: number, values: readonly CellValue[]): DataRows[T] {
  const fieldsOf = (columns: readonly Column[], from: number): Record<string, CellValue> => {
    const fields: Record<string, CellValue> = {};
    for (let at = 0; at < columns.length; at += 1) fields[columns[at]!.field] = values[from + at]!;
    return fields;
  };
  if (table !== 'payment_transactions' && table !== 'payment_transactions_fraud')
    return { kafkaOffset, ...fieldsOf(DATA_COLUMNS[table], 0) } as unknown as DataRows[T];
  const payment = fieldsOf(PAYMENT_COLUMNS, 0);
  for (const { field } of NULLABLE_IN_PAYMENT) if (payment[field] === null) delete payment[field];
  if (table === 'payment_transactions') return { kafkaOffset, payment } as unknown as DataRows[T];
  const fraud = fieldsOf(FRAUD_COLUMNS, PAYMENT_COLUMNS.length);
  return { kafkaOffset, payment, fraud } as unknown as DataRows[T];
}

const NULLABLE_IN_PAYMENT = (PAYMENT_COLUMNS as readonly Column[]).filter(({ nullable }) => nullable);

/** The row as a query gives it: by column name, decimals as their shortest text. Without what is in STAMP_COLUMNS only. */
export function cellsByName<T extends DataTable>(table: T, row: DataRows[T]): Record<string, CellValue> {
  const cells: Record<string, CellValue> = { kafka_offset: row.kafkaOffset };
  for (const column of DATA_COLUMNS[table]) {
    const value = cellOf<T>(column)(row);
    cells[column.name] = typeof value === 'bigint' ? formatDecimal(value) : value;
  }
  return cells;
}
