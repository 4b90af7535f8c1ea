/** The table `event_schemas`: texts of schemas by their id. Rows are only added. */
import type { Runtime } from '../../../base/runtime.ts';
import type { StoredSchema } from '../../../payments/event/schema/stored-schema.ts';
import { type DatasetRef, quotedTable } from '../identifiers.ts';
import { text } from '../rows/row-readers.ts';
import type { QueryJobs } from './query-job.ts';
import { integerFromText, rowsParameter } from './query-values.ts';

const COLUMNS = ['schema_id', 'sha256', 'text'] as const;

export class SchemaQueries {
  readonly #jobs: QueryJobs;
  readonly #runtime: Runtime;
  readonly #table: string;

  constructor(jobs: QueryJobs, dataset: DatasetRef, runtime: Runtime) {
    this.#jobs = jobs;
    this.#runtime = runtime;
    this.#table = quotedTable(dataset, 'event_schemas');
  }

  async read(ids: readonly number[]): Promise<StoredSchema[]> {
    if (ids.length === 0) return [];
    const { rows } = await this.#jobs.read({
      what: `schemas ${ids.join(', ')}`,
      sql: `SELECT s.schema_id, s.sha256, s.text FROM ${this.#table} AS s
JOIN UNNEST(@wanted) AS w ON s.schema_id = w.schema_id`,
      parameters: [
        rowsParameter(
          'wanted',
          { schema_id: 'INT64' },
          ids.map((id) => ({ schema_id: id })),
        ),
      ],
      columns: COLUMNS,
    });
    return rows.map(([id, sha256, schema]) => ({
      id: integerFromText(text(id)),
      sha256: text(sha256),
      text: text(schema),
    }));
  }

  /** Inserts the row if none has its id. */
  async put({ id, sha256, text: schema }: StoredSchema): Promise<void> {
    await this.#jobs.change({
      what: `text of schema ${id}`,
      sql: `INSERT INTO ${this.#table} (schema_id, sha256, text, written_at)
SELECT n.schema_id, n.sha256, n.text, TIMESTAMP_MILLIS(n.now_ms)
FROM UNNEST(@schemas) AS n
WHERE NOT EXISTS (SELECT 1 FROM ${this.#table} AS s WHERE s.schema_id = n.schema_id)`,
      parameters: [
        rowsParameter('schemas', { schema_id: 'INT64', sha256: 'STRING', text: 'STRING', now_ms: 'INT64' }, [
          { schema_id: id, sha256, text: schema, now_ms: this.#runtime.nowMs() },
        ]),
      ],
    });
  }
}
