/**
 * Statistics of the rows of a file: least and greatest value of the columns that reads ask for. Times are whole milliseconds, so
 * the text of a time is exact: a greatest time that is cut would let a reader pass over rows.
 */
import { type AcceptedBatch, ROW_NUMBER, ROW_NUMBERS } from '../../../payments/accepted-batch.ts';
import type { DataTable, ExceptionRow, PartialRow } from '../../../payments/types.ts';
import type { BatchSlice } from '../../../processor/ports.ts';
import type { RowStamp } from '../../rows/row-columns.ts';
import type { FileStats } from '../ports.ts';

/** Of one column. Without values, `min` and `max` are NaN. */
interface Span {
  readonly isTime: boolean;
  readonly min: number;
  readonly max: number;
  readonly nulls: number;
}

/** Statistics of some rows, which can be added up. */
export interface RowStats {
  readonly rowCount: number;
  readonly spans: Readonly<Record<string, Span>>;
}

/** Of rows that all carry one stamp. Rows come in the order of their offsets. */
export function statsOfRows<T extends DataTable>(table: T, slice: BatchSlice<T>, stamp: RowStamp): RowStats {
  const { rows, from, to } = slice;
  const offsets = rows.kafkaOffsets(from, to);
  return {
    rowCount: to - from,
    spans: {
      kafka_partition: constant(stamp.partition),
      kafka_offset: integers(offsets[0]!, offsets.at(-1)!),
      writer_epoch: constant(stamp.writerEpoch),
      ...timesOf(table, slice as BatchSlice<DataTable>),
    },
  };
}

function timesOf(table: DataTable, { rows, from, to }: BatchSlice<DataTable>): Readonly<Record<string, Span>> {
  if (table === 'payment_transactions' || table === 'payment_transactions_fraud') {
    const { numbers } = rows as AcceptedBatch;
    return {
      event_time: spanOf(to - from, (i) => numbers[(from + i) * ROW_NUMBERS + ROW_NUMBER.eventTimeMs] as number, true),
    };
  }
  if (table === 'payment_metrics_partials') {
    return { window_start: spanOf(to - from, (i) => (rows.at(from + i) as PartialRow).windowStartMs, true) };
  }
  return {
    event_time: spanOf(to - from, (i) => (rows.at(from + i) as ExceptionRow).eventTimeMs, true),
    record_time: spanOf(to - from, (i) => (rows.at(from + i) as ExceptionRow).recordTimeMs, true),
  };
}

/** Of `length` values, null where there is none. */
export function spanOf(length: number, at: (index: number) => number | null, isTime = false): Span {
  let [min, max, nulls] = [Number.NaN, Number.NaN, 0];
  for (let i = 0; i < length; i += 1) {
    const value = at(i);
    if (value === null) nulls += 1;
    else {
      if (!(value >= min)) min = value;
      if (!(value <= max)) max = value;
    }
  }
  return { isTime, min, max, nulls };
}

function integers(min: number, max: number): Span {
  return { isTime: false, min, max, nulls: 0 };
}

function constant(value: number): Span {
  return integers(value, value);
}

/** The statistics of a file that holds all these rows. */
export function fileStats(pieces: readonly RowStats[]): FileStats {
  const min: Record<string, string | number> = {};
  const max: Record<string, string | number> = {};
  const nullCount: Record<string, number> = {};
  for (const name of new Set(pieces.flatMap(({ spans }) => Object.keys(spans)))) {
    const spans = pieces.map((piece) => piece.spans[name]);
    // A column that some rows have no statistics of has none in the file.
    if (!spans.every((span) => span !== undefined)) continue;
    nullCount[name] = spans.reduce((sum, { nulls }) => sum + nulls, 0);
    const given = spans.filter((span) => !Number.isNaN(span.min));
    if (given.length === 0) continue;
    const shown = (value: number): string | number => (given[0]!.isTime ? timeText(value) : value);
    min[name] = shown(Math.min(...given.map((span) => span.min)));
    max[name] = shown(Math.max(...given.map((span) => span.max)));
  }
  return { rowCount: pieces.reduce((sum, { rowCount }) => sum + rowCount, 0), min, max, nullCount };
}

/** As statistics in Delta's log have times. */
export function timeText(ms: number): string {
  return new Date(ms).toISOString();
}

/** Milliseconds of a time in statistics, rounded down where it has more decimals; undefined for what is no time. */
export function timeOf(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? undefined : ms;
}
