/**
 * What the counters of the newest checkpoints promise, against the rows that are there. Exact: every row below a checkpoint was
 * acknowledged before it, and one statement sees one moment. A row past the checkpoint counts for nothing.
 *
 * Of payment_metrics_partials no counter tells; what its streams had taken by the last checkpoint of each epoch is the least
 * that there must be. Old checkpoints may be gone (`retention`): that only lowers what is promised.
 */
import type { Ownership } from '../../processor/ports.ts';
import { type DatasetRef, quotedTable } from '../identifiers.ts';
import { integerFromText } from '../query-values.ts';

/** A dataset is of one topic: nothing here asks for its name. What is counted, by its name in the answer: the rows below the newest checkpoint. */
export const COUNTED = [
  'payment_transactions',
  'payment_transactions_fraud',
  'payment_metrics_partials',
  'payment_exceptions',
] as const;
export type CountedTable = (typeof COUNTED)[number];

export interface PartitionCounts {
  readonly partition: number;
  /** Undefined where the partition has no checkpoint. */
  readonly nextOffset: number | undefined;
  readonly checkpointEpoch: number;
  /** Rows that must be below nextOffset. */
  readonly promised: Readonly<Record<CountedTable, number>>;
  /** Rows below nextOffset. */
  readonly found: Readonly<Record<CountedTable, number>>;
  /** Rows of any offset, and the greatest epoch that wrote one. */
  readonly rows: number;
  readonly lastEpoch: number;
}

export interface DatasetCounts {
  readonly partitions: readonly PartitionCounts[];
  /** Payments that `backfill` put in. */
  readonly backfilledRows: number;
  readonly backfillTurns: number;
}

/** Tables that the statement reads; those that are missing are left out, and count as having no rows. */
export function countsSql(dataset: DatasetRef, there: ReadonlySet<string>): string {
  const of = (table: string): string => quotedTable(dataset, table);
  const parts: string[] = [];
  const hasCheckpoints = there.has('checkpoint_log');
  if (hasCheckpoints) {
    for (const what of ['next_offset', 'writer_epoch', 'accepted']) {
      parts.push(`SELECT '${what}' AS what, kafka_partition, ${what} AS n FROM latest`);
    }
    parts.push("SELECT 'exceptions' AS what, kafka_partition, duplicates + late + rejected AS n FROM latest");
    parts.push(`SELECT 'partials' AS what, kafka_partition, SUM(n) AS n FROM (
    SELECT kafka_partition, writer_epoch, MAX(CAST(JSON_VALUE(stream_offsets, '$.payment_metrics_partials') AS INT64)) AS n
    FROM ${of('checkpoint_log')} GROUP BY kafka_partition, writer_epoch
  ) AS epochs GROUP BY kafka_partition`);
  }
  for (const table of COUNTED.filter((name) => there.has(name))) {
    parts.push(`SELECT 'rows' AS what, kafka_partition, COUNT(*) AS n FROM ${of(table)}
    WHERE writer_epoch > 0 GROUP BY kafka_partition`);
    parts.push(`SELECT 'last_epoch' AS what, kafka_partition, MAX(writer_epoch) AS n FROM ${of(table)}
    WHERE writer_epoch > 0 GROUP BY kafka_partition`);
    if (hasCheckpoints) {
      parts.push(`SELECT '${table}' AS what, t.kafka_partition, COUNT(*) AS n FROM ${of(table)} AS t
    JOIN latest AS l ON l.kafka_partition = t.kafka_partition
    WHERE t.writer_epoch > 0 AND t.kafka_offset < l.next_offset GROUP BY t.kafka_partition`);
    }
  }
  if (there.has('payment_transactions')) {
    parts.push(`SELECT 'backfilled' AS what, -1 AS kafka_partition, COUNT(*) AS n FROM ${of('payment_transactions')}
    WHERE writer_epoch = 0`);
  }
  if (there.has('backfill_turns')) {
    parts.push(`SELECT 'turns' AS what, -1 AS kafka_partition, COUNT(*) AS n FROM ${of('backfill_turns')}`);
  }
  if (parts.length === 0)
    return "SELECT 'rows' AS what, 0 AS kafka_partition, 0 AS n FROM (SELECT 1 AS one) AS nothing WHERE FALSE";
  return `${hasCheckpoints ? withLatest(of('checkpoint_log')) : ''}${parts.join('\nUNION ALL\n')}`;
}

function withLatest(checkpointLog: string): string {
  return `WITH latest AS (
  SELECT kafka_partition, next_offset, writer_epoch, accepted, duplicates, late, rejected
  FROM ${checkpointLog}
  WHERE TRUE
  QUALIFY ROW_NUMBER() OVER (
    PARTITION BY kafka_partition ORDER BY next_offset DESC, writer_epoch DESC, written_at DESC
  ) = 1
)
`;
}

/** Rows of countsSql: [what, partition, n], as texts. */
export function countsOf(rows: readonly (readonly unknown[])[]): DatasetCounts {
  const sums = new Map<number, Map<string, number>>();
  for (const [what, partitionCell, cell] of rows) {
    const partition = Number(partitionCell);
    const n = integerFromText(String(cell ?? 0));
    const of = sums.get(partition) ?? new Map<string, number>();
    sums.set(partition, of);
    const before = of.get(String(what)) ?? 0;
    of.set(String(what), what === 'last_epoch' ? Math.max(before, n) : before + n);
  }
  const whole = sums.get(-1);
  sums.delete(-1);
  const partitions = [...sums]
    .sort(([a], [b]) => a - b)
    .map(([partition, of]): PartitionCounts => {
      const get = (what: string): number => of.get(what) ?? 0;
      const found = Object.fromEntries(COUNTED.map((table) => [table, get(table)])) as Record<CountedTable, number>;
      return {
        partition,
        nextOffset: of.get('next_offset'),
        checkpointEpoch: get('writer_epoch'),
        promised: {
          payment_transactions: get('accepted'),
          payment_transactions_fraud: get('accepted'),
          payment_metrics_partials: get('partials'),
          payment_exceptions: get('exceptions'),
        },
        found,
        rows: get('rows'),
        lastEpoch: Math.max(get('last_epoch'), get('writer_epoch')),
      };
    });
  return { partitions, backfilledRows: whole?.get('backfilled') ?? 0, backfillTurns: whole?.get('turns') ?? 0 };
}

/** Rows of a table and partition that are less than promised, or, for tables of positions, what shows that some are gone. */
export interface RowLoss {
  readonly table: string;
  readonly partition: number | undefined;
  readonly promised: number;
  readonly found: number;
  readonly what: string;
}

export interface AcceptedRows {
  readonly table: string;
  readonly partition: number | undefined;
  readonly rows: number;
}

/** `owned`: the ownership rows of the dataset's topic. `accepted`: losses that an operator has accepted. */
export function rowLosses(
  counts: DatasetCounts,
  owned: readonly Ownership[],
  accepted: readonly AcceptedRows[] = [],
): RowLoss[] {
  const losses: RowLoss[] = [];
  const acceptedOf = (table: string, partition: number): number =>
    accepted
      .filter((loss) => loss.table === table && loss.partition === partition)
      .reduce((sum, { rows }) => sum + rows, 0);
  for (const of of counts.partitions) {
    const { partition, nextOffset } = of;
    for (const table of COUNTED) {
      const promised = of.promised[table] - acceptedOf(table, partition);
      const found = of.found[table];
      if (found >= promised) continue;
      const what = `partition ${partition} has ${found} rows below offset ${nextOffset}, and its counters say ${promised}`;
      losses.push({ table, partition, promised, found, what });
    }
  }
  return [...losses, ...lostPositions(counts, owned), ...lostTurns(counts, accepted)];
}

/** More rows than the counters have: nothing is lost, and somebody wrote what no checkpoint covers. */
export function rowsTooMany(counts: DatasetCounts): string[] {
  return counts.partitions.flatMap(({ partition, nextOffset, promised, found }) =>
    COUNTED.filter((table) => table !== 'payment_metrics_partials' && found[table] > promised[table]).map(
      (table) =>
        `${table}: partition ${partition} has ${found[table]} rows below offset ${nextOffset}, and its counters say ${promised[table]}`,
    ),
  );
}

function lostPositions({ partitions }: DatasetCounts, owned: readonly Ownership[]): RowLoss[] {
  const rowOf = new Map(owned.map((row) => [row.partition, row]));
  const countsOfPartition = new Map(partitions.map((of) => [of.partition, of]));
  const losses: RowLoss[] = [];
  for (const { partition, rows, nextOffset, lastEpoch } of partitions) {
    const row = rowOf.get(partition);
    if (row !== undefined && row.epoch >= lastEpoch) continue;
    if (rows === 0 && nextOffset === undefined) continue;
    const what =
      row === undefined
        ? `partition ${partition} has no row, and other tables hold rows of it`
        : `partition ${partition} stands at epoch ${row.epoch}, and other tables hold rows of epoch ${lastEpoch}: it is of an earlier moment`;
    losses.push({ table: 'partition_ownership', partition, promised: 1, found: row === undefined ? 0 : 1, what });
  }
  for (const { partition, streams, skipped } of owned) {
    // `skip --remove-rows` leaves no streams of before, checkpointed or not.
    if (skipped.length > 0) continue;
    // A claim drops the streams of epochs before the one that wrote the greatest checkpoint, and no others.
    const oldest = Math.min(...streams.map(({ epoch }) => epoch));
    const checkpointEpoch = countsOfPartition.get(partition)?.checkpointEpoch ?? 0;
    if (streams.length === 0 || oldest <= 1 || checkpointEpoch >= oldest) continue;
    const what = `partition ${partition} has no checkpoint of epoch ${oldest} or later, and had one when it was claimed`;
    losses.push({ table: 'checkpoint_log', partition, promised: 1, found: 0, what });
  }
  return losses;
}

function lostTurns(counts: DatasetCounts, accepted: readonly AcceptedRows[]): RowLoss[] {
  const { backfilledRows, backfillTurns } = counts;
  const isAccepted = accepted.some(({ table }) => table === 'backfill_turns');
  if (backfilledRows === 0 || backfillTurns > 0 || isAccepted) return [];
  const what = `it has no row, and payment_transactions holds ${backfilledRows} payments that a backfill put in`;
  return [{ table: 'backfill_turns', partition: undefined, promised: 1, found: 0, what }];
}

/** The same question for a start, which must not read a billion rows: COUNT(*) of a whole table is metadata to the service. */
export function totalsSql(dataset: DatasetRef): string {
  const of = (table: string): string => quotedTable(dataset, table);
  return `${withLatest(of('checkpoint_log'))}SELECT 'promised' AS what, IFNULL(SUM(accepted), 0) AS accepted,
  IFNULL(SUM(duplicates + late + rejected), 0) AS exceptions FROM latest
UNION ALL
SELECT 'payments' AS what, (SELECT COUNT(*) FROM ${of('payment_transactions')}) AS accepted,
  (SELECT COUNT(*) FROM ${of('payment_exceptions')}) AS exceptions
UNION ALL
SELECT 'fraud' AS what, (SELECT COUNT(*) FROM ${of('payment_transactions_fraud')}) AS accepted, 0 AS exceptions`;
}

/**
 * Rows of totalsSql. Rows past the checkpoints, and backfilled ones, can make up for as many that are lost: this finds what is
 * gone in bulk, and the counts by partition find the rest.
 */
export function totalLosses(rows: readonly (readonly unknown[])[], accepted: readonly AcceptedRows[] = []): RowLoss[] {
  const totals = new Map(rows.map(([what, ...cells]) => [String(what), cells.map((cell) => Number(cell ?? 0))]));
  const [payments = 0, exceptions = 0] = totals.get('promised') ?? [];
  const acceptedOf = (table: string): number =>
    accepted.filter((loss) => loss.table === table).reduce((sum, { rows: n }) => sum + n, 0);
  const seen = [
    ['payment_transactions', payments, totals.get('payments')?.[0] ?? 0],
    ['payment_transactions_fraud', payments, totals.get('fraud')?.[0] ?? 0],
    ['payment_exceptions', exceptions, totals.get('payments')?.[1] ?? 0],
  ] as const;
  return seen.flatMap(([table, counted, found]) => {
    const promised = counted - acceptedOf(table);
    if (found >= promised) return [];
    const what = `it has ${found} rows, and the counters of all partitions say ${promised} below their checkpoints`;
    return [{ table, partition: undefined, promised, found, what }];
  });
}
