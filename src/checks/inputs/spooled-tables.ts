/** The snapshot of real tables: what was read into the spool, in order. */
import { quotedTable } from '../../sinks/bigquery/identifiers.ts';
import { JobFailedError } from '../../sinks/bigquery/query/job-errors.ts';
import { intParameter, type QueryValue, textParameter } from '../../sinks/bigquery/query/query-values.ts';
import { CHECKED_TABLES } from '../partition/walk-partition.ts';
import { unpackedRows } from './packed-rows.ts';
import { readTables } from './read-tables.ts';
import type { RowQueries } from './row-queries.ts';
import { type Cell, Spool } from './spool.ts';
import { columnsWith, type FurtherColumns, gatheredColumns } from './table-columns.ts';
import type {
  CheckedTable,
  CheckpointCells,
  ForeignRows,
  KnownCells,
  RepeatedId,
  RowPosition,
  TableCells,
  TablesSnapshot,
} from './verify-inputs.ts';

/** Rows that are named of each repeated id. */
const ROWS_PER_ID_MAX = 50;

/** `further`: the columns that rules added to payment_transactions. */
export async function spooledTables(
  source: RowQueries,
  topic: string,
  further: FurtherColumns = new Map(),
): Promise<TablesSnapshot> {
  const spool = new Spool();
  try {
    const { horizons, counts, otherTopics } = await readTables(source, topic, spool, further);
    return {
      async *checkpoints(partition) {
        for (const cells of byBucket(spool.cells('checkpoint_log', partition)))
          yield cells
            .flatMap(({ text }) => JSON.parse(text) as CheckpointCells[])
            .sort((a, b) => a.next_offset - b.next_offset || a.writer_epoch - b.writer_epoch);
      },
      async *rows<T extends CheckedTable>(table: T, partition: number) {
        const horizon = horizons[table].get(partition) ?? Number.NEGATIVE_INFINITY;
        for (const cells of byBucket(spool.cells(table, partition))) {
          const rows = rowsOf<TableCells[T]>(cells, table, further).filter(
            ({ kafka_offset }) => kafka_offset <= horizon,
          );
          yield rows.sort((a, b) => a.kafka_offset - b.kafka_offset);
        }
      },
      foreignRows: async (known, limit) => [
        ...CHECKED_TABLES.flatMap((table) =>
          foreignRows(spool, table, known, limit, (cell) =>
            rowsOf<RowPosition & { transaction_id?: string | null }>([cell], table, further).map((row) => ({
              kafka_offset: row.kafka_offset,
              writer_epoch: row.writer_epoch,
              about: row.transaction_id ?? null,
            })),
          ),
        ),
        ...foreignRows(spool, 'checkpoint_log', known, limit, ({ text }) =>
          (JSON.parse(text) as CheckpointCells[]).map(({ next_offset, writer_epoch }) => ({
            kafka_offset: next_offset,
            writer_epoch,
            about: null,
          })),
        ),
        ...otherTopics,
      ],
      counts,
      repeatedIds: (limit) => repeatedIds(source, limit),
      senderHomes: spool,
      known: (list, fromMs) => knownPayments(source, list, fromMs),
      close: async () => spool.close(),
    };
  } catch (error) {
    spool.close();
    throw error;
  }
}

async function knownPayments(
  { dataset, queries }: RowQueries,
  list: string,
  fromMs: number,
): Promise<readonly KnownCells[] | undefined> {
  const sql = `SELECT transaction_id, UNIX_MILLIS(event_time) AS event_time_ms
FROM ${quotedTable(dataset, 'known_payments')} WHERE list = @list AND UNIX_MILLIS(event_time) >= @from_ms`;
  const rows: KnownCells[] = [];
  try {
    for await (const page of queries.streamQuery(sql, [textParameter('list', list), intParameter('from_ms', fromMs)]))
      for (const row of page)
        rows.push({ transaction_id: String(row.transaction_id), event_time: Number(row.event_time_ms) });
  } catch (error) {
    if (error instanceof JobFailedError && error.isNotFound) return undefined;
    throw error;
  }
  return rows;
}

/** Cells that follow each other with one bucket, together. */
function* byBucket(cells: Iterable<Cell>): Generator<Cell[]> {
  let together: Cell[] = [];
  for (const cell of cells) {
    if (together.length > 0 && together[0]!.bucket !== cell.bucket) {
      yield together;
      together = [];
    }
    together.push(cell);
  }
  if (together.length > 0) yield together;
}

function rowsOf<Row>(cells: readonly Cell[], table: CheckedTable, further: FurtherColumns): Row[] {
  const rows = unpackedRows(
    cells.map(({ text }) => text),
    columnsWith(further)[table],
  );
  const told = cells.reduce((sum, cell) => sum + cell.rows, 0);
  if (rows.length !== told) throw new TypeError(`${table}: ${rows.length} rows in cells that have ${told}`);
  const whole = table === 'payment_transactions' ? rows.map((row) => gatheredColumns(row, further)) : rows;
  return whole as unknown as Row[];
}

function foreignRows(
  spool: Spool,
  table: ForeignRows['table'],
  known: ReadonlySet<number>,
  limit: number,
  samplesOf: (cell: Cell) => ForeignRows['samples'],
): ForeignRows[] {
  const found = new Map<number | null, { rowCount: number; samples: ForeignRows['samples'] }>();
  for (const { partition, cell } of spool.foreign(table, known)) {
    const seen = found.get(partition) ?? { rowCount: 0, samples: [] };
    const more = seen.samples.length < limit ? samplesOf(cell) : [];
    found.set(partition, {
      rowCount: seen.rowCount + cell.rows,
      samples: [...seen.samples, ...more].slice(0, limit),
    });
  }
  return [...found].map(([partition, facts]) => {
    const why = partition === null || known.has(partition) ? 'null' : 'partition';
    return { table, partition, why, ...facts };
  });
}

async function repeatedIds(
  { dataset, queries }: RowQueries,
  limit: number,
): Promise<{ count: number; repeated: RepeatedId[] }> {
  const transactions = quotedTable(dataset, 'payment_transactions');
  const repeated = `SELECT transaction_id, COUNT(*) AS row_count FROM ${transactions}
    WHERE transaction_id IS NOT NULL GROUP BY transaction_id HAVING COUNT(*) > 1`;
  const [counted] = await queries.runQuery(`SELECT COUNT(*) AS ids FROM (${repeated})`);
  const count = Number(counted?.ids ?? 0);
  if (count === 0) return { count, repeated: [] };
  const most = intParameter('most', limit);
  const ids = await queries.runQuery(`${repeated} ORDER BY transaction_id LIMIT @most`, [most]);
  const rows = await queries.runQuery(
    `SELECT transaction_id, kafka_partition, kafka_offset, writer_epoch FROM ${transactions}
     WHERE transaction_id IN (
       SELECT transaction_id FROM (${repeated} ORDER BY transaction_id LIMIT @most)
     )
     ORDER BY transaction_id, kafka_partition, kafka_offset LIMIT @most_rows`,
    [most, intParameter('most_rows', limit * ROWS_PER_ID_MAX)],
  );
  const rowsOfId = Map.groupBy(rows, (row) => String(row.transaction_id));
  return {
    count,
    repeated: ids.map((row) => ({
      transaction_id: String(row.transaction_id),
      rowCount: Number(row.row_count),
      rows: (rowsOfId.get(String(row.transaction_id)) ?? []).map(placeOf),
    })),
  };
}

function placeOf(row: Record<string, QueryValue>): RepeatedId['rows'][number] {
  return {
    partition: row.kafka_partition as number | null,
    kafka_offset: row.kafka_offset as number | null,
    writer_epoch: row.writer_epoch as number | null,
  };
}
