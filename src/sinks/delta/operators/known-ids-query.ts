/** The query of `seed --known-ids`, run by DuckDB in this process: it reads what another pipeline wrote, wherever DuckDB can read it. */
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { ConfigurationError } from '../../../base/errors.ts';
import type { KnownPayment } from '../../../payments/types.ts';
import type { KnownSurvey } from '../../../processor/ports.ts';

/** Of an id of 256 UTF-16 units. */
const MAX_ID_BYTES = 768;
const USABLE = `k.transaction_id IS NOT NULL AND k.transaction_id <> '' AND strlen(k.transaction_id) <= ${MAX_ID_BYTES}`;
const MEMORY = '1GB';

export class KnownIdsQuery {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  static async open(): Promise<KnownIdsQuery> {
    const { DuckDBInstance } = await import('@duckdb/node-api');
    const instance = await DuckDBInstance.create(':memory:', { memory_limit: MEMORY });
    const connection = await instance.connect();
    await connection.run("SET TimeZone = 'UTC'");
    return new KnownIdsQuery(instance, connection);
  }

  async survey(query: string): Promise<KnownSurvey> {
    const [row] = await this.#rows(
      `SELECT count(*), count(DISTINCT CASE WHEN ${USABLE} THEN k.transaction_id END),
  coalesce(sum(CASE WHEN ${USABLE} THEN 0 ELSE 1 END), 0), coalesce(sum(CASE WHEN k.event_time IS NULL THEN 1 ELSE 0 END), 0),
  epoch_ms(min(k.event_time)), epoch_ms(max(k.event_time))
FROM (\n${checked(query)}\n) AS k`,
    );
    const [rows, ids, unusable, timeless, from, to] = row!;
    return {
      rows: Number(rows),
      ids: Number(ids),
      unusable: Number(unusable),
      timeless: Number(timeless),
      fromMs: from === null ? undefined : Number(from),
      toMs: to === null ? undefined : Number(to),
    };
  }

  /** How many different ids of the query have an event time from this on. */
  async countFrom(query: string, fromMs: number): Promise<number> {
    const [row] = await this.#rows(
      `SELECT count(DISTINCT k.transaction_id) FROM (\n${checked(query)}\n) AS k
WHERE ${USABLE} AND epoch_ms(k.event_time) >= ${fromMs}`,
    );
    return Number(row![0]);
  }

  /** Each id once, with its latest event time, in chunks. */
  async *payments(query: string): AsyncGenerator<readonly KnownPayment[]> {
    const sql = `SELECT k.transaction_id, max(epoch_ms(k.event_time)) FROM (\n${checked(query)}\n) AS k
WHERE ${USABLE} GROUP BY k.transaction_id`;
    const result = await this.#asked(() => this.#connection.stream(sql));
    for (;;) {
      const chunk = await this.#asked(() => result.fetchChunk());
      if (chunk === null || chunk.rowCount === 0) return;
      yield chunk.getRows().map(([id, time]) => ({ transactionId: String(id), eventTimeMs: Number(time) }));
    }
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }

  #rows(sql: string): Promise<readonly (readonly unknown[])[]> {
    return this.#asked(async () => (await this.#connection.runAndReadAll(sql)).getRows());
  }

  async #asked<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      throw new ConfigurationError([
        `--known-ids: DuckDB refuses the query: ${why}. It must give a VARCHAR transaction_id and a TIMESTAMP event_time`,
      ]);
    }
  }
}

/** A read, without the semicolon at its end. Throws ConfigurationError. */
function checked(query: string): string {
  const sql = query.replace(/[;\s]+$/, '');
  if (/^(?:\s+|--[^\n]*\n)*(?:SELECT|WITH|FROM)\b/i.test(sql)) return sql;
  throw new ConfigurationError([
    `--known-ids: expected a query with the columns transaction_id and event_time, as SELECT id AS transaction_id, created AS event_time ` +
      `FROM read_parquet('payments/*.parquet'); found ${JSON.stringify(sql.slice(0, 60))}`,
  ]);
}
