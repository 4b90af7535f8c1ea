/**
 * Rows of a table read many to a cell: a page of a query's answer costs the service and us by its cells, and `verify` reads
 * every column of every row. Each value travels as text and is exact: money stays text, a time comes in microseconds.
 *
 * Nothing is put in order by the service: ORDER BY over the rows of a day would not fit its memory. Cells come as they
 * come, with the offsets in them as they come, and are put in order here (spool.ts).
 */
import type { ColumnKind } from '../../payments/columns.ts';
import { integerFromText, millisFromText, type QueryValue } from '../../sinks/bigquery/query/query-values.ts';
import { quotedColumn } from '../../sinks/bigquery/rows/further-columns.ts';

/** A text as it is, a decimal as its text, a whole number, milliseconds, true or false. */
export type PackedColumns = Readonly<Record<string, ColumnKind>>;

/** Offsets of a partition whose rows make a cell: bounded, for tables whose rows are bounded in size. */
export const OFFSETS_PER_CELL = 1_000;
export const CELLS_PER_PAGE = 8;
/** A row of payment_exceptions may hold 64 KiB of its record: a cell each. */
export const LARGE_ROWS_PER_PAGE = 1_000;

/** A row as text: a JSON array of its columns. A further column may have any name, a word of SQL as well. */
export function packedRow(columns: PackedColumns): string {
  const texts = Object.entries(columns).map(([name, kind]) => {
    const quoted = quotedColumn(name);
    if (kind === 'text') return quoted;
    return `CAST(${kind === 'time' ? `UNIX_MICROS(${quoted})` : quoted} AS STRING)`;
  });
  return `TO_JSON_STRING([${texts.join(', ')}])`;
}

/**
 * A SELECT of kafka_partition, bucket, row_count and packed over the rows of a table. `table` is quoted. Groups are named by their
 * place: in GROUP BY a further column hides an alias.
 */
export function packedSql(table: string, columns: PackedColumns, where: string): string {
  return `SELECT
  kafka_partition, DIV(kafka_offset, ${OFFSETS_PER_CELL}) AS bucket, COUNT(*) AS row_count,
  STRING_AGG(${packedRow(columns)}, ',') AS packed
FROM ${table} WHERE ${where}
GROUP BY 1, 2`;
}

/** The same for rows that can be large, one to a cell: kafka_partition, kafka_offset and packed. */
export function packedSinglySql(table: string, columns: PackedColumns, where: string): string {
  return `SELECT kafka_partition, kafka_offset, ${packedRow(columns)} AS packed FROM ${table} WHERE ${where}`;
}

/** The rows of cells, as they stand in them. Throws where a cell is not what was asked for. */
export function unpackedRows(cells: readonly unknown[], columns: PackedColumns): Record<string, QueryValue>[] {
  const names = Object.keys(columns);
  const kinds = Object.values(columns);
  // A copy of one object with all columns is made faster than a row is put together.
  const empty: Readonly<Record<string, QueryValue>> = Object.fromEntries(names.map((name) => [name, null]));
  const unpacked: Record<string, QueryValue>[] = [];
  for (const cell of cells) {
    const rows = JSON.parse(`[${String(cell)}]`) as (string | null)[][];
    for (const texts of rows) {
      if (texts.length !== names.length)
        throw new TypeError(`a packed row has ${texts.length} of ${names.length} values`);
      const row = { ...empty };
      for (let at = 0; at < names.length; at += 1) row[names[at]!] = readValue(kinds[at]!, texts[at]!);
      unpacked.push(row);
    }
  }
  return unpacked;
}

function readValue(kind: ColumnKind, text: string | null): QueryValue {
  if (text === null || kind === 'text' || kind === 'decimal') return text;
  if (kind === 'integer' || kind === 'time') {
    const number = wholeNumber(text);
    if (number !== -1) return kind === 'time' ? number / 1_000 : number;
  }
  if (kind === 'integer') return integerFromText(text);
  if (kind === 'time') return millisFromText(text);
  return kind === 'truth' ? text === 'true' : text;
}

/** Of digits alone, as long as it is exact; -1 for any other text. */
function wholeNumber(text: string): number {
  let number = 0;
  for (let at = 0; at < text.length; at += 1) {
    const digit = text.charCodeAt(at) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    number = number * 10 + digit;
  }
  return text !== '' && Number.isSafeInteger(number) ? number : -1;
}
