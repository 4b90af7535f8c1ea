/**
 * Every row of every table is accounted for: walked, or named here because no run of the pipeline and no backfill writes
 * such a row. And COUNT(*) of each table, as the service counts it, is how many were.
 *
 * The emulator does not enforce REQUIRED, and a table that somebody copied may not have it: NULL is looked for as well.
 */
import { counted, type Finding, type FindingLists, type Guarantee } from '../findings.ts';
import { CHECKED_TABLES } from '../partition/walk-partition.ts';
import { requiredColumns } from './table-columns.ts';
import type {
  CheckedTable,
  CheckpointCells,
  ForeignRows,
  OwnershipFacts,
  RowPosition,
  TableCells,
  TableCount,
} from './verify-inputs.ts';

/** Roles that a rules file may leave out, and a record lack. */
const OPTIONAL_ROLES = ['receiver_account_id', 'device_id', 'ip_address', 'region', 'payment_method'] as const;
type Required = { readonly [T in CheckedTable]: readonly (keyof TableCells[T])[] };

/** Columns that are never NULL under any rules; their position aside. */
const REQUIRED: Required = {
  payment_transactions: withoutOptional(requiredColumns('payment_transactions')),
  payment_transactions_fraud: withoutOptional(requiredColumns('payment_transactions_fraud')),
  payment_metrics_partials: requiredColumns('payment_metrics_partials'),
  payment_exceptions: requiredColumns('payment_exceptions'),
};
/** Those of a partition that has only ever had built-in events. */
const REQUIRED_WITHOUT_RULES: Required = {
  ...REQUIRED,
  payment_transactions: [...REQUIRED.payment_transactions, ...OPTIONAL_ROLES],
  payment_transactions_fraud: [...REQUIRED.payment_transactions_fraud, ...OPTIONAL_ROLES],
};

function withoutOptional<T>(columns: readonly T[]): T[] {
  return columns.filter((column) => !OPTIONAL_ROLES.some((role) => role === column));
}
const CHECKPOINT_REQUIRED = [
  'writer_epoch',
  'next_offset',
  'watermark',
  'consumed',
  'accepted',
  'duplicates',
  'late',
  'rejected',
  'stream_offsets',
  'state_digest',
] as const satisfies readonly (keyof CheckpointCells)[];

/** Tables that a backfill writes to, as epoch 0. */
const BACKFILLED: ReadonlySet<CheckedTable> = new Set(['payment_transactions', 'payment_metrics_partials']);

/** What a row that is there and should not be breaks. */
const BROKEN: Readonly<Record<CheckedTable, Guarantee>> = {
  payment_transactions: 'G1',
  payment_transactions_fraud: 'G4',
  payment_metrics_partials: 'G3',
  payment_exceptions: 'G1',
};

/** Why the walk cannot be given a row; undefined where it can. */
function strayReason<T extends CheckedTable>(
  table: T,
  row: TableCells[T],
  required: readonly (keyof TableCells[T])[] = REQUIRED[table],
): { kind: string; what: string } | undefined {
  const { writer_epoch: epoch } = row as RowPosition;
  if (epoch === null) return { kind: 'null_column', what: 'NULL in writer_epoch' };
  if (epoch < 0) return { kind: 'epoch_of_nobody', what: `writer_epoch ${epoch}, which nobody has` };
  if (epoch === 0 && !BACKFILLED.has(table))
    return { kind: 'epoch_of_nobody', what: 'writer_epoch 0, and a backfill writes nothing here' };
  for (const column of required) {
    if (row[column] !== null) continue;
    const empty = required.filter((each) => row[each] === null);
    return { kind: 'null_column', what: `NULL in ${empty.join(', ')}` };
  }
  return undefined;
}

/** The rows that the walk may be given. */
export async function* walkable<T extends CheckedTable>(
  table: T,
  chunks: AsyncIterable<readonly TableCells[T][]>,
): AsyncGenerator<readonly TableCells[T][]> {
  for await (const rows of chunks) yield rows.filter((row) => strayReason(table, row) === undefined);
}

export class RowCensus {
  readonly #findings: FindingLists;
  /** Rows below next_offset, by table and partition. */
  readonly #below = new Map<CheckedTable, Map<number, number>>(CHECKED_TABLES.map((table) => [table, new Map()]));

  constructor(findings: FindingLists) {
    this.#findings = findings;
  }

  /** The rows of a partition that the walk may be given; counts all, and names the others. */
  async *walkable<T extends CheckedTable>(
    table: T,
    { partition, history }: OwnershipFacts,
    nextOffset: number,
    chunks: AsyncIterable<readonly TableCells[T][]>,
  ): AsyncGenerator<readonly TableCells[T][]> {
    const counts = this.#below.get(table)!;
    counts.set(partition, 0);
    const hasRules = history.some(({ rules }) => rules !== undefined);
    const required = (hasRules ? REQUIRED : REQUIRED_WITHOUT_RULES)[table];
    for await (const rows of chunks) {
      const fit: TableCells[T][] = [];
      let below = 0;
      for (const row of rows) {
        if (row.kafka_offset < nextOffset) below++;
        const stray = strayReason(table, row, required);
        if (stray === undefined) fit.push(row);
        else this.#name(table, partition, row, stray);
      }
      counts.set(partition, counts.get(partition)! + below);
      yield fit;
    }
  }

  /** Checkpoints without a NULL; names the others. */
  async *wholeCheckpoints(
    partition: number,
    chunks: AsyncIterable<readonly CheckpointCells[]>,
  ): AsyncGenerator<readonly CheckpointCells[]> {
    for await (const checkpoints of chunks)
      yield checkpoints.filter((checkpoint) => {
        const empty = emptyColumns(checkpoint);
        if (empty.length === 0) return true;
        const offsets = checkpoint.next_offset === null ? [] : [checkpoint.next_offset];
        const message = `a row of checkpoint_log has NULL in ${empty.join(', ')}`;
        this.#findings.add('G6', { kind: 'null_column', partition, offsets, transactionIds: [], message });
        return false;
      });
  }

  /** Rows of no partition that is known. */
  nameForeign(foreign: readonly ForeignRows[], topic: string): void {
    for (const { table, partition, rowCount, why, samples } of foreign) {
      const epochs = [...new Set(samples.map(({ writer_epoch }) => writer_epoch))].join(', ');
      const rows = `${counted(rowCount, 'row')} of ${table}`;
      const messages = {
        partition: `${rows}, writer_epoch ${epochs}: partition ${partition} has no ownership row`,
        null: `${rows}, writer_epoch ${epochs}, with NULL in ${partition === null ? 'kafka_partition' : 'their offset'}`,
        topic: `${rows} of another topic than ${topic}: a dataset belongs to one`,
      };
      const kinds = { partition: 'phantom', null: 'null_column', topic: 'foreign_topic' };
      const isData = CHECKED_TABLES.some((each) => each === table);
      this.#findings.add(isData ? BROKEN[table as CheckedTable] : 'G6', {
        kind: kinds[why],
        partition,
        offsets: samples.flatMap(({ kafka_offset }) => kafka_offset ?? []),
        transactionIds: samples.flatMap(({ about }) => about ?? []),
        message: messages[why],
      });
    }
  }

  /** `walked`: the partitions whose rows were all walked, and that have a checkpoint. */
  compareCounts(counts: readonly TableCount[], foreign: readonly ForeignRows[], walked: ReadonlySet<number>): void {
    for (const table of CHECKED_TABLES) {
      for (const partition of walked) {
        const outside = foreign.filter((each) => each.table === table && each.partition === partition);
        const seen = (this.#below.get(table)?.get(partition) ?? 0) + sumOf(outside);
        this.#compare(table, partition, seen, counts);
      }
      const nowhere = foreign.filter((each) => each.table === table && each.partition === null);
      this.#compare(table, null, sumOf(nowhere), counts);
    }
  }

  #compare(table: CheckedTable, partition: number | null, seen: number, counts: readonly TableCount[]): void {
    const there = counts.find((each) => each.table === table && each.partition === partition)?.rowCount ?? 0;
    if (there === seen) return;
    this.#findings.add('G5', {
      kind: 'count_differs',
      partition,
      offsets: [],
      transactionIds: [],
      expected: String(there),
      actual: String(seen),
      message: `COUNT(*) of ${table} below next_offset is not how many rows were read; if a backfill ran meanwhile, verify again`,
    });
  }

  #name<T extends CheckedTable>(
    table: T,
    partition: number,
    row: TableCells[T],
    { kind, what }: { kind: string; what: string },
  ): void {
    const id = 'transaction_id' in row ? row.transaction_id : null;
    const finding: Finding = {
      kind,
      partition,
      offsets: [row.kafka_offset],
      transactionIds: id === null ? [] : [id],
      message: `a row of ${table} has ${what}`,
    };
    this.#findings.add(BROKEN[table], finding);
  }
}

export function emptyColumns(checkpoint: CheckpointCells): string[] {
  return CHECKPOINT_REQUIRED.filter((column) => checkpoint[column] === null);
}

function sumOf(rows: readonly ForeignRows[]): number {
  return rows.reduce((sum, { rowCount }) => sum + rowCount, 0);
}
