/**
 * Reads the tables of a dataset for `verify`: checkpoints first, then every row of every table, of any partition and
 * epoch, in no order and a part of a table at a time (a day, or a Kafka partition), into a spool that puts them in order.
 * Then the service counts them.
 *
 * A processor may write meanwhile. Of each table and partition only rows up to the last offset that was there when its
 * reading began are kept: all of those were visible then, since streams fill from the front.
 */
import { quotedTable } from '../../sinks/bigquery/identifiers.ts';
import {
  type QueryParameter,
  type QueryValue,
  textParameter,
  timestampParameter,
} from '../../sinks/bigquery/query/query-values.ts';
import { CHECKED_TABLES } from '../partition/walk-partition.ts';
import {
  CELLS_PER_PAGE,
  LARGE_ROWS_PER_PAGE,
  OFFSETS_PER_CELL,
  type PackedColumns,
  packedSinglySql,
  packedSql,
} from './packed-rows.ts';
import type { RowQueries } from './row-queries.ts';
import type { Spool } from './spool.ts';
import { columnsWith, DAY_COLUMNS, type FurtherColumns } from './table-columns.ts';
import type { CheckedTable, CheckpointCells, ForeignRows, TableCount } from './verify-inputs.ts';

/** Results larger than this are read in several queries, by Kafka partition: each reads the day again. */
const ROWS_PER_QUERY_MAX = 2_000_000;
const DAY_MS = 86_400_000;
const CHECKPOINTS_PER_PAGE = 5_000;
/** Offsets whose checkpoints make a cell. */
export const CHECKPOINT_OFFSETS_PER_CELL = 100_000;

/** Last offset that was there when the reading of a table began, by partition. */
export type Horizons = Readonly<Record<CheckedTable, ReadonlyMap<number, number>>>;

export interface ReadTables {
  readonly horizons: Horizons;
  readonly counts: readonly TableCount[];
  readonly otherTopics: readonly ForeignRows[];
}

/** Some rows of a table that are read together. */
interface Part {
  readonly where: string;
  readonly parameters: readonly QueryParameter[];
}

export async function readTables(
  source: RowQueries,
  topic: string,
  spool: Spool,
  further: FurtherColumns = new Map(),
): Promise<ReadTables> {
  const nextOffsets = new Map<number, number>();
  const otherTopics = await readCheckpoints(source, topic, spool, nextOffsets);
  const horizons: Partial<Record<CheckedTable, ReadonlyMap<number, number>>> = {};
  for (const table of CHECKED_TABLES)
    horizons[table] = await readTable(source, table, spool, columnsWith(further)[table]);
  spool.sort();
  const counts: TableCount[] = [];
  for (const table of CHECKED_TABLES) counts.push(...(await countTable(source, table, nextOffsets)));
  otherTopics.push(...(await ownershipOfOthers(source, topic)));
  return { horizons: horizons as Horizons, counts, otherTopics };
}

async function readCheckpoints(
  { dataset, queries }: RowQueries,
  topic: string,
  spool: Spool,
  nextOffsets: Map<number, number>,
): Promise<ForeignRows[]> {
  const others = new Map<number | null, { rowCount: number; samples: ForeignRows['samples'] }>();
  const sql = `SELECT kafka_partition, topic, writer_epoch, next_offset, watermark, consumed, accepted, duplicates, late,
  rejected, stream_offsets, state_digest, record_fingerprint
FROM ${quotedTable(dataset, 'checkpoint_log')}`;
  for await (const page of queries.streamQuery(sql, [], CHECKPOINTS_PER_PAGE)) {
    const cells = new Map<string, { partition: number | null; bucket: number | null; rows: CheckpointCells[] }>();
    for (const { kafka_partition, topic: of, ...row } of page) {
      const partition = kafka_partition as number | null;
      const checkpoint = row as unknown as CheckpointCells;
      const { next_offset, writer_epoch } = checkpoint;
      if (of !== topic) {
        const seen = others.get(partition) ?? { rowCount: 0, samples: [] };
        const sample = { kafka_offset: next_offset, writer_epoch, about: of as string | null };
        const samples = seen.samples.length < 5 ? [...seen.samples, sample] : seen.samples;
        others.set(partition, { rowCount: seen.rowCount + 1, samples });
        continue;
      }
      if (partition !== null && next_offset !== null)
        nextOffsets.set(partition, Math.max(nextOffsets.get(partition) ?? 0, next_offset));
      const bucket = next_offset === null ? null : Math.floor(next_offset / CHECKPOINT_OFFSETS_PER_CELL);
      const key = `${partition} ${bucket}`;
      const cell = cells.get(key) ?? { partition, bucket, rows: [] };
      cell.rows.push(checkpoint);
      cells.set(key, cell);
    }
    for (const { partition, bucket, rows } of cells.values())
      spool.add('checkpoint_log', partition, bucket, rows.length, JSON.stringify(rows));
  }
  return [...others].map(([partition, facts]) => ({ table: 'checkpoint_log', partition, why: 'topic', ...facts }));
}

async function ownershipOfOthers({ dataset, queries }: RowQueries, topic: string): Promise<ForeignRows[]> {
  const rows = await queries.runQuery(
    `SELECT topic, kafka_partition, COUNT(*) AS row_count FROM ${quotedTable(dataset, 'partition_ownership')}
     WHERE topic IS NULL OR topic != @topic GROUP BY topic, kafka_partition ORDER BY topic, kafka_partition`,
    [textParameter('topic', topic)],
  );
  return rows.map((row) => ({
    table: 'partition_ownership',
    partition: row.kafka_partition as number | null,
    rowCount: Number(row.row_count),
    why: 'topic',
    samples: [{ kafka_offset: null, writer_epoch: null, about: row.topic as string | null }],
  }));
}

/** Resolves with the last offset of each partition. */
async function readTable(
  source: RowQueries,
  table: CheckedTable,
  spool: Spool,
  columns: PackedColumns,
): Promise<ReadonlyMap<number, number>> {
  const { dataset, queries } = source;
  const name = quotedTable(dataset, table);
  const { parts, horizon } = await partsOf(source, table);
  for (const { where, parameters } of parts) {
    if (DAY_COLUMNS[table] !== null) {
      const sql = packedSql(name, columns, where);
      for await (const page of queries.streamQuery(sql, parameters, CELLS_PER_PAGE))
        for (const { kafka_partition: partition, bucket, row_count, packed } of page)
          spool.add(table, partition as number | null, bucket as number | null, Number(row_count), String(packed));
      continue;
    }
    const sql = packedSinglySql(name, columns, where);
    for await (const page of queries.streamQuery(sql, parameters, LARGE_ROWS_PER_PAGE)) spoolRows(page, table, spool);
  }
  return horizon;
}

/** Rows that came one to a cell, put together to cells. */
function spoolRows(page: readonly Record<string, QueryValue>[], table: CheckedTable, spool: Spool): void {
  const places = page.map(({ kafka_partition, kafka_offset, packed }) => ({
    partition: kafka_partition as number | null,
    bucket: kafka_offset === null ? null : Math.trunc(Number(kafka_offset) / OFFSETS_PER_CELL),
    packed: String(packed),
  }));
  for (const rows of Map.groupBy(places, ({ partition, bucket }) => `${partition} ${bucket}`).values()) {
    const { partition, bucket } = rows[0]!;
    spool.add(table, partition, bucket, rows.length, rows.map(({ packed }) => packed).join(','));
  }
}

async function partsOf(
  { dataset, queries }: RowQueries,
  table: CheckedTable,
): Promise<{ parts: Part[]; horizon: ReadonlyMap<number, number> }> {
  const column = DAY_COLUMNS[table];
  const day = column === null ? '' : `CAST(DATE(${column}) AS STRING) AS day, `;
  const horizon = new Map<number, number>();
  /** By day (null where there is none), how many rows each partition has. */
  const days = new Map<string | null, Map<number | null, number>>();
  const sql = `SELECT ${day}kafka_partition, COUNT(*) AS row_count, MAX(kafka_offset) AS last_offset
FROM ${quotedTable(dataset, table)} GROUP BY ${column === null ? '1' : '1, 2'}`;
  for await (const page of queries.streamQuery(sql)) {
    for (const row of page) {
      const partition = row.kafka_partition as number | null;
      if (partition !== null && row.last_offset !== null)
        horizon.set(partition, Math.max(horizon.get(partition) ?? Number(row.last_offset), Number(row.last_offset)));
      const of = (row.day ?? null) as string | null;
      const counts = days.get(of) ?? new Map<number | null, number>();
      counts.set(partition, Number(row.row_count));
      days.set(of, counts);
    }
  }
  const parts =
    column === null
      ? [...(days.get(null)?.keys() ?? [])].map((partition) => ({
          where: wherePartitions([partition]),
          parameters: [],
        }))
      : [...days].flatMap(([of, counts]) => partsOfDay(column, of, counts));
  return { parts, horizon };
}

function partsOfDay(column: string, day: string | null, counts: ReadonlyMap<number | null, number>): Part[] {
  const fromMs = day === null ? 0 : Date.parse(`${day}T00:00:00Z`);
  const within = day === null ? `${column} IS NULL` : `${column} >= @from_time AND ${column} < @before_time`;
  const parameters =
    day === null ? [] : [timestampParameter('from_time', fromMs), timestampParameter('before_time', fromMs + DAY_MS)];
  const slices = slicesOf(counts, ROWS_PER_QUERY_MAX);
  if (slices.length === 1) return [{ where: within, parameters }];
  return slices.map((partitions) => ({ where: `${within} AND ${wherePartitions(partitions)}`, parameters }));
}

/** Groups of partitions with at most `rowsMax` rows together, or one partition. */
export function slicesOf(counts: ReadonlyMap<number | null, number>, rowsMax: number): (number | null)[][] {
  const slices: (number | null)[][] = [];
  let rows = Number.POSITIVE_INFINITY;
  for (const [partition, count] of counts) {
    if (rows + count > rowsMax) {
      slices.push([]);
      rows = 0;
    }
    slices.at(-1)!.push(partition);
    rows += count;
  }
  return slices;
}

/** Constants, by which the service leaves out what it need not read. */
function wherePartitions(partitions: readonly (number | null)[]): string {
  const numbers = partitions.filter((partition) => partition !== null).map(wholeNumber);
  const named = numbers.length === 0 ? [] : [`kafka_partition IN (${numbers.join(', ')})`];
  const without = partitions.includes(null) ? ['kafka_partition IS NULL'] : [];
  return `(${[...named, ...without].join(' OR ')})`;
}

async function countTable(
  { dataset, queries }: RowQueries,
  table: CheckedTable,
  nextOffsets: ReadonlyMap<number, number>,
): Promise<TableCount[]> {
  const cases = [...nextOffsets].map(
    ([partition, offset]) => `WHEN ${wholeNumber(partition)} THEN kafka_offset < ${wholeNumber(offset)}`,
  );
  const below = cases.length === 0 ? '' : `WHERE COALESCE(CASE kafka_partition ${cases.join(' ')} ELSE TRUE END, TRUE)`;
  const rows = await queries.runQuery(
    `SELECT kafka_partition, COUNT(*) AS row_count FROM ${quotedTable(dataset, table)} ${below} GROUP BY kafka_partition`,
  );
  return rows.map((row) => ({
    table,
    partition: row.kafka_partition as number | null,
    rowCount: Number(row.row_count),
  }));
}

/** A column of partitions or offsets can hold any number that somebody wrote there, negative ones included. */
function wholeNumber(value: number): string {
  if (!Number.isSafeInteger(value)) throw new RangeError(`not a whole number: ${value}`);
  return String(value);
}
