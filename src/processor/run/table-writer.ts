/**
 * The rows of one data table of one partition, from the fold to the stream.
 *
 * Invariants: 1. as long as rows from before the takeover are left, the next row that the fold yields must equal the next
 * of them and is not written; 2. every other row is appended exactly once, in fold order, at the stream offset that
 * follows the last; 3. `durable()` resolves only when every row handed over so far is acknowledged or was there already.
 */

import { ContradictionError, RowsRefusedError } from '../../base/errors.ts';
import type { Runtime } from '../../base/runtime.ts';
import { skipCommand } from '../../base/text/skip-command.ts';
import type { AcceptedBatch } from '../../payments/accepted-batch.ts';
import { maxTextBytes, type RowBatch } from '../../payments/row-batch.ts';
import { differenceOf } from '../../payments/row-difference.ts';
import type { DataRows, DataTable, ExceptionRow, PartialRow } from '../../payments/types.ts';
import type { Observer } from '../events.ts';
import type { ProcessorLimits } from '../limits.ts';
import type { RowEncoder, RowStamp, StreamAppender, WrittenRow } from '../ports.ts';

export interface TableWriterOptions<T extends DataTable> {
  readonly table: T;
  readonly partition: number;
  readonly writerEpoch: number;
  readonly appender: StreamAppender;
  readonly encoder: RowEncoder;
  readonly runtime: Runtime;
  readonly observer: Observer;
  readonly limits: ProcessorLimits;
  /** Rows that were there at the takeover, at or past the checkpoint, in fold order. */
  readonly alreadyThere: readonly WrittenRow<T>[];
  /** Called once per append, when it is settled. */
  readonly onSettled: (error: unknown | undefined) => void;
}

/** What the rows of each table come in from the fold. */
export interface DataBatches {
  payment_transactions: AcceptedBatch;
  payment_transactions_fraud: AcceptedBatch;
  payment_metrics_partials: RowBatch<PartialRow>;
  payment_exceptions: RowBatch<ExceptionRow>;
}

/** Rows of a batch from one on. */
interface WaitingRows<T extends DataTable> {
  readonly rows: DataBatches[T];
  readonly from: number;
}

export class TableWriter<T extends DataTable> {
  readonly #options: TableWriterOptions<T>;
  readonly #alreadyThere: readonly WrittenRow<T>[];
  #compared = 0;
  #waiting: WaitingRows<T>[] = [];
  #sentRows = 0;
  #rowsInFlight = 0;
  #lastAck: Promise<void> = Promise.resolve();
  #lastSentAtMs: number;

  constructor(options: TableWriterOptions<T>) {
    this.#options = options;
    this.#alreadyThere = options.alreadyThere;
    this.#lastSentAtMs = options.runtime.nowMs();
  }

  get table(): T {
    return this.#options.table;
  }

  /** Rows that this epoch's stream holds when everything sent is acknowledged. */
  get streamOffset(): number {
    return this.#sentRows;
  }

  /** Rows sent and not acknowledged. */
  get rowsInFlight(): number {
    return this.#rowsInFlight;
  }

  get rowsCompared(): number {
    return this.#compared;
  }

  /** Rows from before the takeover that the fold has not yielded yet. */
  get rowsLeftToCompare(): number {
    return this.#alreadyThere.length - this.#compared;
  }

  get lastSentAtMs(): number {
    return this.#lastSentAtMs;
  }

  /**
   * Takes the fold's next rows: compares those that must be there already; the rest waits for send(), and must stay as it
   * is until then.
   */
  take(rows: DataBatches[T]): void {
    const from = this.rowsLeftToCompare > 0 ? this.#compare(rows) : 0;
    if (from < rows.length) this.#waiting.push({ rows, from });
  }

  /** Sends what waits, at most `limits.maxAppendRows` and `maxAppendBytes` a request. Keeps none of the rows. */
  send(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { rows, from } of waiting) {
      for (let at = from; at < rows.length; ) {
        const to = this.#endOfAppend(rows, at);
        this.#append(rows, at, to);
        at = to;
      }
    }
  }

  #endOfAppend(rows: DataBatches[T], from: number): number {
    const { maxAppendRows, maxAppendBytes } = this.#options.limits;
    const most = Math.min(rows.length, from + maxAppendRows);
    if (FIXED_BYTES * rows.length + rows.textBytes <= maxAppendBytes) return most;
    let to = from;
    for (let bytes = 0; to < most; to++) {
      bytes += FIXED_BYTES + maxTextBytes(rows.at(to)!);
      if (bytes > maxAppendBytes && to > from) break;
    }
    return to;
  }

  /** Resolves when all rows so far are in the table; rejects when the stream failed. */
  durable(): Promise<void> {
    return this.#lastAck;
  }

  close(): void {
    this.#options.appender.close();
  }

  /** Compares what must be there already; returns how many of the rows that were. */
  #compare(rows: DataBatches[T]): number {
    const { table, partition } = this.#options;
    const count = Math.min(rows.length, this.rowsLeftToCompare);
    for (let i = 0; i < count; i++) {
      const folded = rows.at(i) as DataRows[T];
      const found = this.#alreadyThere[this.#compared]!.row;
      const difference = differenceOf(table, folded, found);
      if (difference !== undefined) {
        throw new ContradictionError(
          'rows_differ',
          `partition ${partition}, ${table}: the log yields a row for offset ${folded.kafkaOffset} that differs from the one in the ` +
            `table (offset ${found.kafkaOffset}): ${difference}. The log or the table is not what it was; nothing more was written.`,
        );
      }
      this.#compared++;
    }
    return count;
  }

  #append(rows: DataBatches[T], from: number, to: number): void {
    const { table, partition, writerEpoch, encoder, runtime, observer, appender, onSettled } = this.#options;
    const startedMs = runtime.monotonicMs();
    const nowMs = runtime.nowMs();
    const stamp: RowStamp = { partition, writerEpoch, processedAtMs: nowMs };
    const encoded = encoder.encode<DataTable>(table, rows, stamp, from, to);
    const rowCount = to - from;
    const offsets = rows.kafkaOffsets(from, to);
    this.#sentRows += rowCount;
    this.#rowsInFlight += rowCount;
    this.#lastSentAtMs = nowMs;
    this.#lastAck = appender.append(encoded).then(
      () => {
        this.#rowsInFlight -= rowCount;
        observer.emit({
          type: 'append.acknowledged',
          partition,
          table,
          rows: rowCount,
          bytes: encoded.byteLength,
          tookMs: runtime.monotonicMs() - startedMs,
        });
        onSettled(undefined);
      },
      (error: unknown) => {
        this.#rowsInFlight -= rowCount;
        const named = nameRefusedRecord(error, table, partition, offsets);
        onSettled(named);
        throw named;
      },
    );
    this.#lastAck.catch(() => {}); // reported through onSettled; durable() still rejects
  }
}

/** A refusal names the record, so that an operator can look at it. */
function nameRefusedRecord(error: unknown, table: string, partition: number, offsets: Float64Array): unknown {
  if (!(error instanceof RowsRefusedError)) return error;
  const offset = error.rowIndex === undefined ? undefined : offsets[error.rowIndex];
  const where =
    offset === undefined
      ? `one of the records at offsets ${offsets[0]} to ${offsets.at(-1)}`
      : `the record at offset ${offset}`;
  const mend =
    offset === undefined
      ? 'Look at these records.'
      : `Look at the record. If it can never be written, give it up: ${skipCommand({ partition, from: offset, to: offset + 1 })}.`;
  return new ContradictionError(
    'rows_refused',
    `partition ${partition}, ${table}: the sink refuses the row of ${where}: ${error.message}. Nothing was written past it. ${mend} ` +
      'See the runbook, rows_refused.',
    { cause: error },
  );
}

/** A generous bound of all that a row has besides its long texts. */
const FIXED_BYTES = 512;
