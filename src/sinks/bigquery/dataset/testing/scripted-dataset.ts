/** A dataset behind RestCalls: tables.get as the service answers it, statements noted and not run. */

import { setImmediate as later } from 'node:timers/promises';
import { systemRuntime } from '../../../../base/system-runtime.ts';
import type { RowLayout } from '../../../../payments/row-layout.ts';
import type { StoredEntry } from '../../ports.ts';
import { type RestCalls, RestError, type RestRequest } from '../../query/rest-client.ts';
import { datasetParts } from '../../schema.ts';
import { DEFAULT_SINK_LIMITS } from '../../sink-limits.ts';
import { FIXED } from '../../testing/sample-rows.ts';
import type { DatasetResource, TableResource } from '../look-at-dataset.ts';
import { LAST_VIEW, TABLES } from '../names.ts';
import { wantedTables } from '../statements.ts';
import { made } from './made-table.ts';

interface JobBody {
  readonly jobReference: { readonly jobId: string };
  readonly configuration: { readonly query: { readonly query: string } };
}

const DATASET = { projectId: 'p-1', dataset: 'd' } as const;

export class ScriptedDataset {
  dataset: DatasetResource | undefined = { location: 'EU' };
  readonly tables = new Map<string, TableResource>();
  /** First words of the statements that were sent, changes and reads. */
  readonly statements: string[] = [];
  /** Rows of the statement that counts; every other query has none. */
  rows: readonly (readonly (string | null)[])[] = [];
  /** The settings history of the one ownership row; empty: there is no row. */
  history: readonly StoredEntry[] = [];
  /** Texts of the table `rules`. */
  rulesTexts: readonly string[] = [];
  /** What a table has inherited although its statement says otherwise. */
  inherited: Partial<TableResource> = {};
  readonly #queries = new Map<string, string>();
  #created = 0;

  static async whole(): Promise<ScriptedDataset> {
    const all = new ScriptedDataset();
    for (const name of TABLES) await all.make(name);
    for (const [name, table] of all.tables) all.mark(name, table);
    all.tables.set(LAST_VIEW, { type: 'VIEW' });
    return all;
  }

  async make(name: string): Promise<void> {
    const table = (await wantedTables({ dataset: DATASET })).find((wanted) => wanted.name === name)!;
    this.#created += 1;
    this.tables.set(name, {
      ...made(table),
      creationTime: String(1_795_995_000_000 + this.#created),
      ...this.inherited,
    });
  }

  mark(name: string, table: TableResource): void {
    this.tables.set(name, { ...table, labels: { provenonce_made_at_ms: table.creationTime! } });
  }

  parts(location?: string, layout?: RowLayout) {
    const rest: RestCalls = {
      location,
      request: async <T>(request: RestRequest): Promise<T> => (await this.#answer(request)) as T,
    };
    // Waiting takes no time, and ends: an answer that is refused again and again fails the test.
    let waitedMs = 0;
    const sleep = async (ms: number): Promise<void> => {
      waitedMs += ms;
    };
    const runtime = { ...systemRuntime, sleep, monotonicMs: () => waitedMs };
    return datasetParts({ dataset: DATASET, rest, runtime, limits: DEFAULT_SINK_LIMITS, layout });
  }

  async #answer({ method, path, body }: RestRequest): Promise<unknown> {
    const table = /\/tables\/(\w+)$/.exec(path)?.[1];
    if (method === 'PATCH') {
      // A change takes its time: who does not wait for it ends before it.
      await later();
      this.tables.set(table!, { ...this.tables.get(table!), ...body });
      return {};
    }
    if (table !== undefined) return this.tables.get(table) ?? notFound();
    if (path === '/datasets/d') return this.dataset ?? notFound();
    if (method === 'GET') {
      const query = this.#queries.get(path.split('/').at(-1)!)!;
      const cells = query.includes(' AS what')
        ? this.rows
        : query.includes('SELECT text FROM')
          ? this.rulesTexts.map((text) => [text])
          : ownershipCells(query, this.history);
      const isCount = cells === this.rows && cells.length > 0;
      const names = isCount ? cells[0]!.map((_, i) => `column_${i}`) : columnsOf(query);
      return {
        jobComplete: true,
        schema: { fields: names.map((name) => ({ name, type: 'STRING' })) },
        totalRows: String(cells.length),
        rows: cells.map((row) => ({ f: row.map((v) => ({ v })) })),
      };
    }
    const { jobReference, configuration } = body as JobBody;
    const { query } = configuration.query;
    this.#queries.set(jobReference.jobId, query);
    const statement = /^(?:CREATE|ALTER|INSERT|SELECT|WITH).*$/m.exec(query)![0];
    this.statements.push(statement);
    const [, made, name] = /^(CREATE TABLE|ALTER TABLE)[^`]*`[^`]*\.(\w+)`/.exec(statement) ?? [];
    if (made === 'CREATE TABLE' && !this.tables.has(name!)) await this.make(name!);
    if (made === 'ALTER TABLE') await this.#alter(name!, statement);
    return { status: { state: 'DONE' } };
  }

  async #alter(name: string, statement: string): Promise<void> {
    const [, added, sqlType] = /ADD COLUMN IF NOT EXISTS `(\w+)` (\w+)/.exec(statement) ?? [];
    const relaxed = /ALTER COLUMN (\w+) DROP NOT NULL/.exec(statement)?.[1];
    if (added !== undefined || relaxed !== undefined) {
      const table = this.tables.get(name)!;
      const fields = table.schema!.fields!.map((f) => (f.name === relaxed ? { ...f, mode: 'NULLABLE' } : f));
      const more = added === undefined ? [] : [{ name: added, type: sqlType === 'INT64' ? 'INTEGER' : sqlType! }];
      this.tables.set(name, { ...table, schema: { fields: [...fields, ...more] } });
      return;
    }
    this.inherited = {};
    const { creationTime } = this.tables.get(name)!;
    await this.make(name);
    this.tables.set(name, { ...this.tables.get(name)!, creationTime: creationTime! });
  }
}

/** Of the one row of partition_ownership, and of its topic. */
function ownershipCells(query: string, history: readonly StoredEntry[]): readonly (readonly string[])[] {
  if (history.length === 0 || !query.includes('.partition_ownership`')) return [];
  if (query.includes('DISTINCT topic')) return [['t']];
  return [['t', '0', '9', 'o', 'c', '0', '[]', '1', '0', JSON.stringify(FIXED), JSON.stringify(history), '[]']];
}

/** Of a plain SELECT: what its columns are called. */
function columnsOf(query: string): string[] {
  const list = /SELECT\s+(.*?)\s+FROM\s/s.exec(query)?.[1] ?? 'nothing';
  return list.split(/,(?![^(]*\))/).map((column) => /(\w+)\W*$/.exec(column)?.[1] ?? column);
}

function notFound(): never {
  throw new RestError('Not found', 404, 'notFound');
}
