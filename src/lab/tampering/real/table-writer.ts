/** Rows of plain cells into the tables of a real dataset, by DML: all of a table, or as one change has it. */
import type { BigQuerySink } from '../../../sinks/bigquery/open-sink.ts';
import { type QueryParameter, textParameter } from '../../../sinks/bigquery/query/query-values.ts';
import { type Cell, type ColumnKind, columnsOf, type Row, type TableName } from '../columns.ts';

const ROWS_PER_STATEMENT = 40;

export class TableWriter {
  readonly #sink: BigQuerySink;
  readonly #nameOf: (table: TableName) => string;

  constructor(sink: BigQuerySink, nameOf: (table: TableName) => string) {
    this.#sink = sink;
    this.#nameOf = nameOf;
  }

  /** As a table that somebody copied: REQUIRED is gone, and NULL can stand anywhere. */
  async allowNulls(table: TableName): Promise<void> {
    for (const column of Object.keys(columnsOf(table)))
      await this.#change(`ALTER TABLE ${this.#nameOf(table)} ALTER COLUMN ${column} DROP NOT NULL`).catch(() => {
        // It may have been nullable before.
      });
  }

  async replace(table: TableName, rows: readonly Row[]): Promise<void> {
    await this.#change(`DELETE FROM ${this.#nameOf(table)} WHERE TRUE`);
    const columns = columnsOf(table);
    const names = Object.keys(columns);
    for (let from = 0; from < rows.length; from += ROWS_PER_STATEMENT) {
      const parameters: QueryParameter[] = [];
      const values = rows
        .slice(from, from + ROWS_PER_STATEMENT)
        .map((row) => `(${names.map((name) => sqlOf(columns[name]!, row[name]!, parameters)).join(', ')})`);
      const sql = `INSERT INTO ${this.#nameOf(table)} (${names.join(', ')}) VALUES ${values.join(',\n')}`;
      await this.#change(sql, parameters);
    }
  }

  #change(sql: string, parameters: readonly QueryParameter[] = []): Promise<void> {
    return this.#sink.jobs.change({ what: 'a change of a dataset', sql, parameters });
  }
}

/** A cell in SQL, exactly. Text with characters that some service could read as an escape goes into a parameter. */
function sqlOf(kind: ColumnKind, cell: Cell, parameters: QueryParameter[]): string {
  if (cell === null) return 'NULL';
  switch (kind) {
    case 'integer':
      return whole(Number(cell));
    case 'decimal':
      // A literal loses its last digits on the emulator, in a statement of many rows.
      return `PARSE_NUMERIC('${cell}')`;
    case 'time':
      return `TIMESTAMP_MICROS(${whole(Math.round(Number(cell) * 1_000))})`;
    case 'truth':
      return String(cell).toUpperCase();
    case 'json':
    case 'whole':
    case 'text': {
      const text = String(cell);
      if (/^[ -&(-[\]-~]*$/.test(text)) return `'${text}'`;
      parameters.push(textParameter(`text_${parameters.length}`, text));
      return `@text_${parameters.length - 1}`;
    }
    default:
      return kind satisfies never;
  }
}

function whole(value: number): string {
  if (!Number.isSafeInteger(value)) throw new RangeError(`not a whole number: ${value}`);
  return String(value);
}
