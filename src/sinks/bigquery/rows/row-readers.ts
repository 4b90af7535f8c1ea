/** Rows of the data tables as they are read back, by payments/columns.ts: which columns, in which order, and what they become. */
import { type Column, type ColumnKind, DATA_COLUMNS } from '../../../payments/columns.ts';
import { type CellValue, rowOf } from '../../../payments/row-cells.ts';
import type { DataRows, DataTable } from '../../../payments/types.ts';
import { integerFromText, millisFromText, nanosFromText } from '../query/query-values.ts';

/** Columns that are read as microseconds; all others as they are cast to STRING. */
const TIMES: ReadonlySet<string> = new Set(
  Object.values(DATA_COLUMNS).flatMap((columns) => columns.filter(({ kind }) => kind === 'time').map(nameOf)),
);

/** The column as the text that `read` expects, NULL staying NULL. */
export function textOfColumn(column: string): string {
  return TIMES.has(column) ? `CAST(UNIX_MICROS(${column}) AS STRING)` : `CAST(${column} AS STRING)`;
}

/** Many rows as the text of one cell: a page of a query's answer costs by its cells. */
export function packedRows({ columns, order }: Pick<RowReader<DataTable>, 'columns' | 'order'>): string {
  return `STRING_AGG(TO_JSON_STRING([${columns.map(textOfColumn).join(', ')}]), ',' ORDER BY ${order})`;
}

/** The cells of each row that packedRows put into a cell. */
export function unpackedRows(cell: string): unknown[][] {
  return JSON.parse(`[${cell}]`) as unknown[][];
}

export interface RowReader<T extends DataTable> {
  /** The first two are writer_epoch and kafka_offset. */
  readonly columns: readonly string[];
  /** ORDER BY of the fold's order. */
  readonly order: string;
  read(cells: readonly unknown[]): DataRows[T];
}

const READ: { readonly [K in ColumnKind]: (cell: unknown) => CellValue } = {
  text,
  integer,
  decimal: (cell) => nanosFromText(text(cell)),
  time: millis,
  truth: bool,
};

export const ROW_READERS: { readonly [T in DataTable]: RowReader<T> } = {
  payment_transactions: readerOf('payment_transactions', 'kafka_offset'),
  payment_transactions_fraud: readerOf('payment_transactions_fraud', 'kafka_offset'),
  payment_metrics_partials: readerOf('payment_metrics_partials', 'kafka_offset, window_start, region, currency'),
  payment_exceptions: readerOf('payment_exceptions', 'kafka_offset'),
};

function readerOf<T extends DataTable>(table: T, order: string): RowReader<T> {
  const columns = DATA_COLUMNS[table];
  const reads = columns.map(({ kind, nullable }): ((cell: unknown) => CellValue) => {
    const read = READ[kind];
    return nullable ? (cell) => (cell === null || cell === undefined ? null : read(cell)) : read;
  });
  return {
    columns: ['writer_epoch', 'kafka_offset', ...columns.map(nameOf)],
    order,
    read: (cells) => {
      const values = new Array<CellValue>(reads.length);
      for (let at = 0; at < reads.length; at += 1) values[at] = reads[at]!(cells[2 + at]);
      return rowOf(table, integer(cells[1]), values);
    },
  };
}

function nameOf({ name }: Column): string {
  return name;
}

export function text(cell: unknown): string {
  if (typeof cell !== 'string') throw new TypeError(`text expected where the table has ${cell}`);
  return cell;
}

export function integer(cell: unknown): number {
  return integerFromText(text(cell));
}

export function millis(cell: unknown): number {
  return millisFromText(text(cell));
}

export function nullable<T>(cell: unknown, read: (cell: unknown) => T): T | null {
  return cell === null || cell === undefined ? null : read(cell);
}

function bool(cell: unknown): boolean {
  if (cell !== 'true' && cell !== 'false' && typeof cell !== 'boolean') {
    throw new TypeError(`a boolean expected where the table has ${cell}`);
  }
  return String(cell) === 'true';
}
