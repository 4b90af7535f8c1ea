/** The table `rules`: texts by their digest. Rows are only added. */
import type { Runtime } from '../../../base/runtime.ts';
import { type DatasetRef, quotedTable } from '../identifiers.ts';
import type { RulesRow } from '../ports.ts';
import { text } from '../rows/row-readers.ts';
import type { QueryJobs } from './query-job.ts';
import { integerFromText, rowsParameter } from './query-values.ts';

const COLUMNS = ['sha256', 'revision', 'text'] as const;

export class RulesQueries {
  readonly #jobs: QueryJobs;
  readonly #runtime: Runtime;
  readonly #table: string;

  constructor(jobs: QueryJobs, dataset: DatasetRef, runtime: Runtime) {
    this.#jobs = jobs;
    this.#runtime = runtime;
    this.#table = quotedTable(dataset, 'rules');
  }

  async read(sha256s: readonly string[]): Promise<RulesRow[]> {
    if (sha256s.length === 0) return [];
    const { rows } = await this.#jobs.read({
      what: `texts of ${sha256s.length} rules`,
      sql: `SELECT r.sha256, r.revision, r.text FROM ${this.#table} AS r
JOIN UNNEST(@wanted) AS w ON r.sha256 = w.sha256`,
      parameters: [
        rowsParameter(
          'wanted',
          { sha256: 'STRING' },
          sha256s.map((sha256) => ({ sha256 })),
        ),
      ],
      columns: COLUMNS,
    });
    return rows.map(([sha256, revision, ruleText]) => ({
      sha256: text(sha256),
      revision: integerFromText(text(revision)),
      text: text(ruleText),
    }));
  }

  async put({ sha256, revision, text: ruleText }: RulesRow): Promise<void> {
    await this.#jobs.change({
      what: `text of the rules of revision ${revision}`,
      sql: `INSERT INTO ${this.#table} (sha256, revision, text, written_at)
SELECT n.sha256, n.revision, n.text, TIMESTAMP_MILLIS(n.now_ms)
FROM UNNEST(@rules) AS n
WHERE NOT EXISTS (SELECT 1 FROM ${this.#table} AS r WHERE r.sha256 = n.sha256)`,
      parameters: [
        rowsParameter('rules', { sha256: 'STRING', revision: 'INT64', text: 'STRING', now_ms: 'INT64' }, [
          { sha256, revision, text: ruleText, now_ms: this.#runtime.nowMs() },
        ]),
      ],
    });
  }
}
