/** The inputs of `verify` from a real topic and a real dataset. Money is read as text: the checkers parse it themselves. */
import { type DatasetRef, quotedTable } from '../bigquery/identifiers.ts';
import type { BigQueryQueries } from '../bigquery/queries.ts';
import { intParameter, type QueryValue, textParameter } from '../bigquery/query-values.ts';
import type { BackfilledRows, CheckedTable, CheckpointCells, RepeatedId, TableCells, VerifyInputs } from './inputs.ts';
import { CELLS_PER_PAGE, type PackedColumns, packedSql, unpackedRows } from './packed-rows.ts';
import { type TopicSource, topicInputs } from './topic-inputs.ts';
import { CHECKED_TABLES } from './walk.ts';

export interface RealInputsOptions extends TopicSource {
  readonly sink: {
    readonly dataset: DatasetRef;
    readonly queries: Pick<BigQueryQueries, 'readOwnership' | 'runQuery' | 'streamQuery'>;
  };
}

const ROWS_PER_PAGE = 10_000;

const POSITION = { kafka_offset: 'integer', writer_epoch: 'integer' } as const;
const PAYMENT = {
  transaction_id: 'text',
  sender_account_id: 'text',
  receiver_account_id: 'text',
  amount: 'decimal',
  currency: 'text',
  device_id: 'text',
  ip_address: 'text',
  event_time: 'time',
  region: 'text',
  payment_method: 'text',
} as const;
const COLUMNS: Readonly<Record<CheckedTable, PackedColumns>> = {
  payment_transactions: { ...POSITION, ...PAYMENT },
  payment_transactions_fraud: {
    ...POSITION,
    ...PAYMENT,
    risk_amount: 'text',
    txn_count_5min: 'integer',
    unique_devices_sender: 'integer',
    geographic_risk: 'integer',
    fraud_score: 'integer',
    is_high_risk: 'truth',
  },
  payment_metrics_partials: {
    ...POSITION,
    window_start: 'time',
    window_end: 'time',
    region: 'text',
    currency: 'text',
    transaction_count: 'integer',
    total_amount: 'decimal',
    min_amount: 'decimal',
    max_amount: 'decimal',
  },
  payment_exceptions: {
    ...POSITION,
    disposition: 'text',
    reason: 'text',
    transaction_id: 'text',
    event_time: 'time',
    record_time: 'time',
    first_kafka_offset: 'integer',
    conflict: 'truth',
    payload: 'text',
    payload_hash: 'text',
  },
};

export function realInputs(options: RealInputsOptions): VerifyInputs {
  const { topic, sink } = options;
  const { dataset, queries } = sink;
  const table = (name: string): string => quotedTable(dataset, name);

  return {
    topic,
    ...topicInputs(options),
    ownership: () => queries.readOwnership(topic),
    async partitionsWithRows() {
      const selects = [...CHECKED_TABLES, 'checkpoint_log'].map(
        (name) => `SELECT DISTINCT kafka_partition FROM ${table(name)} WHERE writer_epoch > 0`,
      );
      const rows = await queries.runQuery(
        `SELECT DISTINCT kafka_partition FROM (${selects.join(' UNION ALL ')}) ORDER BY kafka_partition`,
      );
      return rows.map((row) => Number(row.kafka_partition));
    },
    rows: (name, partition) => {
      const parameters = [intParameter('partition', partition)];
      // An exception holds the payload of its record, of any size: too much for many to a cell.
      if (name === 'payment_exceptions') {
        const sql =
          `SELECT ${columnsOf(name)} FROM ${table(name)} ` +
          `WHERE kafka_partition = @partition AND writer_epoch > 0 ORDER BY kafka_offset`;
        return snapshot<TableCells[typeof name]>(queries.streamQuery(sql, parameters, ROWS_PER_PAGE));
      }
      const pages = queries.streamQuery(packedSql(table(name), COLUMNS[name]), parameters, CELLS_PER_PAGE);
      return snapshot<TableCells[typeof name]>(unpackedPages(pages, COLUMNS[name]));
    },
    async checkpoints(partition) {
      const rows = await queries.runQuery(
        `SELECT writer_epoch, next_offset, watermark, consumed, accepted, duplicates, late, rejected
         FROM ${table('checkpoint_log')} WHERE topic = @topic AND kafka_partition = @partition
         ORDER BY next_offset, writer_epoch`,
        [textParameter('topic', topic), intParameter('partition', partition)],
      );
      return rows as unknown as CheckpointCells[];
    },
    async backfilled(partition) {
      const read = (name: CheckedTable) =>
        queries.runQuery(
          `SELECT ${columnsOf(name)} FROM ${table(name)}
           WHERE kafka_partition = @partition AND writer_epoch = 0 ORDER BY kafka_offset`,
          [intParameter('partition', partition)],
        );
      const payments = await read('payment_transactions');
      const partials = await read('payment_metrics_partials');
      return { payments, partials } as unknown as BackfilledRows;
    },
    async repeatedIds(limit) {
      const transactions = table('payment_transactions');
      const repeated = `SELECT transaction_id FROM ${transactions} GROUP BY transaction_id HAVING COUNT(*) > 1`;
      const [counted] = await queries.runQuery(`SELECT COUNT(*) AS ids FROM (${repeated})`);
      const count = Number(counted?.ids ?? 0);
      if (count === 0) return { count, repeated: [] };
      const rows = await queries.runQuery(
        `SELECT transaction_id, kafka_partition, kafka_offset, writer_epoch FROM ${transactions}
         WHERE transaction_id IN (${repeated} ORDER BY transaction_id LIMIT @most)
         ORDER BY transaction_id, kafka_partition, kafka_offset`,
        [intParameter('most', limit)],
      );
      return { count, repeated: repeatedFrom(rows) };
    },
  };
}

function columnsOf(table: CheckedTable): string {
  return Object.entries(COLUMNS[table])
    .map(([column, kind]) => (kind === 'decimal' ? `CAST(${column} AS STRING) AS ${column}` : column))
    .join(', ');
}

async function* unpackedPages(
  pages: AsyncGenerator<Record<string, QueryValue>[]>,
  columns: PackedColumns,
): AsyncGenerator<unknown[]> {
  for await (const page of pages) {
    const cells = page.map(({ packed }) => packed);
    yield unpackedRows(cells, columns);
  }
}

function repeatedFrom(rows: readonly Record<string, QueryValue>[]): RepeatedId[] {
  const byId = Map.groupBy(rows, (row) => String(row.transaction_id));
  return [...byId].map(([transaction_id, found]) => ({
    transaction_id,
    rows: found.map((row) => ({
      partition: Number(row.kafka_partition),
      kafka_offset: Number(row.kafka_offset),
      writer_epoch: Number(row.writer_epoch),
    })),
  }));
}

/** The first page is there when this resolves, so the query has seen the tables as they are now. */
async function snapshot<Row>(pages: AsyncGenerator<unknown[]>): Promise<AsyncIterable<readonly Row[]>> {
  const first = await pages.next();
  return (async function* () {
    if (first.done) return;
    yield first.value as Row[];
    for await (const page of pages) yield page as Row[];
  })();
}
