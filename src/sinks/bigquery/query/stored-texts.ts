/** A table of texts that are never changed, by their key: `rules` and `event_schemas`. Rows are only added. */
import type { Runtime } from '../../../base/runtime.ts';
import { type DatasetRef, quotedTable } from '../identifiers.ts';
import { text } from '../rows/row-readers.ts';
import type { QueryJobs } from './query-job.ts';
import { integerFromText, rowsParameter } from './query-values.ts';

type ColumnTypes = Readonly<Record<string, 'STRING' | 'INT64'>>;

export interface StoredTextsTable<Columns extends ColumnTypes> {
  readonly name: string;
  /** All but written_at. */
  readonly columns: Columns;
  readonly key: keyof Columns & string;
}

type RowOf<Columns extends ColumnTypes> = {
  readonly [Name in keyof Columns]: Columns[Name] extends 'INT64' ? number : string;
};

export class StoredTexts<Columns extends ColumnTypes> {
  readonly #jobs: QueryJobs;
  readonly #runtime: Runtime;
  readonly #table: string;
  readonly #of: StoredTextsTable<Columns>;

  constructor(jobs: QueryJobs, dataset: DatasetRef, runtime: Runtime, of: StoredTextsTable<Columns>) {
    this.#jobs = jobs;
    this.#runtime = runtime;
    this.#table = quotedTable(dataset, of.name);
    this.#of = of;
  }

  /** The rows with these keys, as they stand: more than one of a key, or none. */
  async read(keys: readonly (string | number)[]): Promise<RowOf<Columns>[]> {
    if (keys.length === 0) return [];
    const { name, columns, key } = this.#of;
    const names = Object.keys(columns);
    const wanted = keys.map((value) => ({ [key]: value }));
    const { rows } = await this.#jobs.read({
      what: `${name}: texts of ${keys.length} keys`,
      sql: `SELECT ${names.map((column) => `t.${column}`).join(', ')} FROM ${this.#table} AS t
JOIN UNNEST(@wanted) AS w ON t.${key} = w.${key}`,
      parameters: [rowsParameter('wanted', { [key]: columns[key]! }, wanted)],
      columns: names,
    });
    return rows.map((cells) => {
      const values = names.map((column, at) => {
        const cell = text(cells[at]);
        return [column, columns[column] === 'INT64' ? integerFromText(cell) : cell];
      });
      return Object.fromEntries(values) as RowOf<Columns>;
    });
  }

  /** Inserts the row if none has its key. */
  async put(row: RowOf<Columns>): Promise<void> {
    const { name, columns, key } = this.#of;
    const names = Object.keys(columns);
    await this.#jobs.change({
      what: `${name}: the text of ${row[key]}`,
      sql: `INSERT INTO ${this.#table} (${names.join(', ')}, written_at)
SELECT ${names.map((column) => `n.${column}`).join(', ')}, TIMESTAMP_MILLIS(n.now_ms)
FROM UNNEST(@texts) AS n
WHERE NOT EXISTS (SELECT 1 FROM ${this.#table} AS t WHERE t.${key} = n.${key})`,
      parameters: [
        rowsParameter('texts', { ...columns, now_ms: 'INT64' }, [{ ...row, now_ms: this.#runtime.nowMs() }]),
      ],
    });
  }
}
