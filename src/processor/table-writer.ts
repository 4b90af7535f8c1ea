/**
 * The rows of one data table of one partition, from the fold to the stream.
 *
 * Invariants: 1. as long as rows from before the takeover are left, the next row that the fold yields must equal the next
 * of them and is not written; 2. every other row is appended exactly once, in fold order, at the stream offset that
 * follows the last; 3. `durable()` resolves only when every row handed over so far is acknowledged or was there already.
 */
import { differenceOf } from '../payments/rows.ts';
import type { DataRows, DataTable } from '../payments/types.ts';
import { ContradictionError, RowsRefusedError } from './errors.ts';
import type { Observer } from './events.ts';
import type { ProcessorLimits } from './limits.ts';
import type { RowEncoder, RowStamp, Runtime, StreamAppender, WrittenRow } from './ports.ts';

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

export class TableWriter<T extends DataTable> {
  readonly #options: TableWriterOptions<T>;
  readonly #alreadyThere: readonly WrittenRow<T>[];
  #compared = 0;
  #waiting: readonly DataRows[T][] = [];
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

  /** Takes the fold's next rows: compares those that must be there already; the rest waits for send(). */
  take(rows: readonly DataRows[T][]): void {
    const from = this.rowsLeftToCompare > 0 ? this.#compare(rows) : 0;
    const rest = from === 0 ? rows : rows.slice(from);
    this.#waiting = this.#waiting.length === 0 ? rest : [...this.#waiting, ...rest];
  }

  /** Sends what waits, at most `limits.maxAppendRows` and `maxAppendBytes` a request. */
  send(): void {
    const rows = this.#waiting;
    this.#waiting = [];
    const { maxAppendRows, maxAppendBytes } = this.#options.limits;
    for (let at = 0; at < rows.length; ) {
      let to = at;
      for (let bytes = 0; to < rows.length && to - at < maxAppendRows; to++) {
        bytes += estimatedBytes(rows[to]!);
        if (bytes > maxAppendBytes && to > at) break;
      }
      this.#append(at === 0 && to === rows.length ? rows : rows.slice(at, to));
      at = to;
    }
  }

  /** Resolves when all rows so far are in the table; rejects when the stream failed. */
  durable(): Promise<void> {
    return this.#lastAck;
  }

  close(): void {
    this.#options.appender.close();
  }

  /** Compares what must be there already; returns how many of the rows that were. */
  #compare(rows: readonly DataRows[T][]): number {
    const { table, partition } = this.#options;
    const count = Math.min(rows.length, this.rowsLeftToCompare);
    for (let i = 0; i < count; i++) {
      const folded = rows[i]!;
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

  #append(rows: readonly DataRows[T][]): void {
    const { table, partition, writerEpoch, encoder, runtime, observer, appender, onSettled } = this.#options;
    const startedMs = runtime.nowMs();
    const stamp: RowStamp = { partition, writerEpoch, processedAtMs: startedMs };
    const encoded = encoder.encode<DataTable>(table, rows, stamp);
    this.#sentRows += rows.length;
    this.#rowsInFlight += rows.length;
    this.#lastSentAtMs = startedMs;
    this.#lastAck = appender.append(encoded).then(
      () => {
        this.#rowsInFlight -= rows.length;
        observer.emit({
          type: 'append.acknowledged',
          partition,
          table,
          rows: rows.length,
          bytes: encoded.byteLength,
          tookMs: runtime.nowMs() - startedMs,
        });
        onSettled(undefined);
      },
      (error: unknown) => {
        this.#rowsInFlight -= rows.length;
        const named = nameRefusedRecord(error, table, partition, rows);
        onSettled(named);
        throw named;
      },
    );
    this.#lastAck.catch(() => {}); // reported through onSettled; durable() still rejects
  }
}

/** A refusal names the record, so that an operator can look at it. */
function nameRefusedRecord(
  error: unknown,
  table: string,
  partition: number,
  rows: readonly { kafkaOffset: number }[],
): unknown {
  if (!(error instanceof RowsRefusedError)) return error;
  const row = error.rowIndex === undefined ? undefined : rows[error.rowIndex];
  const where =
    row === undefined
      ? `one of the records at offsets ${rows[0]?.kafkaOffset} to ${rows.at(-1)?.kafkaOffset}`
      : `the record at offset ${row.kafkaOffset}`;
  return new ContradictionError(
    'rows_refused',
    `partition ${partition}, ${table}: the sink refuses the row of ${where}: ${error.message}. Nothing was written past it.`,
    { cause: error },
  );
}

/** Generous: fixed columns and short strings, and the one column that can be long. */
function estimatedBytes(row: DataRows[DataTable]): number {
  return 512 + ('payload' in row && row.payload !== null ? row.payload.length * 3 : 0);
}
