/**
 * The tables of a location as views of DuckDB: each has the rows of the files that its log names, with the columns of its schema.
 * Files that are gone or of another size are named, and left out.
 */
import path from 'node:path';
import { ConfigurationError } from '../../../base/errors.ts';
import { type Duck, sqlName, sqlText } from './duck.ts';
import { type ActiveFile, type ReplayedTable, replayLog } from './log-replay.ts';
import type { TableFolders } from './table-folders.ts';

export interface DamagedFile extends ActiveFile {
  readonly table: string;
  /** Undefined where it is gone. */
  readonly foundBytes: number | undefined;
}

export interface OpenedTable extends ReplayedTable {
  readonly damaged: readonly DamagedFile[];
}

/** Replays the log of the table and makes the view of its name. Throws ConfigurationError where there is no such table. */
export async function openTable(duck: Duck, folders: TableFolders, name: string): Promise<OpenedTable> {
  const replayed = await replayLog(duck, folders, name);
  if (replayed === undefined)
    throw new ConfigurationError([
      `there is no table ${name} at ${folders.root}: check DELTA_LOCATION, or make the tables with \`provenonce schema apply\``,
    ]);
  const sizes = await folders.bringFiles(
    name,
    replayed.files.map((file) => file.path),
  );
  const damaged = replayed.files
    .filter((file) => sizes.get(file.path) !== file.byteLength)
    .map((file): DamagedFile => ({ ...file, table: name, foundBytes: sizes.get(file.path) }));
  const whole = replayed.files.filter((file) => sizes.get(file.path) === file.byteLength);
  await makeView(
    duck,
    replayed,
    whole.map((file) => path.join(folders.root, name, file.path)),
  );
  return { ...replayed, damaged };
}

async function makeView(duck: Duck, { name, fields }: ReplayedTable, files: readonly string[]): Promise<void> {
  const view = `CREATE OR REPLACE VIEW ${sqlName(name)} AS SELECT`;
  if (files.length === 0) {
    const nothing = fields.map(({ name: field, type }) => `CAST(NULL AS ${type}) AS ${sqlName(field)}`);
    return duck.run(`${view} ${nothing.join(', ')} WHERE FALSE`);
  }
  const variable = `files_of_${name}`;
  await duck.run(`SET VARIABLE ${variable} = [${files.map(sqlText).join(', ')}]`);
  const from = `read_parquet(getvariable('${variable}'), union_by_name = true, hive_partitioning = false)`;
  const there = new Set((await duck.rows(`DESCRIBE SELECT * FROM ${from}`)).map((row) => row.column_name));
  const columns = fields.map(({ name: field, type }) => {
    const value = there.has(field) ? sqlName(field) : 'NULL';
    return `CAST(${value} AS ${type}) AS ${sqlName(field)}`;
  });
  return duck.run(`${view} ${columns.join(', ')} FROM ${from}`);
}
