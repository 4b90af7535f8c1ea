/**
 * DuckDB as `verify` uses it: in this process, with bounded memory, over Parquet files and JSON. What does not fit goes into a folder of
 * its own that nobody else may enter, and that is removed at the end. It loads no extension and connects to nothing.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DuckDBConnection, DuckDBInstance, DuckDBValue } from '@duckdb/node-api';

export type DuckParameters = Readonly<Record<string, string | number | bigint | null>>;
export type DuckRow = Readonly<Record<string, DuckValue>>;
/** A whole number is a number where that is exact. Everything else that is not text or truth is asked for as text or number in SQL. */
export type DuckValue = string | number | bigint | boolean | null | object;

/** Of the tables that DuckDB holds at a time; the rest is on disk. */
const MEMORY_LIMIT = '768MB';
const THREADS = '2';

export class Duck {
  readonly folder: string;
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  /** Statements that set variables, which views read: every connection needs them. */
  readonly #variables: string[] = [];

  private constructor(folder: string, instance: DuckDBInstance, connection: DuckDBConnection) {
    this.folder = folder;
    this.#instance = instance;
    this.#connection = connection;
  }

  /** `within`: where its folder is made; the system's for temporary files unless given. */
  static async open(within = tmpdir()): Promise<Duck> {
    const { DuckDBInstance } = await import('@duckdb/node-api');
    const folder = mkdtempSync(path.join(within, 'provenonce-duck-'));
    try {
      const instance = await DuckDBInstance.create(path.join(folder, 'rows.duckdb'), {
        memory_limit: MEMORY_LIMIT,
        threads: THREADS,
        temp_directory: path.join(folder, 'spilled'),
        autoinstall_known_extensions: 'false',
        autoload_known_extensions: 'false',
      });
      const connection = await instance.connect();
      await connection.run("SET TimeZone = 'UTC'");
      return new Duck(folder, instance, connection);
    } catch (error) {
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  async run(sql: string, parameters: DuckParameters = {}): Promise<void> {
    await this.#connection.run(sql, parameters);
    if (sql.startsWith('SET VARIABLE')) this.#variables.push(sql);
  }

  /** The whole answer. */
  async rows(sql: string, parameters: DuckParameters = {}): Promise<DuckRow[]> {
    const result = await this.#connection.runAndReadAll(sql, parameters);
    return result.getRowObjects().map(plainRow);
  }

  /**
   * A chunk of some 2,000 rows at a time, each row as the values of its columns. Each answer has a connection of its own: the next
   * query of a connection ends the answer that is being read from it, without an error.
   */
  async *chunks(sql: string, parameters: DuckParameters = {}): AsyncGenerator<readonly (readonly DuckValue[])[]> {
    const connection = await this.#instance.connect();
    try {
      await connection.run("SET TimeZone = 'UTC'");
      for (const statement of this.#variables) await connection.run(statement);
      const result = await connection.stream(sql, parameters);
      for (;;) {
        const chunk = await result.fetchChunk();
        if (chunk === null || chunk.rowCount === 0) return;
        yield chunk.getRows().map((row) => row.map(plain));
      }
    } finally {
      connection.closeSync();
    }
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A text in SQL. */
export function sqlText(text: string): string {
  if (text.includes('\0')) throw new RangeError('a text with a zero character');
  return `'${text.replaceAll("'", "''")}'`;
}

/** A name in SQL. */
export function sqlName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

function plainRow(row: Readonly<Record<string, DuckDBValue>>): DuckRow {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, plain(value)]));
}

function plain(value: DuckDBValue): DuckValue {
  if (typeof value !== 'bigint') return value as DuckValue;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
