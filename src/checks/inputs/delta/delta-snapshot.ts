/**
 * The snapshot of Delta tables for verify: checkpoints first, then every row of every table, each table at one version. The rows are put
 * in order by DuckDB, on disk where they do not fit into its memory, and read a partition at a time.
 */
import { CHECKED_TABLES } from '../../partition/walk-partition.ts';
import type { PackedColumns } from '../packed-rows.ts';
import { Spool } from '../spool.ts';
import { columnsWith, type FurtherColumns, gatheredColumns } from '../table-columns.ts';
import type {
  CheckedTable,
  CheckpointCells,
  ForeignRows,
  KnownCells,
  OwnershipFacts,
  RepeatedId,
  StoredFinding,
  TableCells,
  TableCount,
  TablesSnapshot,
} from '../verify-inputs.ts';
import { type OpenedTable, openTable } from './delta-tables.ts';
import { type Duck, type DuckRow, type DuckValue, sqlName } from './duck.ts';
import { storedFindings } from './stored-findings.ts';
import type { TableFolders } from './table-folders.ts';

/** Rows that are named of each repeated id. */
const ROWS_PER_ID_MAX = 50;

export async function deltaSnapshot(
  duck: Duck,
  folders: TableFolders,
  topic: string,
  further: FurtherColumns,
): Promise<TablesSnapshot> {
  const spool = new Spool();
  try {
    const opened = new Map<string, OpenedTable>();
    for (const name of ['checkpoint_log', ...CHECKED_TABLES]) opened.set(name, await openTable(duck, folders, name));
    const columns = columnsWith(further);
    for (const table of CHECKED_TABLES) await sortRows(duck, opened.get(table)!, columns[table]);
    const counts: TableCount[] = [];
    for (const table of CHECKED_TABLES) counts.push(...(await countTable(duck, table, topic)));
    return {
      checkpoints: (partition) => checkpoints(duck, topic, partition),
      rows: (table, partition) => rows(duck, table, partition, columns[table], further),
      foreignRows: (known, limit) => foreignRows(duck, folders, topic, known, limit),
      counts,
      repeatedIds: (limit) => repeatedIds(duck, limit),
      senderHomes: spool,
      known: (list, fromMs) => knownPayments(duck, folders, list, fromMs),
      stored: (ownership: readonly OwnershipFacts[]): Promise<readonly StoredFinding[]> =>
        storedFindings(duck, topic, ownership, opened),
      close: async () => {
        spool.close();
        duck.close();
      },
    };
  } catch (error) {
    spool.close();
    throw error;
  }
}

function sorted(table: CheckedTable): string {
  return sqlName(`rows of ${table}`);
}

/** Each value in the form in which it is read: decimals as their shortest text, times in microseconds. */
async function sortRows(duck: Duck, { name, fields }: OpenedTable, columns: PackedColumns): Promise<void> {
  const there = new Set(fields.map((field) => field.name));
  const values = Object.entries(columns).map(([column, kind]) => {
    const quoted = sqlName(column);
    if (!there.has(column)) return `NULL AS ${quoted}`;
    if (kind === 'time') return `epoch_us(${quoted}) AS ${quoted}`;
    // DuckDB's client takes a byte order mark for none of the text: it drops the first.
    if (kind === 'text')
      return `CASE WHEN starts_with(${quoted}, chr(65279)) THEN chr(65279) || ${quoted} ELSE ${quoted} END AS ${quoted}`;
    if (kind !== 'decimal') return quoted;
    const text = `CAST(${quoted} AS VARCHAR)`;
    return `CASE WHEN contains(${text}, '.') THEN rtrim(rtrim(${text}, '0'), '.') ELSE ${text} END AS ${quoted}`;
  });
  await duck.run(
    `CREATE TABLE ${sorted(name as CheckedTable)} AS SELECT kafka_partition AS "of partition", ${values.join(', ')}
FROM ${sqlName(name)} WHERE kafka_partition IS NOT NULL AND kafka_offset IS NOT NULL
ORDER BY kafka_partition, kafka_offset, writer_epoch`,
  );
}

async function* rows<T extends CheckedTable>(
  duck: Duck,
  table: T,
  partition: number,
  columns: PackedColumns,
  further: FurtherColumns,
): AsyncGenerator<readonly TableCells[T][]> {
  const names = Object.keys(columns);
  const kinds = Object.values(columns);
  let last = Number.NEGATIVE_INFINITY;
  const sql = `SELECT ${names.map(sqlName).join(', ')} FROM ${sorted(table)} WHERE "of partition" = $partition`;
  for await (const chunk of duck.chunks(sql, { partition })) {
    yield chunk.map((values) => {
      const row: Record<string, string | number | boolean | null> = {};
      for (let at = 0; at < names.length; at += 1) row[names[at]!] = cell(kinds[at]!, values[at]!);
      const offset = Number(row.kafka_offset);
      if (offset < last) throw new TypeError(`${table}, partition ${partition}: rows come out of order at ${offset}`);
      last = offset;
      return (table === 'payment_transactions' ? gatheredColumns(row, further) : row) as unknown as TableCells[T];
    });
  }
}

function cell(kind: PackedColumns[string], value: DuckValue): string | number | boolean | null {
  if (value === null) return null;
  if (kind === 'time') return millis(value);
  return value as string | number | boolean;
}

/** Whole milliseconds come exactly; any others come with a fraction. */
function millis(micros: DuckValue): number {
  if (typeof micros !== 'bigint') return Number(micros) / 1_000;
  return Number(micros / 1_000n) + (micros % 1_000n === 0n ? 0 : 0.5);
}

async function* checkpoints(duck: Duck, topic: string, partition: number): AsyncGenerator<readonly CheckpointCells[]> {
  const columns = [
    'writer_epoch',
    'next_offset',
    'epoch_us(watermark)',
    'stream_offsets',
    'state_digest',
    'record_fingerprint',
    'consumed',
    'accepted',
    'duplicates',
    'late',
    'rejected',
  ];
  const sql = `SELECT ${columns.join(', ')} FROM checkpoint_log WHERE topic = $topic AND kafka_partition = $partition
ORDER BY next_offset, writer_epoch`;
  for await (const chunk of duck.chunks(sql, { topic, partition }))
    yield chunk.map(
      ([writer_epoch, next_offset, watermark, stream_offsets, state_digest, record_fingerprint, ...counters]) => {
        const [consumed, accepted, duplicates, late, rejected] = counters;
        const time = watermark === null ? null : millis(watermark!);
        return {
          writer_epoch,
          next_offset,
          watermark: time,
          stream_offsets,
          state_digest,
          record_fingerprint,
          consumed,
          accepted,
          duplicates,
          late,
          rejected,
        } as unknown as CheckpointCells;
      },
    );
}

async function countTable(duck: Duck, table: CheckedTable, topic: string): Promise<TableCount[]> {
  const counted = await duck.rows(
    `SELECT t.kafka_partition AS of_partition, count(*) AS row_count FROM ${sqlName(table)} AS t
LEFT JOIN (
  SELECT kafka_partition, max(next_offset) AS next_offset FROM checkpoint_log WHERE topic = $topic GROUP BY 1
) AS c ON c.kafka_partition = t.kafka_partition
WHERE c.next_offset IS NULL OR t.kafka_offset IS NULL OR t.kafka_offset < c.next_offset
GROUP BY 1`,
    { topic },
  );
  return counted.map((row) => ({
    table,
    partition: row.of_partition as number | null,
    rowCount: Number(row.row_count),
  }));
}

async function foreignRows(
  duck: Duck,
  folders: TableFolders,
  topic: string,
  known: ReadonlySet<number>,
  limit: number,
): Promise<ForeignRows[]> {
  const partitions = [...known].join(', ') || 'NULL';
  const found: ForeignRows[] = [];
  for (const table of [...CHECKED_TABLES, 'checkpoint_log'] as const) {
    const offset = table === 'checkpoint_log' ? 'next_offset' : 'kafka_offset';
    const hasId = table !== 'payment_metrics_partials' && table !== 'checkpoint_log';
    const isOurs = table === 'checkpoint_log' ? 'topic IS NOT DISTINCT FROM $topic AND' : '$topic = $topic AND';
    const groups = await groupsOf(
      duck,
      `SELECT kafka_partition AS of_partition, ${offset} AS kafka_offset, writer_epoch,
  ${hasId ? 'transaction_id' : 'CAST(NULL AS VARCHAR)'} AS about FROM ${sqlName(table)}
WHERE ${isOurs} (kafka_partition IS NULL OR ${offset} IS NULL OR kafka_partition NOT IN (${partitions}))`,
      topic,
      limit,
    );
    for (const { partition, ...facts } of groups) {
      const why = partition === null || known.has(partition) ? 'null' : 'partition';
      found.push({ table, partition, why, ...facts });
    }
  }
  await openTable(duck, folders, 'partition_ownership');
  const others = { checkpoint_log: 'next_offset', partition_ownership: 'CAST(NULL AS BIGINT)' } as const;
  for (const [table, offset] of Object.entries(others)) {
    const epoch = table === 'checkpoint_log' ? 'writer_epoch' : 'CAST(NULL AS BIGINT)';
    const sql = `SELECT kafka_partition AS of_partition, ${offset} AS kafka_offset, ${epoch} AS writer_epoch, topic AS about
FROM ${sqlName(table)} WHERE topic IS DISTINCT FROM $topic`;
    for (const group of await groupsOf(duck, sql, topic, limit))
      found.push({ table: table as keyof typeof others, why: 'topic', ...group });
  }
  return found;
}

/** `sql`: of_partition, kafka_offset, writer_epoch, about. */
async function groupsOf(
  duck: Duck,
  sql: string,
  topic: string,
  limit: number,
): Promise<Pick<ForeignRows, 'partition' | 'rowCount' | 'samples'>[]> {
  const rowsFound = await duck.rows(
    `SELECT *, count(*) OVER (PARTITION BY of_partition) AS row_count FROM (${sql})
QUALIFY row_number() OVER (PARTITION BY of_partition ORDER BY kafka_offset) <= ${limit}
ORDER BY of_partition, kafka_offset`,
    { topic },
  );
  const groups = Map.groupBy(rowsFound, (row) => row.of_partition as number | null);
  return [...groups].map(([partition, some]) => ({
    partition,
    rowCount: Number(some[0]!.row_count),
    samples: some.map((row) => ({
      kafka_offset: row.kafka_offset as number | null,
      writer_epoch: row.writer_epoch as number | null,
      about: row.about as string | null,
    })),
  }));
}

async function repeatedIds(duck: Duck, limit: number): Promise<{ count: number; repeated: RepeatedId[] }> {
  await duck.run(
    `CREATE OR REPLACE TEMP TABLE repeated_ids AS SELECT transaction_id, count(*) AS row_count FROM payment_transactions
WHERE transaction_id IS NOT NULL GROUP BY 1 HAVING count(*) > 1`,
  );
  const [counted] = await duck.rows('SELECT count(*) AS ids FROM repeated_ids');
  const count = Number(counted?.ids ?? 0);
  if (count === 0) return { count, repeated: [] };
  const ids = await duck.rows(`SELECT * FROM repeated_ids ORDER BY transaction_id LIMIT ${limit}`);
  const places = await duck.rows(
    `SELECT transaction_id, kafka_partition, kafka_offset, writer_epoch FROM payment_transactions
WHERE transaction_id IN (SELECT transaction_id FROM repeated_ids ORDER BY transaction_id LIMIT ${limit})
ORDER BY transaction_id, kafka_partition, kafka_offset LIMIT ${limit * ROWS_PER_ID_MAX}`,
  );
  const ofId = Map.groupBy(places, (row) => String(row.transaction_id));
  return {
    count,
    repeated: ids.map((row) => ({
      transaction_id: String(row.transaction_id),
      rowCount: Number(row.row_count),
      rows: (ofId.get(String(row.transaction_id)) ?? []).map(placeOf),
    })),
  };
}

function placeOf(row: DuckRow): RepeatedId['rows'][number] {
  return {
    partition: row.kafka_partition as number | null,
    kafka_offset: row.kafka_offset as number | null,
    writer_epoch: row.writer_epoch as number | null,
  };
}

async function knownPayments(
  duck: Duck,
  folders: TableFolders,
  list: string,
  fromMs: number,
): Promise<readonly KnownCells[]> {
  await openTable(duck, folders, 'known_payments');
  const found = await duck.rows(
    `SELECT transaction_id, epoch_ms(event_time) AS event_time FROM known_payments
WHERE list = $list AND epoch_ms(event_time) >= $from`,
    { list, from: fromMs },
  );
  return found.map((row) => ({ transaction_id: String(row.transaction_id), event_time: Number(row.event_time) }));
}
