/** Late and rejected rows of payment_exceptions, by offset. Holds one file and the rows that are asked for. */
import type { LateSelection } from '../../../processor/ports.ts';
import type { FileStats, TableSnapshot } from '../ports.ts';
import { filesOf, mayHaveNumber, mayHaveTime, type RowsOf, rowObject, scanFiles } from '../rows/stored-rows.ts';
import { DELTA_COLUMNS } from '../tables/table-columns.ts';

export interface WantedExceptions {
  readonly disposition: 'late' | 'rejected';
  readonly partition: number;
  readonly fromOffset: number;
  readonly belowOffset: number;
  readonly selection: LateSelection;
}

export interface ExceptionCells {
  readonly kafka_offset: number;
  readonly reason: string | null;
  readonly transaction_id: string | null;
  readonly event_time: number | null;
  readonly record_time: number;
  readonly payload: string | null;
  readonly payload_hash: string | null;
}

/** At most `limit` of them, those of the least offsets, ascending. */
export async function firstExceptions(
  parts: RowsOf,
  { limit, ...wanted }: WantedExceptions & { readonly limit: number },
): Promise<ExceptionCells[]> {
  let found: ExceptionCells[] = [];
  const cut = (): void => {
    found = found.sort((a, b) => a.kafka_offset - b.kafka_offset).slice(0, limit);
  };
  const snapshot = await parts.table.refresh();
  if (snapshot === undefined) return [];
  // In the order of their least offsets: once there are enough, a file that starts past them has none.
  const files = filesOf(snapshot, { mayHave: mayHave(wanted) }).sort(
    (a, b) => leastOffset(a.stats) - leastOffset(b.stats),
  );
  for (const file of files) {
    if (found.length >= limit && leastOffset(file.stats) > found.at(-1)!.kafka_offset) break;
    for await (const { rows } of scanFiles(parts, [file]))
      for (const row of rows) {
        const cells = wantedCells(row, wanted);
        if (cells !== undefined) found.push(cells);
      }
    cut();
  }
  return found;
}

export async function countExceptions(parts: RowsOf, wanted: WantedExceptions): Promise<number> {
  const snapshot: TableSnapshot | undefined = await parts.table.refresh();
  if (snapshot === undefined) return 0;
  let count = 0;
  const columns = ['kafka_partition', 'kafka_offset', 'writer_epoch', 'disposition', 'event_time', 'transaction_id'];
  for await (const { rows } of scanFiles(parts, filesOf(snapshot, { mayHave: mayHave(wanted) }), columns))
    count += rows.filter((row) => isWanted(row, wanted)).length;
  return count;
}

function leastOffset(stats: FileStats | undefined): number {
  const least = stats?.min.kafka_offset;
  return typeof least === 'number' ? least : Number.NEGATIVE_INFINITY;
}

function mayHave({ partition, fromOffset, belowOffset, selection }: WantedExceptions): (stats: FileStats) => boolean {
  const { fromEventTimeMs = Number.NEGATIVE_INFINITY, beforeEventTimeMs = Number.POSITIVE_INFINITY } = selection;
  const isOfPartition = mayHaveNumber('kafka_partition', partition, partition + 1);
  const isOfOffset = mayHaveNumber('kafka_offset', fromOffset, belowOffset);
  const isOfTime = mayHaveTime('event_time', fromEventTimeMs, beforeEventTimeMs);
  return (stats) => isOfPartition(stats) && isOfOffset(stats) && isOfTime(stats);
}

function wantedCells(row: Readonly<Record<string, unknown>>, wanted: WantedExceptions): ExceptionCells | undefined {
  if (!isWanted(row, wanted)) return undefined;
  return rowObject('payment_exceptions', row, DELTA_COLUMNS.payment_exceptions) as unknown as ExceptionCells;
}

function isWanted(row: Readonly<Record<string, unknown>>, wanted: WantedExceptions): boolean {
  const { kafka_partition, kafka_offset, writer_epoch, disposition } = row;
  const isOfPlace =
    kafka_partition === wanted.partition &&
    disposition === wanted.disposition &&
    Number(writer_epoch) > 0 &&
    Number(kafka_offset) >= wanted.fromOffset &&
    Number(kafka_offset) < wanted.belowOffset;
  if (!isOfPlace) return false;
  const { fromEventTimeMs, beforeEventTimeMs, transactionIds } = wanted.selection;
  if (transactionIds !== undefined && !transactionIds.includes(String(row.transaction_id))) return false;
  if (fromEventTimeMs === undefined && beforeEventTimeMs === undefined) return true;
  if (typeof row.event_time !== 'bigint') return false;
  const micros = row.event_time;
  return (
    (fromEventTimeMs === undefined || micros >= BigInt(fromEventTimeMs) * 1_000n) &&
    (beforeEventTimeMs === undefined || micros < BigInt(beforeEventTimeMs) * 1_000n)
  );
}
