/**
 * The rows of one data table of one partition, from the fold to the sink.
 *
 * Invariants: 1. a row that the sink has from before the takeover is not written, and one that differs from what the sink has in
 * its place stops the partition; 2. every other row is appended exactly once, in fold order; 3. `durable()` resolves only when
 * every row handed over so far is acknowledged or was there already.
 */

import { ContradictionError, RowsRefusedError } from '../../base/errors.ts';
import type { Runtime } from '../../base/runtime.ts';
import { skipCommand } from '../../base/text/skip-command.ts';
import { maxTextBytes } from '../../payments/row-batch.ts';
import type { DataRows, DataTable } from '../../payments/types.ts';
import type { Observer } from '../events.ts';
import type { AppendLimits, DataBatches, PartitionWriter, ReachedTable } from '../ports.ts';

export interface TableWriterOptions<T extends DataTable> {
  readonly table: T;
  readonly partition: number;
  readonly writer: Pick<PartitionWriter, 'append'>;
  readonly runtime: Runtime;
  readonly observer: Observer;
  readonly appendLimits: AppendLimits;
  /** What was there at the takeover, at or past the checkpoint. */
  readonly there: ReachedTable<T>;
  /** Called once per append, when it is settled. */
  readonly onSettled: (error: unknown | undefined) => void;
}

/** Rows of a batch from one on. */
interface WaitingRows<T extends DataTable> {
  readonly rows: DataBatches[T];
  readonly from: number;
}

export class TableWriter<T extends DataTable> {
  readonly #options: TableWriterOptions<T>;
  /** Of the fold's rows, those that were there. */
  #rowsPassed = 0;
  /** The fold is past what was there. */
  #isPast = false;
  #waiting: WaitingRows<T>[] = [];
  #sentRows = 0;
  #rowsInFlight = 0;
  #lastAck: Promise<void> = Promise.resolve();

  constructor(options: TableWriterOptions<T>) {
    this.#options = options;
  }

  get table(): T {
    return this.#options.table;
  }

  get rowsSent(): number {
    return this.#sentRows;
  }

  /** Rows sent and not acknowledged. */
  get rowsInFlight(): number {
    return this.#rowsInFlight;
  }

  /** Rows of the fold that were there already. */
  get rowsPassed(): number {
    return this.#rowsPassed;
  }

  /** What is there from before the takeover and the fold, which is at `nextOffset`, has not yielded. */
  rowsLeft(nextOffset: number): number {
    return this.#options.there.left(nextOffset);
  }

  /** Takes the fold's next rows: passes over those that are there already; the rest waits for send(), and must stay as it is until then. */
  take(rows: DataBatches[T]): void {
    const from = this.#isPast ? 0 : this.#passOverThere(rows);
    if (from < rows.length) this.#waiting.push({ rows, from });
  }

  /**
   * Sends what waits, in pieces that the sink takes. Keeps none of the rows. `foldedTo`: all rows of records below it were taken.
   */
  send(foldedTo: number): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const [i, { rows, from }] of waiting.entries()) {
      for (let at = from; at < rows.length; ) {
        const to = this.#endOfAppend(rows, at);
        const { rows: later, from: laterFrom } = waiting[i + 1] ?? { rows, from: to };
        const next = to < rows.length ? rows.at(to) : later.at(laterFrom);
        this.#append(rows, at, to, next?.kafkaOffset ?? foldedTo);
        at = to;
      }
    }
  }

  #endOfAppend(rows: DataBatches[T], from: number): number {
    const { maxAppendRows, maxAppendBytes } = this.#options.appendLimits;
    const most = Math.min(rows.length, from + maxAppendRows);
    if (FIXED_BYTES * rows.length + rows.textBytes <= maxAppendBytes) return most;
    let to = from;
    for (let bytes = 0; to < most; to++) {
      bytes += FIXED_BYTES + maxTextBytes(rows.at(to)!);
      if (bytes > maxAppendBytes && to > from) break;
    }
    return to;
  }

  /** Resolves when all rows so far are in the table; rejects when an append failed. */
  durable(): Promise<void> {
    return this.#lastAck;
  }

  /** How many of the rows, from the first on, are there already. */
  #passOverThere(rows: DataBatches[T]): number {
    const { table, partition, there } = this.#options;
    for (let i = 0; i < rows.length; i++) {
      const folded = rows.at(i) as DataRows[T];
      const answer = there.ask(folded);
      if (answer === 'missing') {
        this.#isPast = true;
        return i;
      }
      if (answer !== 'present') {
        throw new ContradictionError(
          'rows_differ',
          `partition ${partition}, ${table}: the log yields a row for offset ${folded.kafkaOffset} that differs from the one in the ` +
            `table ${answer.differs}. The log or the table is not what it was; nothing more was written.`,
        );
      }
      this.#rowsPassed++;
    }
    return rows.length;
  }

  #append(rows: DataBatches[T], from: number, to: number, toOffset: number): void {
    const { table, partition, runtime, observer, writer, onSettled } = this.#options;
    const startedMs = runtime.monotonicMs();
    const rowCount = to - from;
    const offsets = rows.kafkaOffsets(from, to);
    const { byteLength, landed } = writer.append(table, { rows, from, to }, toOffset);
    this.#sentRows += rowCount;
    this.#rowsInFlight += rowCount;
    this.#lastAck = landed.then(
      () => {
        this.#rowsInFlight -= rowCount;
        observer.emit({
          type: 'append.acknowledged',
          partition,
          table,
          rows: rowCount,
          bytes: byteLength,
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
