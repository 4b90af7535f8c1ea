/**
 * A Delta table at its newest version, by replaying its log in SQL: the newest whole log checkpoint, and the commits after it. Shares
 * nothing with the sink, so that what the sink takes for the table can be held against it.
 */
import path from 'node:path';
import { ContradictionError } from '../../../base/errors.ts';
import { type Duck, sqlName, sqlText } from './duck.ts';
import { LOG_FOLDER, type TableFolders } from './table-folders.ts';

export interface TableField {
  readonly name: string;
  /** In DuckDB. */
  readonly type: string;
}

export interface ActiveFile {
  /** Decoded, relative to the table's folder. */
  readonly path: string;
  readonly byteLength: number;
  /** `numRecords` of its statistics; null where it has none. */
  readonly rowCount: number | null;
}

export interface ReplayedTable {
  readonly name: string;
  readonly version: number;
  readonly fields: readonly TableField[];
  readonly files: readonly ActiveFile[];
  /** By appId: its newest version. */
  readonly txns: ReadonlyMap<string, number>;
  /** Files that two commits in a row add with rows, without a removal in between. */
  readonly addedTwice: readonly string[];
}

/** Columns of a log that are read. */
const ACTIONS = ['add', 'remove', 'txn', 'metaData', 'protocol'] as const;
/** A line of a commit may hold a schema, or statistics: far below this. */
const MAX_LINE_BYTES = 64 * 1024 * 1024;

interface LogFiles {
  readonly version: number;
  readonly checkpoint: readonly string[];
  readonly checkpointVersion: number;
  readonly commits: readonly string[];
}

/** Undefined where there is no such table. Throws ContradictionError for a log that has a gap, or that asks more of a reader than this does. */
export async function replayLog(duck: Duck, folders: TableFolders, table: string): Promise<ReplayedTable | undefined> {
  const names = await folders.logOf(table);
  if (names.length === 0) return undefined;
  const log = logFiles(table, names);
  await folders.bringLog(table, [...log.checkpoint, ...log.commits]);
  const folder = path.join(folders.root, table, LOG_FOLDER);
  const sources = [
    ...(log.commits.length === 0 ? [] : [commitsSql(log.commits.map((name) => path.join(folder, name)))]),
    ...(log.checkpoint.length === 0
      ? []
      : [
          await checkpointSql(
            duck,
            log.checkpointVersion,
            log.checkpoint.map((name) => path.join(folder, name)),
          ),
        ]),
  ];
  const actions = sqlName(`log of ${table}`);
  await duck.run(`CREATE OR REPLACE TEMP TABLE ${actions} AS ${sources.join('\nUNION ALL\n')}`);
  try {
    await requireReadable(duck, table, actions);
    return {
      name: table,
      version: log.version,
      fields: await fieldsIn(duck, table, actions),
      files: await filesIn(duck, actions),
      txns: await txnsIn(duck, actions),
      addedTwice: await addedTwice(duck, actions),
    };
  } finally {
    await duck.run(`DROP TABLE ${actions}`);
  }
}

function logFiles(table: string, names: readonly string[]): LogFiles {
  if (names.some((name) => /^\d{20}\.checkpoint\.[0-9a-f-]{36}\.(json|parquet)$/.test(name)))
    throw new ContradictionError(
      'table_changed',
      `${table}: its log has checkpoints of the second kind, which this release does not read: another engine upgraded the table`,
    );
  const checkpoints = new Map<number, { readonly names: string[]; parts: number }>();
  const commits = new Map<number, string>();
  for (const name of names) {
    const match = /^(\d{20})\.(?:json|checkpoint(?:\.\d{10}\.(\d{10}))?\.parquet)$/.exec(name);
    if (match === null) continue;
    const version = Number(match[1]);
    if (name.endsWith('.json')) commits.set(version, name);
    else {
      const parts = Number(match[2] ?? 1);
      const known = checkpoints.get(version);
      // One in a single file is whole by itself; parts are whole together.
      if (known === undefined || match[2] === undefined) checkpoints.set(version, { names: [name], parts });
      else if (known.parts === parts && parts > 1) known.names.push(name);
    }
  }
  const whole = [...checkpoints].filter(([, found]) => found.names.length === found.parts).map(([version]) => version);
  const checkpointVersion = Math.max(-1, ...whole);
  const version = Math.max(checkpointVersion, ...commits.keys());
  const after: string[] = [];
  for (let next = checkpointVersion + 1; next <= version; next++) {
    const name = commits.get(next);
    if (name === undefined)
      throw new ContradictionError(
        'rows_lost',
        `${table}: its log has no version ${next}, and has version ${version}: somebody deleted a commit. Restore the table as it was`,
      );
    after.push(name);
  }
  return { version, checkpoint: checkpoints.get(checkpointVersion)?.names ?? [], checkpointVersion, commits: after };
}

function commitsSql(files: readonly string[]): string {
  const columns = ACTIONS.map((name) => `${sqlText(name)}: 'JSON'`).join(', ');
  return `SELECT CAST(regexp_extract(filename, '(\\d{20})\\.json$', 1) AS BIGINT) AS version,
  ${ACTIONS.map(sqlName).join(', ')}
FROM read_json([${files.map(sqlText).join(', ')}], format = 'newline_delimited', columns = {${columns}}, filename = true,
  maximum_object_size = ${MAX_LINE_BYTES})`;
}

async function checkpointSql(duck: Duck, version: number, files: readonly string[]): Promise<string> {
  const from = `read_parquet([${files.map(sqlText).join(', ')}], union_by_name = true, hive_partitioning = false)`;
  const there = new Set((await duck.rows(`DESCRIBE SELECT * FROM ${from}`)).map((row) => row.column_name));
  const columns = ACTIONS.map((name) =>
    there.has(name)
      ? `CASE WHEN ${sqlName(name)} IS NULL THEN NULL ELSE to_json(${sqlName(name)}) END AS ${sqlName(name)}`
      : `CAST(NULL AS JSON) AS ${sqlName(name)}`,
  );
  return `SELECT CAST(${version} AS BIGINT) AS version, ${columns.join(', ')} FROM ${from}`;
}

async function requireReadable(duck: Duck, table: string, actions: string): Promise<void> {
  const [protocol] = await duck.rows(
    `SELECT CAST(protocol->>'$.minReaderVersion' AS INTEGER) AS reader, CAST(protocol->'$.readerFeatures' AS VARCHAR) AS features
FROM ${actions} WHERE protocol->>'$.minReaderVersion' IS NOT NULL ORDER BY version DESC LIMIT 1`,
  );
  if (protocol === undefined)
    throw new ContradictionError('table_changed', `${table}: its log does not say what it asks of a reader`);
  const { reader, features } = protocol;
  const isPlain = reader === 1 || (reader === 3 && (features === null || features === '[]' || features === 'null'));
  const [{ vectors = 0 } = {}] = await duck.rows(
    `SELECT count(*) AS vectors FROM ${actions} WHERE "add"->>'$.deletionVector.storageType' IS NOT NULL`,
  );
  if (isPlain && vectors === 0) return;
  throw new ContradictionError(
    'table_changed',
    `${table}: another engine upgraded the table (reader version ${reader}, features ${features ?? 'none'}), and this release does not read it`,
  );
}

async function fieldsIn(duck: Duck, table: string, actions: string): Promise<TableField[]> {
  const [row] = await duck.rows(
    `SELECT "metaData"->>'$.schemaString' AS schema, "metaData"->>'$.partitionColumns' AS partitioned
FROM ${actions} WHERE "metaData"->>'$.id' IS NOT NULL ORDER BY version DESC LIMIT 1`,
  );
  if (row === undefined)
    throw new ContradictionError('table_changed', `${table}: its log does not say which columns it has`);
  if (row.partitioned !== null && row.partitioned !== '[]')
    throw new ContradictionError(
      'table_changed',
      `${table}: it is partitioned by ${row.partitioned}, and no table here is`,
    );
  const { fields } = JSON.parse(String(row.schema)) as { fields: { name: string; type: unknown }[] };
  return fields.map(({ name, type }) => ({ name, type: duckType(table, name, type) }));
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'VARCHAR',
  long: 'BIGINT',
  integer: 'INTEGER',
  boolean: 'BOOLEAN',
  timestamp: 'TIMESTAMPTZ',
  timestamp_ntz: 'TIMESTAMP',
  date: 'DATE',
  double: 'DOUBLE',
};

function duckType(table: string, column: string, type: unknown): string {
  const name = String(type);
  const known = TYPES[name] ?? (/^decimal\(\d+,\d+\)$/.test(name) ? name.toUpperCase() : undefined);
  if (known !== undefined) return known;
  throw new ContradictionError('table_changed', `${table}: column ${column} is of the type ${JSON.stringify(type)}`);
}

/** Adds and removes by path; of one version an add counts after a remove. */
function fileActions(actions: string): string {
  return `SELECT version, TRUE AS is_add, url_decode("add"->>'$.path') AS path, CAST("add"->>'$.size' AS BIGINT) AS size,
    TRY_CAST(json_extract_string("add"->>'$.stats', '$.numRecords') AS BIGINT) AS records, "add"->>'$.dataChange' = 'true' AS has_rows
  FROM ${actions} WHERE "add"->>'$.path' IS NOT NULL
  UNION ALL
  SELECT version, FALSE, url_decode("remove"->>'$.path'), NULL, NULL, FALSE
  FROM ${actions} WHERE "remove"->>'$.path' IS NOT NULL`;
}

async function filesIn(duck: Duck, actions: string): Promise<ActiveFile[]> {
  const rows = await duck.rows(
    `SELECT path, size, records FROM (${fileActions(actions)})
QUALIFY row_number() OVER (PARTITION BY path ORDER BY version DESC, is_add DESC) = 1 AND is_add ORDER BY path`,
  );
  return rows.map((row) => ({
    path: String(row.path),
    byteLength: Number(row.size),
    rowCount: row.records === null ? null : Number(row.records),
  }));
}

async function addedTwice(duck: Duck, actions: string): Promise<string[]> {
  const rows = await duck.rows(
    `SELECT DISTINCT path FROM (
  SELECT path, is_add AND has_rows AND lag(is_add) OVER (PARTITION BY path ORDER BY version, is_add) AS is_again
  FROM (${fileActions(actions)})
) WHERE is_again ORDER BY path`,
  );
  return rows.map((row) => String(row.path));
}

async function txnsIn(duck: Duck, actions: string): Promise<Map<string, number>> {
  const rows = await duck.rows(
    `SELECT txn->>'$.appId' AS app, arg_max(CAST(txn->>'$.version' AS BIGINT), version) AS newest
FROM ${actions} WHERE txn->>'$.appId' IS NOT NULL GROUP BY 1`,
  );
  return new Map(rows.map((row) => [String(row.app), Number(row.newest)]));
}
