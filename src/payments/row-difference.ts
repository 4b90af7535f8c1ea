/**
 * Row by row comparison of what the fold yields with what a table holds, for the replay after a takeover. Every column of
 * columns.ts and every further column counts; writer_epoch and processed_at are not part of these rows, as they tell who wrote, not what.
 */
import { DATA_COLUMNS } from './columns.ts';
import { formatDecimal } from './event/decimal.ts';
import { type CellValue, cellOf } from './row-cells.ts';
import type { DataRows, DataTable } from './types.ts';

type Cell<T extends DataTable> = readonly [name: string, of: (row: DataRows[T]) => CellValue];

const CELLS: { readonly [T in DataTable]: readonly Cell<T>[] } = {
  payment_transactions: cellsOf('payment_transactions'),
  payment_transactions_fraud: cellsOf('payment_transactions_fraud'),
  payment_metrics_partials: cellsOf('payment_metrics_partials'),
  payment_exceptions: cellsOf('payment_exceptions'),
};

function cellsOf<T extends DataTable>(table: T): Cell<T>[] {
  return [
    ['kafka_offset', (row) => row.kafkaOffset],
    ...DATA_COLUMNS[table].map((column): Cell<T> => [column.name, cellOf(column)]),
  ];
}

const NOTHING: Readonly<Record<string, string>> = {};
/** Maximum length of a quoted value, in characters. */
const QUOTED_LENGTH = 80;

/**
 * The first differing column and both values, as `amount: folded 1.5, found 1.6`; undefined where none differs. Further columns
 * come last, by their names.
 */
export function differenceOf<T extends DataTable>(
  table: T,
  folded: DataRows[T],
  found: DataRows[T],
): string | undefined {
  for (const [name, of] of CELLS[table]) {
    const expected = of(folded);
    const actual = of(found);
    if (expected !== actual) return `${name}: folded ${quote(expected, name)}, found ${quote(actual, name)}`;
  }
  return table === 'payment_transactions' ? furtherDifference(furtherOf(folded), furtherOf(found)) : undefined;
}

function furtherOf(row: DataRows[DataTable]): Readonly<Record<string, string>> {
  return ('payment' in row ? row.payment.further : undefined) ?? NOTHING;
}

function furtherDifference(
  folded: Readonly<Record<string, string>>,
  found: Readonly<Record<string, string>>,
): string | undefined {
  if (folded === found) return undefined;
  for (const name of [...new Set([...Object.keys(folded), ...Object.keys(found)])].sort()) {
    const [expected, actual] = [textOf(folded, name), textOf(found, name)];
    if (expected !== actual) return `${name}: folded ${quote(expected, name)}, found ${quote(actual, name)}`;
  }
  return undefined;
}

function textOf(values: Readonly<Record<string, string>>, name: string): string | null {
  return Object.hasOwn(values, name) ? values[name]! : null;
}

function quote(value: CellValue, column: string): string {
  if (typeof value === 'bigint') return formatDecimal(value);
  if (typeof value !== 'string') return String(value);
  // Payloads of accepted payments are not masked, and this text goes to logs.
  if (column === 'payload') return `${value.length} characters`;
  return JSON.stringify(value.length > QUOTED_LENGTH ? `${value.slice(0, QUOTED_LENGTH)}...` : value);
}
