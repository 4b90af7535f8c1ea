/**
 * Rows of a table read many to a cell: a page of a query's answer costs the service and us by its cells, and `verify` reads
 * every column of every row. Each value travels as text and is exact: money stays text, a time comes in microseconds.
 *
 * Only for tables whose rows are bounded in size: a cell holds those of OFFSETS_PER_CELL offsets.
 */
import { integerFromText, millisFromText, type QueryValue } from '../bigquery/query-values.ts';

/** What a column is read as: text as it is, a decimal as its text, a whole number, milliseconds, true or false. */
export type ColumnKind = 'text' | 'decimal' | 'integer' | 'time' | 'truth';
export type PackedColumns = Readonly<Record<string, ColumnKind>>;

export const OFFSETS_PER_CELL = 1_000;
export const CELLS_PER_PAGE = 8;

/** A SELECT of the rows of @partition that the pipeline wrote, by offset. `table` is quoted. */
export function packedSql(table: string, columns: PackedColumns): string {
  const texts = Object.entries(columns).map(([name, kind]) => {
    if (kind === 'text') return name;
    return `CAST(${kind === 'time' ? `UNIX_MICROS(${name})` : name} AS STRING)`;
  });
  return `SELECT
  STRING_AGG(TO_JSON_STRING([${texts.join(', ')}]), ',' ORDER BY kafka_offset) AS packed,
  DIV(kafka_offset, ${OFFSETS_PER_CELL}) AS bucket
FROM ${table} WHERE kafka_partition = @partition AND writer_epoch > 0
GROUP BY bucket ORDER BY bucket`;
}

/** The rows of cells, in order. Throws where a cell is not what packedSql() asked for. */
export function unpackedRows(cells: readonly unknown[], columns: PackedColumns): Record<string, QueryValue>[] {
  const entries = Object.entries(columns);
  return cells.flatMap((cell) => {
    const rows = JSON.parse(`[${String(cell)}]`) as (string | null)[][];
    return rows.map((texts) => {
      if (texts.length !== entries.length)
        throw new TypeError(`a packed row has ${texts.length} of ${entries.length} values`);
      const row: Record<string, QueryValue> = {};
      for (let at = 0; at < entries.length; at += 1) {
        const [name, kind] = entries[at] as [string, ColumnKind];
        row[name] = readValue(kind, texts[at] as string | null);
      }
      return row;
    });
  });
}

function readValue(kind: ColumnKind, text: string | null): QueryValue {
  if (text === null) return null;
  if (kind === 'integer') return integerFromText(text);
  if (kind === 'time') return millisFromText(text);
  return kind === 'truth' ? text === 'true' : text;
}
