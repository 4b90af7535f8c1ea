/** Rows of the data tables as they are read back, by payments/columns.ts: which columns, in which order, and what they become. */
import { type Column, type ColumnKind, DATA_COLUMNS } from '../../../payments/columns.ts';
import { type CellValue, rowOf } from '../../../payments/row-cells.ts';
import type { FurtherColumn } from '../../../payments/rules/rules.ts';
import type { DataRows, DataTable, TransactionRow } from '../../../payments/types.ts';
import { canonicalText } from '../../rows/further-columns.ts';
import { integerFromText, millisFromText, nanosFromText } from '../query/query-values.ts';
import { furtherAsText } from './further-columns.ts';

/** Columns that are read as microseconds; all others as they are cast to STRING. */
const TIMES: ReadonlySet<string> = new Set(
  Object.values(DATA_COLUMNS).flatMap((columns) => columns.filter(({ kind }) => kind === 'time').map(nameOf)),
);

/** The column as the text that `read` expects, NULL staying NULL. */
function textOfColumn(column: string): string {
  return TIMES.has(column) ? `CAST(UNIX_MICROS(${column}) AS STRING)` : `CAST(${column} AS STRING)`;
}

/** Many rows as the text of one cell: a page of a query's answer costs by its cells. */
export function packedRows({ asText, order }: Pick<RowReader<DataTable>, 'asText' | 'order'>): string {
  return `STRING_AGG(TO_JSON_STRING([${asText.join(', ')}]), ',' ORDER BY ${order})`;
}

/** The cells of each row that packedRows put into a cell. */
export function unpackedRows(cell: string): unknown[][] {
  return JSON.parse(`[${cell}]`) as unknown[][];
}

export interface RowReader<T extends DataTable> {
  /** The first two are writer_epoch and kafka_offset. */
  readonly columns: readonly string[];
  /** Each of them as the text that `read` expects, in SQL. */
  readonly asText: readonly string[];
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

/** Reads the rows of a table with these further columns, which only payment_transactions has. */
export function rowReader<T extends DataTable>(table: T, further: readonly FurtherColumn[] = []): RowReader<T> {
  const reader = ROW_READERS[table];
  if (table !== 'payment_transactions' || further.length === 0) return reader;
  const columns = [...reader.columns, ...further.map(({ name }) => name)];
  const asText = further.map(furtherAsText);
  const at = reader.columns.length;
  return {
    ...reader,
    columns,
    asText: [...reader.asText, ...asText],
    read: (cells) => {
      const row = reader.read(cells) as TransactionRow;
      const values: Record<string, string> = {};
      for (const [i, column] of further.entries()) {
        const cell = cells[at + i];
        if (cell !== null && cell !== undefined) values[column.name] = canonicalText(column, text(cell));
      }
      if (Object.keys(values).length === 0) return row as DataRows[T];
      return { ...row, payment: { ...row.payment, further: values } } as DataRows[T];
    },
  };
}

function readerOf<T extends DataTable>(table: T, order: string): RowReader<T> {
  const columns = DATA_COLUMNS[table];
  const reads = columns.map(({ kind, nullable }): ((cell: unknown) => CellValue) => {
    const read = READ[kind];
    return nullable ? (cell) => (cell === null || cell === undefined ? null : read(cell)) : read;
  });
  const names = ['writer_epoch', 'kafka_offset', ...columns.map(nameOf)];
  return {
    columns: names,
    asText: names.map(textOfColumn),
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
