/**
 * SQL over the Delta tables of a world, with DuckDB, in the words in which scenarios and the checks ask BigQuery: names in
 * backquotes after `{dataset}.`, NUMERIC as billionths, the few functions of BigQuery that they use. Each query sees the tables as
 * they are when it begins.
 */
import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api';
import type { TableQueries } from '../../../checks/by-sql/reconcile.ts';
import { loggedTable, type TableFolder } from './delta-log-files.ts';

/** As quotedTable makes them: `project.dataset.table`. */
const PLACE = { projectId: 'delta', dataset: 'lab' } as const;
const NAME = /`(?:[\w{}-]+\.)*(\w+)`/g;

/** What BigQuery has under another name. */
const FUNCTIONS = [
  'CREATE MACRO timestamp_millis(ms) AS make_timestamptz(CAST(ms AS BIGINT) * 1000)',
  'CREATE MACRO unix_millis(moment) AS epoch_ms(moment)',
];
const TYPES: Readonly<Record<string, string>> = {
  long: 'BIGINT',
  integer: 'INTEGER',
  string: 'VARCHAR',
  timestamp: 'TIMESTAMPTZ',
  boolean: 'BOOLEAN',
  double: 'DOUBLE',
  date: 'DATE',
};

export interface DeltaTablesSource {
  /** Names of tables, by which the folders are found. */
  readonly tables: readonly string[];
  folderOf(table: string): Promise<TableFolder>;
  /** CREATE VIEW statements over them. */
  views(): Promise<readonly string[]>;
}

export function deltaQueries(source: DeltaTablesSource): TableQueries {
  return { dataset: PLACE, queries: { runQuery: (sql, parameters = []) => runQuery(source, sql, parameters) } };
}

type RunQuery = TableQueries['queries']['runQuery'];

async function runQuery(
  source: DeltaTablesSource,
  sql: string,
  parameters: NonNullable<Parameters<RunQuery>[1]>,
): ReturnType<RunQuery> {
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: '512MB' });
  const connection = await instance.connect();
  try {
    await connection.run("SET TimeZone = 'UTC'");
    for (const statement of FUNCTIONS) await connection.run(statement);
    for (const table of source.tables) await define(connection, table, await source.folderOf(table));
    if (!source.tables.some((table) => sql.includes(`.${table}\``)) || sql.includes('skipped_offsets'))
      for (const view of await source.views()) await connection.run(view);
    const values = Object.fromEntries(parameters.map(({ name, parameterValue }) => [name, textOf(parameterValue)]));
    const asked = sql.replace(NAME, '"$1"').replace(/@(\w+)/g, '$$$1');
    const reader = await connection.runAndReadAll(asked, values);
    return reader.getRowObjects().map((row) => mapped(row)) as Awaited<ReturnType<RunQuery>>;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** A view of the table's files; of no rows where it has none. Nothing where there is no such table. */
async function define(connection: DuckDBConnection, table: string, folder: TableFolder): Promise<void> {
  const logged = await loggedTable(folder);
  if (logged === undefined) return;
  const files = await Promise.all(logged.files.map((file) => folder.local(file)));
  const list = files.map((file) => `'${file.replaceAll("'", "''")}'`).join(', ');
  const empty = logged.columns.map(({ name, type }) => `CAST(NULL AS ${TYPES[type] ?? type}) AS "${name}"`).join(', ');
  const rows =
    files.length === 0 ? `SELECT ${empty} WHERE FALSE` : `SELECT * FROM read_parquet([${list}], union_by_name = true)`;
  await connection.run(`CREATE VIEW "${table}" AS ${rows}`);
}

function textOf(parameter: object): string {
  return String((parameter as { readonly value: unknown }).value);
}

function mapped(row: Record<string, DuckDBValue>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, cell(value)]));
}

/** Whole numbers as numbers, decimals as billionths, all else as text. */
function cell(value: DuckDBValue): unknown {
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string')
    return value;
  if (typeof value === 'bigint') return Number(value);
  if (isDecimal(value)) return value.value * 10n ** BigInt(9 - value.scale);
  return value.toString();
}

function isDecimal(value: object): value is { readonly value: bigint; readonly scale: number } {
  return 'scale' in value && 'value' in value && typeof value.value === 'bigint';
}
