/**
 * Payments that another pipeline had written (known_payments): filled once from a query of the operator, read by
 * takeovers, by `backfill` and by checks. Rows of a list never change: each seeding writes a list of its own, and the
 * settings history says which one holds. So a command that dies, or two at once, leave lists that nobody reads.
 */
import { ConfigurationError, ContradictionError } from '../../../base/errors.ts';
import type { KnownPayment } from '../../../payments/types.ts';
import type { KnownSurvey } from '../../../processor/ports/known-payments.ts';
import { type DatasetRef, quotedTable } from '../identifiers.ts';
import { integer, millis, nullable, text } from '../rows/row-readers.ts';
import { JobFailedError } from './job-errors.ts';
import type { QueryJobs, Statement } from './query-job.ts';
import { rowsParameter, textParameter, timestampParameter } from './query-values.ts';
import { RestError } from './rest-client.ts';

export const KNOWN_TABLE = 'known_payments';

const PAGE_ROWS = 10_000;
/** Of an id of 256 UTF-16 units. */
const MAX_ID_BYTES = 768;
const USABLE = `k.transaction_id IS NOT NULL AND k.transaction_id <> '' AND BYTE_LENGTH(k.transaction_id) <= ${MAX_ID_BYTES}`;

export class KnownPaymentQueries {
  readonly #jobs: QueryJobs;
  readonly #table: string;

  constructor(jobs: QueryJobs, dataset: DatasetRef) {
    this.#jobs = jobs;
    this.#table = quotedTable(dataset, KNOWN_TABLE);
  }

  /** Throws ConfigurationError if the service refuses the query. */
  async survey(query: string): Promise<KnownSurvey> {
    const { rows } = await this.#asked({
      what: 'known ids',
      sql: `SELECT COUNT(*) AS row_count, COUNT(DISTINCT CASE WHEN ${USABLE} THEN k.transaction_id END) AS ids,
  SUM(CASE WHEN ${USABLE} THEN 0 ELSE 1 END) AS unusable, SUM(CASE WHEN k.event_time IS NULL THEN 1 ELSE 0 END) AS timeless,
  MIN(k.event_time) AS from_time, MAX(k.event_time) AS to_time
FROM (
${checkedQuery(query)}
) AS k`,
      columns: ['row_count', 'ids', 'unusable', 'timeless', 'from_time', 'to_time'],
    });
    const [count, ids, unusable, timeless, from, to] = rows[0] ?? [];
    return {
      rows: integer(count),
      ids: integer(ids),
      unusable: nullable(unusable, integer) ?? 0,
      timeless: nullable(timeless, integer) ?? 0,
      fromMs: nullable(from, millis) ?? undefined,
      toMs: nullable(to, millis) ?? undefined,
    };
  }

  /** How many different ids of the query have an event time from this on. */
  async countFrom(query: string, fromMs: number): Promise<number> {
    const { rows } = await this.#asked({
      what: 'known ids',
      sql: `SELECT COUNT(DISTINCT k.transaction_id) AS ids FROM (
${checkedQuery(query)}
) AS k
WHERE ${USABLE} AND k.event_time >= @from_time`,
      parameters: [timestampParameter('from_time', fromMs)],
      columns: ['ids'],
    });
    return integer(rows[0]?.[0]);
  }

  /**
   * One job writes the whole list: each id once, with its latest event time. Run again under the same name it changes
   * nothing.
   */
  async fill(list: string, query: string): Promise<void> {
    const failure = await this.#jobs.changeOnce(`provenonce_known_${list}`, {
      what: `list ${list} of ${KNOWN_TABLE}`,
      sql: `INSERT INTO ${this.#table} (list, transaction_id, event_time)
SELECT @list, k.transaction_id, TIMESTAMP_MILLIS(MAX(UNIX_MILLIS(k.event_time)))
FROM (
${checkedQuery(query)}
) AS k
WHERE ${USABLE}
GROUP BY k.transaction_id`,
      parameters: [textParameter('list', list)],
    });
    if (failure !== undefined) throw refused(failure);
  }

  /** Rows of other lists: left over by a command that died, or by two at once. */
  async removeOthers(list: string): Promise<void> {
    await this.#jobs.change({
      what: `lists of ${KNOWN_TABLE} that nobody reads`,
      sql: `DELETE FROM ${this.#table} WHERE list <> @list`,
      parameters: [textParameter('list', list)],
    });
  }

  /** Those of a list with an event time from this on, in any order. One job; it starts over only before its first page. */
  async *read(list: string, fromMs: number): AsyncGenerator<readonly KnownPayment[]> {
    const what = `payments of list ${list} in ${KNOWN_TABLE}`;
    const patience = this.#jobs.patience(what);
    const statement: Statement = {
      what,
      sql: `SELECT transaction_id, event_time FROM ${this.#table} WHERE list = @list AND event_time >= @from_time`,
      parameters: [textParameter('list', list), timestampParameter('from_time', fromMs)],
      columns: ['transaction_id', 'event_time'],
    };
    for (let fruitless = 0, hasYielded = false; ; ) {
      try {
        for await (const { rows } of this.#jobs.pages(statement, PAGE_ROWS, patience)) {
          patience.success();
          hasYielded = true;
          yield rows.map(([id, time]) => ({ transactionId: text(id), eventTimeMs: millis(time) }));
        }
        return;
      } catch (error) {
        if (error instanceof JobFailedError && !error.isTransient) throw lost(list, error);
        if (hasYielded) throw error;
        fruitless = this.#jobs.countFruitless(statement, fruitless, error);
        await patience.wait(this.#jobs.transient(error));
      }
    }
  }

  /** Which of these ids the list has. */
  async idsIn(list: string, ids: readonly string[]): Promise<ReadonlySet<string>> {
    if (ids.length === 0) return new Set();
    const { rows } = await this.#jobs.read({
      what: `ids of late payments in ${KNOWN_TABLE}`,
      sql: `SELECT transaction_id FROM ${this.#table}
WHERE list = @list AND transaction_id IN (SELECT c.id FROM UNNEST(@ids) AS c)`,
      parameters: [
        textParameter('list', list),
        rowsParameter(
          'ids',
          { id: 'STRING' },
          ids.map((id) => ({ id })),
        ),
      ],
      columns: ['transaction_id'],
    });
    return new Set(rows.map(([id]) => text(id)));
  }

  async #asked(statement: Statement) {
    try {
      return await this.#jobs.read(statement);
    } catch (error) {
      if (error instanceof RestError) throw refused(error);
      throw error;
    }
  }
}

/** A read, without the semicolon at its end. Throws ConfigurationError. */
function checkedQuery(query: string): string {
  const sql = query.replace(/[;\s]+$/, '');
  if (/^(?:\s+|--[^\n]*\n)*(?:SELECT|WITH)\b/i.test(sql)) return sql;
  throw new ConfigurationError([
    `--known-ids: expected a query with the columns transaction_id and event_time, as SELECT id AS transaction_id, created AS event_time ` +
      `FROM \`project.dataset.payments\`; found ${JSON.stringify(sql.slice(0, 60))}`,
  ]);
}

function refused(error: RestError): Error {
  if (error.isTransient) return error;
  return new ConfigurationError([
    `--known-ids: the service refuses the query: ${error.message}. It must give a STRING transaction_id and a TIMESTAMP event_time`,
  ]);
}

function lost(list: string, cause: JobFailedError): ContradictionError {
  return new ContradictionError(
    'rows_differ',
    `${KNOWN_TABLE}, list ${list}: cannot be read: ${cause.message}. Partitions cannot start without it: restore the table as it was ` +
      '(runbook, lost tables). Nothing was written.',
    { cause },
  );
}
