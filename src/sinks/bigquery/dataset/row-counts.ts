/**
 * What the counters of the newest checkpoints promise, against the rows that are there. Exact: every row below a checkpoint was
 * acknowledged before it, and one statement sees one moment. A row past the checkpoint counts for nothing.
 *
 * Of payment_metrics_partials no counter tells; what its streams had taken by the last checkpoint of each epoch is the least
 * that there must be. Old checkpoints may be gone (`prune-checkpoints`): that only lowers what is promised.
 */

import { type DatasetRef, quotedTable } from '../identifiers.ts';
import type { StoredOwnership } from '../ports.ts';
import { integerFromText } from '../query/query-values.ts';

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

/**
 * One row for each thing and partition, with three numbers; short, since a statement costs by its text as well. Tables that are
 * missing are left out, and count as having no rows.
 */
export function countsSql(dataset: DatasetRef, there: ReadonlySet<string>): string {
  const of = (table: string): string => quotedTable(dataset, table);
  const parts: string[] = [];
  const hasCheckpoints = there.has('checkpoint_log');
  if (hasCheckpoints) {
    parts.push("SELECT 'position' AS what, kafka_partition, next_offset AS a, writer_epoch AS b, 0 AS c FROM latest");
    parts.push(
      `SELECT 'counters' AS what, kafka_partition, accepted AS a, duplicates + late + rejected AS b, 0 AS c FROM latest`,
    );
    parts.push(`SELECT 'partials' AS what, kafka_partition, SUM(n) AS a, 0 AS b, 0 AS c FROM (
    SELECT kafka_partition, writer_epoch, MAX(CAST(JSON_VALUE(stream_offsets, '$.payment_metrics_partials') AS INT64)) AS n
    FROM ${of('checkpoint_log')} GROUP BY kafka_partition, writer_epoch
  ) AS epochs GROUP BY kafka_partition`);
  }
  for (const table of COUNTED.filter((name) => there.has(name))) {
    const below = hasCheckpoints ? 'COUNTIF(_t.kafka_offset < _l.next_offset)' : '0';
    const join = hasCheckpoints ? 'LEFT JOIN latest AS _l ON _l.kafka_partition = _t.kafka_partition' : '';
    parts.push(`SELECT '${table}' AS what, _t.kafka_partition, ${below} AS a, COUNT(*) AS b, MAX(_t.writer_epoch) AS c
  FROM ${of(table)} AS _t ${join} WHERE _t.writer_epoch > 0 GROUP BY _t.kafka_partition`);
  }
  if (there.has('payment_transactions')) {
    parts.push(`SELECT 'backfilled' AS what, -1 AS kafka_partition, COUNT(*) AS a, 0 AS b, 0 AS c
  FROM ${of('payment_transactions')} WHERE writer_epoch = 0`);
  }
  if (there.has('backfill_turns')) {
    parts.push(
      `SELECT 'turns' AS what, -1 AS kafka_partition, COUNT(*) AS a, 0 AS b, 0 AS c FROM ${of('backfill_turns')}`,
    );
  }
  if (parts.length === 0) return "SELECT 'nothing' AS what, -1 AS kafka_partition, 0 AS a, 0 AS b, 0 AS c";
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

/** Rows of countsSql: [what, partition, a, b, c], as texts. */
export function countsOf(rows: readonly (readonly unknown[])[]): DatasetCounts {
  const seen = new Map<number, Map<string, readonly number[]>>();
  for (const [what, partitionCell, ...cells] of rows) {
    const partition = Number(partitionCell);
    const of = seen.get(partition) ?? new Map<string, readonly number[]>();
    seen.set(
      partition,
      of.set(
        String(what),
        cells.map((cell) => integerFromText(String(cell ?? 0))),
      ),
    );
  }
  const whole = seen.get(-1);
  seen.delete(-1);
  const partitions = [...seen]
    .sort(([a], [b]) => a - b)
    .map(([partition, of]): PartitionCounts => {
      const get = (what: string, column: number): number => of.get(what)?.[column] ?? 0;
      const found = Object.fromEntries(COUNTED.map((table) => [table, get(table, 0)])) as Record<CountedTable, number>;
      return {
        partition,
        nextOffset: of.get('position')?.[0],
        checkpointEpoch: get('position', 1),
        promised: {
          payment_transactions: get('counters', 0),
          payment_transactions_fraud: get('counters', 0),
          payment_metrics_partials: get('partials', 0),
          payment_exceptions: get('counters', 1),
        },
        found,
        rows: COUNTED.reduce((sum, table) => sum + get(table, 1), 0),
        lastEpoch: Math.max(get('position', 1), ...COUNTED.map((table) => get(table, 2))),
      };
    });
  return {
    partitions,
    backfilledRows: whole?.get('backfilled')?.[0] ?? 0,
    backfillTurns: whole?.get('turns')?.[0] ?? 0,
  };
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

/**
 * `owned`: the ownership rows of the dataset's topic, read before the counting, and `ownedAfter`, read after it: partitions may
 * change hands meanwhile. `accepted`: losses that an operator has accepted.
 */
export function rowLosses(
  counts: DatasetCounts,
  owned: readonly StoredOwnership[],
  accepted: readonly AcceptedRows[] = [],
  ownedAfter: readonly StoredOwnership[] = owned,
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
  return [
    ...losses,
    ...lostOwnership(counts, ownedAfter),
    ...lostCheckpoints(counts, owned),
    ...lostTurns(counts, accepted),
  ];
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

/** The writer of a counted row had claimed before: `owned`, read later, has an epoch that is no less. */
function lostOwnership({ partitions }: DatasetCounts, owned: readonly StoredOwnership[]): RowLoss[] {
  const rowOf = new Map(owned.map((row) => [row.partition, row]));
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
  return losses;
}

/** The checkpoint by which a claim dropped streams was there when `owned` was read: a later count has it, or a greater one. */
function lostCheckpoints({ partitions }: DatasetCounts, owned: readonly StoredOwnership[]): RowLoss[] {
  const countsOfPartition = new Map(partitions.map((of) => [of.partition, of]));
  const losses: RowLoss[] = [];
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
  const what = `it has no row, and payment_transactions holds ${backfilledRows} payments that a backfill added`;
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
