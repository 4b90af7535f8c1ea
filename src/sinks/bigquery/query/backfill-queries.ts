/**
 * The statements of `backfill`: late rows to choose from, what payment_transactions has of their ids, and the two MERGE
 * statements. Both can be repeated: the first inserts only ids that are nowhere in the table, the second derives the windows
 * of epoch 0 from the payments of epoch 0, so that it comes to the same however often it runs.
 */

import type { Runtime } from '../../../base/runtime.ts';
import type { FurtherColumn } from '../../../payments/rules/rules.ts';
import type {
  BackfilledPayment,
  BackfillTables,
  LateRow,
  LateSelection,
  RejectedRow,
  StoredPayment,
  Turn,
} from '../../../processor/ports.ts';
import { type DatasetRef, integerLiteral, quotedTable } from '../identifiers.ts';
import { integer, millis, nullable, ROW_READERS, text } from '../rows/row-readers.ts';
import { insertedColumns, PLACE_TYPES, paymentCells } from './backfill-columns.ts';
import { QueriedTurns, type TurnStatement } from './backfill-turns.ts';
import { KnownPaymentQueries } from './known-payments.ts';
import type { QueryJobs } from './query-job.ts';
import { intParameter, type QueryParameter, rowsParameter, timestampParameter } from './query-values.ts';
import type { RestError } from './rest-client.ts';

/** In the order of transactionRow, and the partition. */
const STORED_COLUMNS = [...ROW_READERS.payment_transactions.columns, 'kafka_partition'];

export class BackfillQueries implements BackfillTables {
  readonly turns: QueriedTurns;
  readonly known: KnownPaymentQueries;
  readonly #jobs: QueryJobs;
  readonly #runtime: Runtime;
  readonly #dataset: DatasetRef;

  constructor(jobs: QueryJobs, dataset: DatasetRef, runtime: Runtime) {
    this.turns = new QueriedTurns(jobs, dataset, runtime);
    this.known = new KnownPaymentQueries(jobs, dataset);
    this.#jobs = jobs;
    this.#runtime = runtime;
    this.#dataset = dataset;
  }

  async lateRows(
    partition: number,
    fromOffset: number,
    belowOffset: number,
    selection: LateSelection,
    limit: number,
  ): Promise<LateRow[]> {
    const { sql, parameters } = selected(selection);
    const { rows } = await this.#jobs.read({
      what: `late rows of partition ${partition}`,
      sql: `SELECT kafka_offset, transaction_id, event_time, record_time, payload, payload_hash
FROM ${this.#table('payment_exceptions')}
WHERE kafka_partition = ${integerLiteral(partition)} AND disposition = 'late' AND writer_epoch > 0
  AND kafka_offset >= @from_offset AND kafka_offset < @below_offset${sql}
ORDER BY kafka_offset
LIMIT ${integerLiteral(limit)}`,
      parameters: [intParameter('from_offset', fromOffset), intParameter('below_offset', belowOffset), ...parameters],
      columns: ['kafka_offset', 'transaction_id', 'event_time', 'record_time', 'payload', 'payload_hash'],
    });
    return rows.map((cells) => ({
      partition,
      offset: integer(cells[0]),
      transactionId: nullable(cells[1], text),
      eventTimeMs: nullable(cells[2], millis),
      recordTimeMs: millis(cells[3]),
      payload: nullable(cells[4], text),
      payloadHash: nullable(cells[5], text),
    }));
  }

  async rejectedRows(
    partition: number,
    fromOffset: number,
    belowOffset: number,
    limit: number,
  ): Promise<RejectedRow[]> {
    const { rows } = await this.#jobs.read({
      what: `rejected rows of partition ${partition}`,
      sql: `SELECT kafka_offset, reason, payload_hash
FROM ${this.#table('payment_exceptions')}
WHERE kafka_partition = ${integerLiteral(partition)} AND disposition = 'rejected' AND writer_epoch > 0
  AND kafka_offset >= @from_offset AND kafka_offset < @below_offset
ORDER BY kafka_offset
LIMIT ${integerLiteral(limit)}`,
      parameters: [intParameter('from_offset', fromOffset), intParameter('below_offset', belowOffset)],
      columns: ['kafka_offset', 'reason', 'payload_hash'],
    });
    return rows.map((cells) => ({
      partition,
      offset: integer(cells[0]),
      reason: text(cells[1]),
      payloadHash: nullable(cells[2], text),
    }));
  }

  async countRows(
    disposition: 'late' | 'rejected',
    partition: number,
    fromOffset: number,
    selection: LateSelection = {},
  ): Promise<number> {
    const { sql, parameters } = selected(selection);
    const { rows } = await this.#jobs.read({
      what: `${disposition} rows of partition ${partition}`,
      sql: `SELECT COUNT(*) AS n FROM ${this.#table('payment_exceptions')}
WHERE kafka_partition = ${integerLiteral(partition)} AND disposition = '${disposition}' AND writer_epoch > 0
  AND kafka_offset >= @from_offset${sql}`,
      parameters: [intParameter('from_offset', fromOffset), ...parameters],
      columns: ['n'],
    });
    return integer(rows[0]?.[0]);
  }

  async stored(transactionIds: readonly string[]): Promise<StoredPayment[]> {
    if (transactionIds.length === 0) return [];
    const { rows } = await this.#jobs.read({
      what: 'payments with the ids of late ones',
      sql: `SELECT ${STORED_COLUMNS.join(', ')}
FROM ${this.#table('payment_transactions')}
WHERE transaction_id IN (SELECT _c.id FROM UNNEST(@ids) AS _c)
ORDER BY transaction_id, writer_epoch DESC, kafka_partition, kafka_offset`,
      parameters: [idsParameter(transactionIds)],
      columns: STORED_COLUMNS,
    });
    return rows.map((cells) => {
      const { kafkaOffset, payment } = ROW_READERS.payment_transactions.read(cells);
      return { partition: integer(cells.at(-1)), offset: kafkaOffset, writerEpoch: integer(cells[0]), payment };
    });
  }

  insertPayments(
    turn: Turn,
    payments: readonly BackfilledPayment[],
    further: readonly FurtherColumn[] = [],
  ): Promise<RestError | undefined> {
    const columns = insertedColumns(further);
    const names = columns.map(({ name }) => name);
    const nowMs = this.#runtime.nowMs();
    return this.#once(turn, 'payments', `backfill of ${payments.length} payments`, {
      sql: `MERGE ${this.#table('payment_transactions')} AS _t
USING (
  SELECT p.kafka_partition, p.kafka_offset, TIMESTAMP_MILLIS(p.now_ms) AS processed_at, ${columns.map(({ name, value }) => `${value} AS ${name}`).join(', ')}
  FROM UNNEST(@payments) AS p
) AS _s
ON _t.transaction_id = _s.transaction_id
WHEN NOT MATCHED THEN INSERT (
  kafka_partition, kafka_offset, writer_epoch, processed_at, ${names.join(', ')}
) VALUES (
  _s.kafka_partition, _s.kafka_offset, 0, _s.processed_at, ${names.map((name) => `_s.${name}`).join(', ')}
)`,
      parameters: [
        rowsParameter(
          'payments',
          { ...PLACE_TYPES, ...Object.fromEntries(columns.map(({ parameter, type }) => [parameter, type])) },
          payments.map((row) => paymentCells(row, nowMs, columns)),
        ),
      ],
    });
  }

  correctMetrics(turn: Turn, windowMs: ReadonlyMap<number, number>): Promise<RestError | undefined> {
    return this.#once(turn, 'metrics', 'windows of backfilled payments', {
      sql: `MERGE ${this.#table('payment_metrics_partials')} AS t
USING (
  ${this.#windowSums()}
) AS s
ON t.writer_epoch = 0 AND t.kafka_partition = s.kafka_partition AND t.window_start = s.window_start
  AND t.region = s.region AND t.currency = s.currency
WHEN MATCHED AND (t.transaction_count <> s.transaction_count OR t.total_amount <> s.total_amount) THEN UPDATE SET
  kafka_offset = s.kafka_offset, processed_at = s.processed_at, transaction_count = s.transaction_count,
  total_amount = s.total_amount, min_amount = s.min_amount, max_amount = s.max_amount
WHEN NOT MATCHED THEN INSERT (
  kafka_partition, kafka_offset, writer_epoch, processed_at, window_start, window_end, region, currency, transaction_count,
  total_amount, min_amount, max_amount
) VALUES (
  s.kafka_partition, s.kafka_offset, 0, s.processed_at, s.window_start, s.window_end, s.region, s.currency,
  s.transaction_count, s.total_amount, s.min_amount, s.max_amount
)`,
      parameters: this.#rangeParameters(turn, windowMs),
    });
  }

  async unsummedWindows(turn: Turn, windowMs: ReadonlyMap<number, number>): Promise<number> {
    if (turn.pending.length === 0) return 0;
    const { rows } = await this.#jobs.read({
      what: 'windows of backfilled payments',
      sql: `SELECT COUNT(*) AS windows FROM (
  SELECT kafka_partition, window_start, region, currency
  FROM (
    SELECT kafka_partition, window_start, region, currency, transaction_count, total_amount FROM (
      ${this.#windowSums()}
    )
    UNION ALL
    SELECT w.kafka_partition, w.window_start, w.region, w.currency, -w.transaction_count, -w.total_amount
    FROM ${this.#table('payment_metrics_partials')} AS w
    JOIN UNNEST(@ranges) AS r
      ON w.kafka_partition = r.kafka_partition AND UNIX_MILLIS(w.window_start) >= r.from_ms
      AND UNIX_MILLIS(w.window_start) < r.to_ms
    WHERE w.writer_epoch = 0 AND w.window_start >= @from_time AND w.window_start < @to_time
  )
  GROUP BY 1, 2, 3, 4
  HAVING SUM(transaction_count) <> 0 OR SUM(total_amount) <> 0
)`,
      parameters: this.#rangeParameters(turn, windowMs),
      columns: ['windows'],
    });
    return integer(rows[0]?.[0]);
  }

  /** Rows of payment_metrics_partials as the epoch-0 payments of the ranges give them. No column can be named like these aliases. */
  #windowSums(): string {
    return `SELECT _p.kafka_partition AS kafka_partition, MAX(_p.kafka_offset) AS kafka_offset,
    TIMESTAMP_MILLIS(_r.now_ms) AS processed_at,
    TIMESTAMP_MILLIS(DIV(UNIX_MILLIS(_p.event_time), _r.window_ms) * _r.window_ms) AS window_start,
    TIMESTAMP_MILLIS((DIV(UNIX_MILLIS(_p.event_time), _r.window_ms) + 1) * _r.window_ms) AS window_end,
    IFNULL(_p.region, '') AS region, _p.currency AS currency, COUNT(*) AS transaction_count, SUM(_p.amount) AS total_amount,
    MIN(_p.amount) AS min_amount, MAX(_p.amount) AS max_amount
  FROM ${this.#table('payment_transactions')} AS _p
  JOIN UNNEST(@ranges) AS _r
    ON _p.kafka_partition = _r.kafka_partition AND UNIX_MILLIS(_p.event_time) >= _r.from_ms AND UNIX_MILLIS(_p.event_time) < _r.to_ms
  WHERE _p.writer_epoch = 0 AND _p.event_time >= @from_time AND _p.event_time < @to_time
  GROUP BY 1, 3, 4, 5, 6, 7`;
  }

  /** The constant times let the service prune days; the ranges do the rest. */
  #rangeParameters({ pending }: Turn, windowMs: ReadonlyMap<number, number>): QueryParameter[] {
    const nowMs = this.#runtime.nowMs();
    const ranges = pending.map(({ partition, fromMs, toMs }) => ({
      kafka_partition: partition,
      from_ms: fromMs,
      to_ms: toMs,
      window_ms: windowOf(windowMs, partition),
      now_ms: nowMs,
    }));
    return [
      rowsParameter('ranges', RANGE_TYPES, ranges),
      timestampParameter('from_time', Math.min(...pending.map(({ fromMs }) => fromMs))),
      timestampParameter('to_time', Math.max(...pending.map(({ toMs }) => toMs))),
    ];
  }

  patience(what: string) {
    const patience = this.#jobs.patience(what);
    return {
      wait: (failure: Error): Promise<void> =>
        patience.wait('status' in failure ? this.#jobs.transient(failure) : failure),
    };
  }

  #once(
    turn: Turn,
    statement: TurnStatement,
    what: string,
    { sql, parameters }: { sql: string; parameters: readonly QueryParameter[] },
  ): Promise<RestError | undefined> {
    return this.#jobs.changeOnce(this.turns.jobId(turn, statement), { what, sql, parameters });
  }

  #table(table: string): string {
    return quotedTable(this.#dataset, table);
  }
}

const RANGE_TYPES = {
  kafka_partition: 'INT64',
  from_ms: 'INT64',
  to_ms: 'INT64',
  window_ms: 'INT64',
  now_ms: 'INT64',
} as const;

function windowOf(windowMs: ReadonlyMap<number, number>, partition: number): number {
  const found = windowMs.get(partition);
  if (found === undefined) throw new RangeError(`no window length for partition ${partition}`);
  return found;
}

function idsParameter(ids: readonly string[]): QueryParameter {
  return rowsParameter(
    'ids',
    { id: 'STRING' },
    ids.map((id) => ({ id })),
  );
}

function selected({ fromEventTimeMs, beforeEventTimeMs, transactionIds }: LateSelection) {
  const conditions: string[] = [];
  const parameters: QueryParameter[] = [];
  if (fromEventTimeMs !== undefined) {
    conditions.push('event_time >= @from_time');
    parameters.push(timestampParameter('from_time', fromEventTimeMs));
  }
  if (beforeEventTimeMs !== undefined) {
    conditions.push('event_time < @before_time');
    parameters.push(timestampParameter('before_time', beforeEventTimeMs));
  }
  if (transactionIds !== undefined) {
    conditions.push('transaction_id IN (SELECT c.id FROM UNNEST(@ids) AS c)');
    parameters.push(idsParameter(transactionIds));
  }
  return { sql: conditions.map((condition) => `\n  AND ${condition}`).join(''), parameters };
}
