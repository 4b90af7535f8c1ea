/**
 * The windows of backfilled payments: rows of epoch 0 in payment_metrics_partials, each the sum of the payments of epoch 0 of its
 * partition, minute, region and currency. Derived from the payments, however often.
 */
import type { Turn } from '../../../processor/ports.ts';
import type { RowObject } from '../files/arrow-objects.ts';
import type { FileStats, TableSnapshot } from '../ports.ts';
import { type Rewrite, Rewriter, type RowFiles, uploadRows } from '../rows/row-files.ts';
import {
  filesOf,
  mayHaveNumber,
  mayHaveTime,
  type RowsOf,
  rowObject,
  type Scan,
  scanRows,
} from '../rows/stored-rows.ts';
import { DELTA_COLUMNS } from '../tables/table-columns.ts';

export interface WindowParts {
  readonly payments: RowsOf;
  readonly partials: RowFiles;
  /** Of payment_metrics_partials. */
  readonly snapshot: TableSnapshot;
  readonly turn: Pick<Turn, 'pending'>;
  /** By partition. */
  readonly windowMs: ReadonlyMap<number, number>;
}

/** What makes the windows of the turn's ranges the sums of their payments. */
export async function correctedWindows({
  nowMs,
  ...parts
}: WindowParts & { readonly nowMs: number }): Promise<Pick<Rewrite, 'adds' | 'removes'>> {
  const { partials, snapshot, turn } = parts;
  const sums = await sumsOf(parts, nowMs);
  const there = new Set<string>();
  const rewriter = new Rewriter(partials, (row) => {
    const wanted = row.writer_epoch === 0 ? sums.get(keyOf(row)) : undefined;
    if (wanted === undefined) return row;
    there.add(keyOf(row));
    return isSame(row, wanted) ? row : wanted;
  });
  const { adds, removes } = await rewriter.rewrite(snapshot, filesOf(snapshot, scanOf('window_start', turn)));
  const missing = [...sums].filter(([key]) => !there.has(key)).map(([, row]) => row);
  return { adds: missing.length === 0 ? adds : [...adds, ...(await uploadRows(partials, missing))], removes };
}

/** How many windows of the turn's ranges are not the sums of their payments. */
export async function unsummedWindows(parts: WindowParts): Promise<number> {
  const { partials, snapshot, turn } = parts;
  const sums = await sumsOf(parts, 0);
  const found = new Map<string, RowObject[]>();
  for await (const rows of scanRows(partials, snapshot, scanOf('window_start', turn)))
    for (const stored of rows) {
      const row = rowObject('payment_metrics_partials', stored, DELTA_COLUMNS.payment_metrics_partials);
      if (row.writer_epoch !== 0 || !isIn(turn, row, 'window_start')) continue;
      found.set(keyOf(row), [...(found.get(keyOf(row)) ?? []), row]);
    }
  const keys = new Set([...sums.keys(), ...found.keys()]);
  return [...keys].filter((key) => {
    const [wanted, rows = []] = [sums.get(key), found.get(key)];
    return wanted === undefined || rows.length !== 1 || !isSame(rows[0]!, wanted);
  }).length;
}

/** The windows as the payments of epoch 0 give them, by their key. */
async function sumsOf({ payments, turn, windowMs }: WindowParts, nowMs: number): Promise<Map<string, RowObject>> {
  const sums = new Map<string, RowObject>();
  const snapshot = await payments.table.refresh();
  if (snapshot === undefined) return sums;
  for await (const rows of scanRows(payments, snapshot, scanOf('event_time', turn)))
    for (const stored of rows) {
      if (stored.writer_epoch !== 0) continue;
      const row = rowObject('payment_transactions', stored, DELTA_COLUMNS.payment_transactions);
      if (!isIn(turn, row, 'event_time')) continue;
      const window = windowOf(row, windowMs, nowMs);
      const before = sums.get(keyOf(window));
      sums.set(keyOf(window), before === undefined ? window : added(before, window));
    }
  return sums;
}

/** The window of one payment alone. */
function windowOf(row: RowObject, windowMs: ReadonlyMap<number, number>, nowMs: number): RowObject {
  const { kafka_partition, kafka_offset, amount, currency, region, event_time } = row;
  const lengthMs = windowMs.get(Number(kafka_partition));
  if (lengthMs === undefined) throw new RangeError(`no window length for partition ${kafka_partition}`);
  const startMs = Math.floor(Number(event_time) / lengthMs) * lengthMs;
  return {
    kafka_partition: kafka_partition!,
    kafka_offset: kafka_offset!,
    writer_epoch: 0,
    processed_at: nowMs,
    window_start: startMs,
    window_end: startMs + lengthMs,
    region: region ?? '',
    currency: currency!,
    transaction_count: 1,
    total_amount: amount!,
    min_amount: amount!,
    max_amount: amount!,
  };
}

function added(sum: RowObject, one: RowObject): RowObject {
  const amount = one.total_amount as bigint;
  const [total, least, greatest] = [sum.total_amount, sum.min_amount, sum.max_amount] as [bigint, bigint, bigint];
  return {
    ...sum,
    kafka_offset: Math.max(Number(sum.kafka_offset), Number(one.kafka_offset)),
    transaction_count: Number(sum.transaction_count) + 1,
    total_amount: total + amount,
    min_amount: lesser(amount, least),
    max_amount: -lesser(-amount, -greatest),
  };
}

function lesser(a: bigint, b: bigint): bigint {
  if (a < b) return a;
  return b;
}

function keyOf({ kafka_partition, window_start, region, currency }: RowObject): string {
  return JSON.stringify([kafka_partition, window_start, region, currency]);
}

/** As BigQuery's statement compares them: what the sum is, not who wrote it and when. */
function isSame(a: RowObject, b: RowObject): boolean {
  return a.transaction_count === b.transaction_count && a.total_amount === b.total_amount;
}

function isIn({ pending }: Pick<Turn, 'pending'>, row: RowObject, column: string): boolean {
  const time = Number(row[column]);
  return pending.some(
    ({ partition, fromMs, toMs }) => row.kafka_partition === partition && time >= fromMs && time < toMs,
  );
}

/** Files that may have rows of epoch 0 of the turn's partitions and times. */
function scanOf(column: string, { pending }: Pick<Turn, 'pending'>): Scan {
  const isOfEpoch = mayHaveNumber('writer_epoch', 0, 1);
  const tests = pending.map(({ partition, fromMs, toMs }) => {
    const isOfPartition = mayHaveNumber('kafka_partition', partition, partition + 1);
    const isOfTime = mayHaveTime(column, fromMs, toMs);
    return (stats: FileStats): boolean => isOfPartition(stats) && isOfTime(stats);
  });
  return { mayHave: (stats) => isOfEpoch(stats) && tests.some((test) => test(stats)) };
}
