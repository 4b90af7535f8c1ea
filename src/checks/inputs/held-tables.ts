/** A snapshot of tables that are in memory: those of the simulated world, and of tests. */

import { CHECKED_TABLES } from '../partition/walk-partition.ts';
import { HeldSenderHomes } from './held-sender-homes.ts';
import type {
  CheckedTable,
  CheckpointCells,
  ForeignRows,
  KnownCells,
  RepeatedId,
  TableCells,
  TableCount,
  TablesSnapshot,
} from './verify-inputs.ts';

/** A row, and what its column kafka_partition holds. */
export interface HeldRow<Row> {
  readonly partition: number | null;
  readonly row: Row;
}

export interface HeldTables {
  readonly rows: { readonly [T in CheckedTable]: readonly HeldRow<TableCells[T]>[] };
  /** Of one topic. */
  readonly checkpoints: readonly HeldRow<CheckpointCells>[];
  /** What there is besides, and belongs to another topic. */
  readonly foreign?: readonly ForeignRows[];
  /** known_payments, by list. */
  readonly known?: ReadonlyMap<string, readonly KnownCells[]>;
}

/** `chunkRows`: rows to a chunk; default all. */
export function heldTables(held: HeldTables, chunkRows = Number.POSITIVE_INFINITY): TablesSnapshot {
  const byPartition = Object.fromEntries(
    CHECKED_TABLES.map((table) => [table, Map.groupBy(placed(held, table), ({ partition }) => partition)]),
  ) as unknown as Record<CheckedTable, Map<number | null, HeldRow<TableCells[CheckedTable]>[]>>;
  const checkpoints = Map.groupBy(held.checkpoints, ({ partition }) => partition);
  const checkpointsOf = (partition: number | null): CheckpointCells[] =>
    (checkpoints.get(partition) ?? [])
      .map(({ row }) => row)
      .sort((a, b) => a.next_offset - b.next_offset || a.writer_epoch - b.writer_epoch);
  return {
    checkpoints: (partition) => chunks(checkpointsOf(partition), chunkRows),
    rows: <T extends CheckedTable>(table: T, partition: number) => {
      const rows = (byPartition[table].get(partition) ?? []).map(({ row }) => row as TableCells[T]);
      return chunks(
        rows.sort((a, b) => a.kafka_offset - b.kafka_offset),
        chunkRows,
      );
    },
    foreignRows: (known, limit) => Promise.resolve([...foreignRows(held, known, limit), ...(held.foreign ?? [])]),
    counts: CHECKED_TABLES.flatMap((table) => countsOf(held, table, checkpointsOf)),
    repeatedIds: (limit) => Promise.resolve(repeatedIds(held.rows.payment_transactions, limit)),
    senderHomes: new HeldSenderHomes(),
    known: async (list, fromMs) => held.known && (held.known.get(list) ?? []).filter((row) => row.event_time >= fromMs),
    close: () => Promise.resolve(),
  };
}

function placed(held: HeldTables, table: CheckedTable): HeldRow<TableCells[CheckedTable]>[] {
  return held.rows[table].filter(({ partition, row }) => partition !== null && row.kafka_offset !== null);
}

function foreignRows(held: HeldTables, known: ReadonlySet<number>, limit: number): ForeignRows[] {
  const found: ForeignRows[] = [];
  const add = (
    table: ForeignRows['table'],
    rows: readonly HeldRow<{ writer_epoch: number; kafka_offset?: number; next_offset?: number }>[],
  ): void => {
    for (const [partition, some] of Map.groupBy(rows, (row) => row.partition)) {
      const offsetOf = ({ row }: (typeof some)[number]): number | null => row.kafka_offset ?? row.next_offset ?? null;
      const isKnown = partition !== null && known.has(partition);
      const strays = isKnown ? some.filter((row) => offsetOf(row) === null) : some;
      if (strays.length === 0) continue;
      const samples = strays.slice(0, limit).map((held_) => ({
        kafka_offset: offsetOf(held_),
        writer_epoch: held_.row.writer_epoch,
        about: 'transaction_id' in held_.row ? (held_.row.transaction_id as string | null) : null,
      }));
      const why = isKnown || partition === null ? 'null' : 'partition';
      found.push({ table, partition, rowCount: strays.length, why, samples });
    }
  };
  for (const table of CHECKED_TABLES) add(table, held.rows[table]);
  add('checkpoint_log', held.checkpoints);
  return found;
}

function countsOf(
  held: HeldTables,
  table: CheckedTable,
  checkpointsOf: (partition: number | null) => readonly CheckpointCells[],
): TableCount[] {
  const all: readonly HeldRow<{ readonly kafka_offset: number }>[] = held.rows[table];
  return [...Map.groupBy(all, ({ partition }) => partition)].map(([partition, rows]) => {
    const below = checkpointsOf(partition).at(-1)?.next_offset ?? Number.POSITIVE_INFINITY;
    const counted = rows.filter(({ row }) => row.kafka_offset === null || row.kafka_offset < below);
    return { table, partition, rowCount: counted.length };
  });
}

function repeatedIds(
  rows: readonly HeldRow<TableCells['payment_transactions']>[],
  limit: number,
): { count: number; repeated: RepeatedId[] } {
  if (new Set(rows.map(({ row }) => row.transaction_id)).size === rows.length) return { count: 0, repeated: [] };
  const byId = [...Map.groupBy(rows, ({ row }) => row.transaction_id)].filter(([, some]) => some.length > 1);
  const repeated = byId.slice(0, limit).map(([transaction_id, some]) => ({
    transaction_id,
    rowCount: some.length,
    rows: some.map(({ partition, row: { kafka_offset, writer_epoch } }) => ({ partition, kafka_offset, writer_epoch })),
  }));
  return { count: byId.length, repeated };
}

async function* chunks<T>(items: readonly T[], size: number): AsyncGenerator<readonly T[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}
