/**
 * Reads of the large tables: payments in the order of their offsets, and whether a table has rows past an offset. Files are chosen by their
 * statistics.
 *
 * Invariant: a file that the newest snapshot has is read, or is passed over because its statistics exclude what is asked for.
 */
import { ContradictionError } from '../../../base/errors.ts';
import { DATA_COLUMNS } from '../../../payments/columns.ts';
import { type CellValue, rowOf } from '../../../payments/row-cells.ts';
import type { AppendTable, KnownPayment, TransactionRow } from '../../../payments/types.ts';
import { nanosFromText } from '../../rows/cell-texts.ts';
import type { DecodedRow } from '../files/arrow-decode.ts';
import { greatestOf, leastOf, mayBegin, mayHold, mayReach, mayReachTime } from '../files/file-choice.ts';
import type { DataFile, DeltaTable, FileFormat, TableSnapshot } from '../ports.ts';
import { decodeFile, requireSnapshot } from '../tables/small-table.ts';

/** Of a partition's rows in a file. */
interface FileSpan {
  readonly file: DataFile;
  readonly first: number;
  readonly last: number;
}

const PAYMENT_NAMES: readonly string[] = DATA_COLUMNS.payment_transactions.map(({ name }) => name);
const PAYMENT_READS = ['kafka_partition', 'kafka_offset', 'writer_epoch', ...PAYMENT_NAMES];
const BATCH_ROWS = 4_000;
/** Looks at a table that is compacted while it is read. */
const ATTEMPTS = 3;

export interface ScannedTables {
  readonly format: FileFormat;
  readonly table: (name: AppendTable | 'known_payments') => DeltaTable;
}

/** Payments with kafka_offset < belowOffset, event time >= fromEventTimeMs, writer_epoch > 0, by kafka_offset. */
export async function* scanPayments(
  { format, table: tableOf }: ScannedTables,
  partition: number,
  belowOffset: number,
  fromEventTimeMs: number,
): AsyncGenerator<readonly TransactionRow[]> {
  const table = tableOf('payment_transactions');
  const isWanted = (file: DataFile): boolean =>
    mayBegin(file, 'kafka_offset', belowOffset) && mayReachTime(file, 'event_time', fromEventTimeMs);
  for await (const rows of filesInOrder(table, format, partition, isWanted, PAYMENT_READS)) {
    const found = rows
      .filter((row) => Number(row.writer_epoch) > 0 && Number(row.kafka_offset) < belowOffset)
      .map(paymentOf)
      .filter(({ payment }) => payment.eventTimeMs >= fromEventTimeMs)
      .sort((a, b) => a.kafkaOffset - b.kafkaOffset);
    for (let at = 0; at < found.length; at += BATCH_ROWS) yield found.slice(at, at + BATCH_ROWS);
  }
}

/** Rows of one partition, files whose offsets overlap together, and the groups in the order of their offsets. */
async function* filesInOrder(
  table: DeltaTable,
  format: FileFormat,
  partition: number,
  isWanted: (file: DataFile) => boolean,
  columns: readonly string[],
): AsyncGenerator<readonly DecodedRow[]> {
  let after = -1;
  for (let attempt = 1; ; attempt += 1) {
    const snapshot = requireSnapshot(table.name, await table.refresh());
    try {
      const files = [...snapshot.files.values()].filter(
        (file) => mayHold(file, { kafka_partition: partition }) && isWanted(file),
      );
      for (const group of overlapping(await spansOf(table, format, partition, files))) {
        const rows: DecodedRow[] = [];
        for (const { file } of group) {
          const decoded = await decodeFile(table, format, file.path, columns);
          for (const row of decoded)
            if (row.kafka_partition === partition && Number(row.kafka_offset) > after) rows.push(row);
        }
        yield rows;
        after = Math.max(after, ...group.map(({ last }) => last));
      }
      return;
    } catch (error) {
      if (attempt === ATTEMPTS || !(await wasReplaced(table, snapshot, error))) throw error;
    }
  }
}

/** A file that is gone was compacted away if a newer snapshot does not name it. */
async function wasReplaced(table: DeltaTable, old: TableSnapshot, error: unknown): Promise<boolean> {
  if (!(error instanceof ContradictionError) || error.code !== 'rows_lost') return false;
  const newest = await table.refresh();
  return newest !== undefined && [...old.files.keys()].some((path) => !newest.files.has(path));
}

/** Which offsets of the partition each file has. Where a file has other partitions too, two columns of it are read. */
async function spansOf(
  table: DeltaTable,
  format: FileFormat,
  partition: number,
  files: readonly DataFile[],
): Promise<FileSpan[]> {
  const spans: FileSpan[] = [];
  for (const file of files) {
    const [first, last] = [leastOf(file, 'kafka_offset'), greatestOf(file, 'kafka_offset')];
    const isAlone = leastOf(file, 'kafka_partition') === partition && greatestOf(file, 'kafka_partition') === partition;
    if (isAlone && first !== undefined && last !== undefined) {
      spans.push({ file, first, last });
      continue;
    }
    let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const row of await decodeFile(table, format, file.path, ['kafka_partition', 'kafka_offset'])) {
      if (row.kafka_partition !== partition) continue;
      least = Math.min(least, Number(row.kafka_offset));
      greatest = Math.max(greatest, Number(row.kafka_offset));
    }
    if (greatest >= least) spans.push({ file, first: least, last: greatest });
  }
  return spans;
}

/** Groups of files whose offsets overlap, ascending. */
function overlapping(spans: readonly FileSpan[]): FileSpan[][] {
  const groups: FileSpan[][] = [];
  let end = Number.NEGATIVE_INFINITY;
  for (const span of [...spans].sort((a, b) => a.first - b.first)) {
    if (span.first > end) groups.push([]);
    groups.at(-1)!.push(span);
    end = Math.max(end, span.last);
  }
  return groups;
}

/** Those of the tables that have rows of the partition with kafka_offset >= fromOffset and writer_epoch > 0; of checkpoint_log: any. */
export async function tablesWithRows<T extends AppendTable>(
  { format, table: tableOf }: ScannedTables,
  tables: readonly T[],
  partition: number,
  fromOffset: number,
): Promise<ReadonlySet<T>> {
  const found = await Promise.all(tables.map((name) => hasRows(tableOf(name), format, name, partition, fromOffset)));
  return new Set(tables.filter((_, i) => found[i]));
}

async function hasRows(
  table: DeltaTable,
  format: FileFormat,
  name: AppendTable,
  partition: number,
  fromOffset: number,
): Promise<boolean> {
  const snapshot = requireSnapshot(name, await table.refresh());
  const offset = name === 'checkpoint_log' ? 'next_offset' : 'kafka_offset';
  const files = [...snapshot.files.values()].filter(
    (file) =>
      mayHold(file, { kafka_partition: partition }) &&
      mayReach(file, offset, fromOffset) &&
      mayReach(file, 'writer_epoch', 1),
  );
  // Rows past an offset are most likely in the newest files. The times only order the reads.
  files.sort((a, b) => b.modifiedAtMs - a.modifiedAtMs);
  // The newest rows are in the newest files.
  for (const file of files.reverse()) {
    const rows = await decodeFile(table, format, file.path, ['kafka_partition', offset, 'writer_epoch']);
    const isThere = rows.some(
      (row) => row.kafka_partition === partition && Number(row[offset]) >= fromOffset && Number(row.writer_epoch) > 0,
    );
    if (isThere) return true;
  }
  return false;
}

/** Payments of a list in known_payments with an event time >= fromEventTimeMs, in any order. */
export async function* scanKnown(
  { format, table: tableOf }: ScannedTables,
  list: string,
  fromEventTimeMs: number,
): AsyncGenerator<readonly KnownPayment[]> {
  const table = tableOf('known_payments');
  const snapshot = requireSnapshot(table.name, await table.refresh());
  for (const file of snapshot.files.values()) {
    if (!mayReachTime(file, 'event_time', fromEventTimeMs)) continue;
    const rows = await decodeFile(table, format, file.path);
    const known = rows
      .filter((row) => row.list === list)
      .map((row) => ({ transactionId: String(row.transaction_id), eventTimeMs: millisOf(row.event_time) }))
      .filter(({ eventTimeMs }) => eventTimeMs >= fromEventTimeMs);
    if (known.length > 0) yield known;
  }
}

function paymentOf(row: DecodedRow): TransactionRow {
  const values = DATA_COLUMNS.payment_transactions.map(({ name, kind }): CellValue => {
    const value = row[name] ?? null;
    if (value === null || kind === 'text') return value as CellValue;
    return kind === 'decimal' ? nanosFromText(String(value)) : millisOf(value);
  });
  return rowOf('payment_transactions', Number(row.kafka_offset), values);
}

/** What is written are whole milliseconds; any others come with a fraction, so that they differ from everything that is written. */
function millisOf(micros: unknown): number {
  if (typeof micros !== 'bigint')
    throw new ContradictionError('rows_differ', `a time is ${micros}. Nothing was written.`);
  return micros % 1000n === 0n ? Number(micros / 1000n) : Number(micros) / 1000;
}
