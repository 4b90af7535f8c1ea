/**
 * Other engines that read Delta tables, as judges of ours: delta-rs, DuckDB on the Delta kernel, and Delta Lake for Spark. Two of
 * them also work on tables as another team would: compaction, vacuum, appends, deletes, RESTORE. Pinned and cached; where one is
 * not to be had, the error names it.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheDirectory } from '../native/cache.ts';
import { type JarSet, mavenJars } from '../native/maven-jars.ts';
import { type PythonPackages, pythonVenv } from '../native/python-venv.ts';
import { findJava } from '../native/tools.ts';
import { InfraUnavailableError } from '../types.ts';
import { JudgeProcess } from './judge-process.ts';

const fileOf = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

/** DuckDB looks for extensions below HOME: they are copied there once, from their packages. */
const COPY_EXTENSIONS =
  'from duckdb_extensions import import_extension; import_extension("delta"); import_extension("httpfs")';

const DELTA_RS: PythonPackages = {
  name: 'delta-rs',
  what: 'the judges delta-rs and DuckDB',
  sizeMb: 450,
  requirements: fileOf('delta-rs.txt'),
  finish: COPY_EXTENSIONS,
};
const PYSPARK: PythonPackages = {
  name: 'pyspark-delta',
  what: 'the judge Spark',
  sizeMb: 480,
  requirements: fileOf('spark.txt'),
};
const DELTA_SPARK: JarSet = {
  name: 'delta-spark-jars',
  what: 'Delta Lake for Spark',
  sizeMb: 20,
  pom: fileOf('pom.xml'),
  lock: fileOf('jars.lock'),
};

/** What a look is to find out, besides the count of rows and the types of the columns. */
export interface Asked {
  /** Columns that identify a row. */
  readonly keys?: readonly string[];
  /** Decimal columns. */
  readonly sums?: readonly string[];
  /** Timestamp columns. */
  readonly times?: readonly string[];
  /** Application ids. DuckDB tells nothing of them. */
  readonly txns?: readonly string[];
  /** Default: the newest. Not with DuckDB. */
  readonly version?: number;
}

export interface Judged {
  readonly rows: number;
  /** Different keys; null where none were named. */
  readonly distinct: number | null;
  /** By column: long, string, timestamp, decimal(38,9). */
  readonly types: Readonly<Record<string, string>>;
  /** To the last decimal; null where there is nothing to add up. */
  readonly sums: Readonly<Record<string, string | null>>;
  /** Least and greatest, microseconds since the epoch. */
  readonly times: Readonly<Record<string, readonly [least: number, greatest: number] | null>>;
}

/** What the log of the table says. */
export interface JudgedLog extends Judged {
  readonly version: number;
  readonly id: string;
  readonly txns: Readonly<Record<string, number | null>>;
  readonly files: number;
}

/** Tables by their folder or s3:// address. */
export interface DeltaRs extends AsyncDisposable {
  look(table: string, asked?: Asked): Promise<JudgedLog>;
  /** Bin-packing. Resolves with its own account. */
  compact(table: string): Promise<{ readonly numFilesAdded: number; readonly numFilesRemoved: number }>;
  /** With a retention of nothing: what no version needs is deleted at once. Resolves with how many files. */
  vacuum(table: string): Promise<number>;
  /** Writes a log checkpoint. */
  checkpoint(table: string): Promise<void>;
  /** Appends the first rows of the table again. */
  append(table: string, count?: number): Promise<void>;
  /** Deletes rows; resolves with how many. */
  delete(table: string, where: string): Promise<number>;
  restore(table: string, version: number): Promise<void>;
}

export interface DuckDb extends AsyncDisposable {
  look(table: string, asked?: Asked): Promise<Judged>;
}

export interface Spark extends AsyncDisposable {
  look(table: string, asked?: Asked): Promise<JudgedLog>;
  /** A statement; `{table}` stands for the table. */
  run(table: string, sql: string): Promise<void>;
}

/** `store`: how to reach an S3-compatible store (src/infra/s3), as the environment says it. */
export async function startDeltaRs(
  store: Readonly<Record<string, string>> = {},
  env: NodeJS.ProcessEnv = process.env,
): Promise<DeltaRs> {
  const { python } = await pythonVenv(DELTA_RS, env);
  const judge = await JudgeProcess.start({ name: 'delta-rs', python, script: fileOf('delta_rs_judge.py'), env });
  const withStore = store.AWS_ENDPOINT_URL === undefined ? {} : { store: { ...store, AWS_ALLOW_HTTP: 'true' } };
  const ask = (what: string, table: string, more: object = {}): Promise<unknown> =>
    judge.ask({ do: what, table, ...withStore, ...more });
  return {
    look: async (table, asked = {}) => (await ask('look', table, asked)) as JudgedLog,
    compact: async (table) => (await ask('compact', table)) as { numFilesAdded: number; numFilesRemoved: number },
    vacuum: async (table) => Number(await ask('vacuum', table)),
    checkpoint: async (table) => void (await ask('checkpoint', table)),
    append: async (table, count = 1) => void (await ask('append', table, { count })),
    delete: async (table, where) => Number(await ask('delete', table, { where })),
    restore: async (table, version) => void (await ask('restore', table, { to: version })),
    [Symbol.asyncDispose]: () => judge[Symbol.asyncDispose](),
  };
}

export async function startDuckDb(
  store: Readonly<Record<string, string>> = {},
  env: NodeJS.ProcessEnv = process.env,
): Promise<DuckDb> {
  const { python, home } = await pythonVenv(DELTA_RS, env);
  const own = { ...env, ...store, HOME: home };
  const judge = await JudgeProcess.start({ name: 'DuckDB', python, script: fileOf('duckdb_judge.py'), env: own });
  return {
    look: async (table, asked = {}) => (await judge.ask({ do: 'look', table, ...asked })) as Judged,
    [Symbol.asyncDispose]: () => judge[Symbol.asyncDispose](),
  };
}

/** Only tables in folders: it is given no client of S3. */
export async function startSpark(env: NodeJS.ProcessEnv = process.env): Promise<Spark> {
  const { usable, problem } = await findJava(env);
  if (usable === undefined) throw new InfraUnavailableError(`the judge Spark needs Java: ${problem}`);
  const { python } = await pythonVenv(PYSPARK, env);
  const jars = await mavenJars(DELTA_SPARK, cacheDirectory(env), env, () => {});
  const scratch = await mkdtemp(join(tmpdir(), 'provenonce-spark-'));
  const removed = (): Promise<void> => rm(scratch, { recursive: true, force: true, maxRetries: 5 });
  const own = { ...env, SPARK_LOCAL_IP: '127.0.0.1' };
  try {
    const args = [jars, scratch];
    const judge = await JudgeProcess.start({ name: 'Spark', python, script: fileOf('spark_judge.py'), args, env: own });
    return {
      look: async (table, asked = {}) => (await judge.ask({ do: 'look', table, ...asked })) as JudgedLog,
      run: async (table, sql) => void (await judge.ask({ do: 'sql', table, sql })),
      async [Symbol.asyncDispose]() {
        await judge[Symbol.asyncDispose]();
        await removed();
      },
    };
  } catch (error) {
    await removed();
    throw error;
  }
}
