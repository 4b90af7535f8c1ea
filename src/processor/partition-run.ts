/**
 * Step 7 and the life after: folds one partition from the checkpoint on and writes what it yields, until it is told to
 * stop or the partition is lost.
 *
 * Invariants: 1. rows go out in fold order, per table; 2. a checkpoint is appended only when every row of the records
 * below it is acknowledged, never below F, and never twice at one offset; 3. the group offset and the local state follow
 * the checkpoint, never lead it; 4. the first failure ends the run: nothing is sent after it.
 */
import { AcceptedRows } from '../payments/accepted-rows.ts';
import type { FoldColumns, PartitionFold } from '../payments/fold.ts';
import { recordFingerprint } from '../payments/hash.ts';
import type { DataTable, LogRecord, SettingsEntry } from '../payments/types.ts';
import { abortedWithAny, orAborted } from './abort.ts';
import { Checkpointer } from './checkpointer.ts';
import type { WonClaim } from './claim-rounds.ts';
import { BugError, ContradictionError, StreamLostError } from './errors.ts';
import type { Observer } from './events.ts';
import type { ProcessorLimits } from './limits.ts';
import type { CursorAnswer, LogCursor } from './log-cursor.ts';
import type { LogSource, RowEncoder, Runtime, StateStore, WriteStreams } from './ports.ts';
import type { Position } from './position.ts';
import { settingsByOffset } from './settings-at.ts';
import { TableWriter } from './table-writer.ts';

export interface PartitionRunOptions {
  readonly won: WonClaim;
  readonly position: Position;
  readonly history: readonly SettingsEntry[];
  readonly fold: PartitionFold;
  readonly cursor: LogCursor;
  readonly runtime: Runtime;
  readonly log: LogSource;
  readonly streams: WriteStreams;
  readonly encoder: RowEncoder;
  readonly state: StateStore;
  readonly observer: Observer;
  readonly limits: ProcessorLimits;
}

type Writers = { readonly [T in DataTable]: TableWriter<T> };

export class PartitionRun {
  readonly #options: PartitionRunOptions;
  readonly #partition: number;
  readonly #fold: PartitionFold;
  readonly #settingsAt: ReturnType<typeof settingsByOffset>;
  readonly #writers: Writers;
  readonly #checkpointer: Checkpointer;
  readonly #failure = new AbortController();
  readonly #drain = new AbortController();
  #output = emptyOutput(new AcceptedRows());
  /** Rows that were sent: their memory is used again. */
  #spare: AcceptedRows | undefined;
  #recordsInOutput = 0;
  #newestRecordMs = 0;
  /** The last folded record, or what the checkpoint says of it. */
  #lastFolded: LogRecord | string | null;
  #replaying: boolean;
  #wakeWriter: (() => void) | undefined;
  /** Of all tables, when the last checkpoint was begun. */
  #rowsAtCheckpoint = 0;
  #onEnoughRows: (() => void) | undefined;

  constructor(options: PartitionRunOptions) {
    this.#options = options;
    this.#fold = options.fold;
    this.#lastFolded = options.cursor.fingerprint();
    this.#partition = options.won.ownership.partition;
    this.#settingsAt = settingsByOffset(options.history);
    this.#writers = this.#openWriters();
    this.#replaying = Object.values(this.#writers).some((writer) => writer.rowsLeftToCompare > 0);
    this.#checkpointer = new Checkpointer({
      ...options,
      notBelow: options.position.resumeOffset,
      lastOffset: options.position.checkpoint?.nextOffset ?? options.position.checkpointOffset,
      writers: Object.values(this.#writers),
      flush: () => this.#flush(),
      fingerprint: () => this.#fingerprint(),
      newestRecordMs: () => this.#newestRecordMs,
    });
  }

  /** Everything below is checkpointed by this run or an earlier one. */
  get checkpointedOffset(): number {
    return this.#checkpointer.lastOffset;
  }

  /** Runs until drained; rejects with what ended it: a lost stream, a contradiction, or signal.reason. */
  async run(signal: AbortSignal): Promise<void> {
    const ended = abortedWithAny(signal, this.#failure.signal);
    const checkpoints = this.#checkpointNowAndThen(ended);
    try {
      await this.#foldUntilDrained(ended);
      await this.#finish(ended);
    } catch (error) {
      this.#fail(error);
      // What aborted the rest came first, and is the reason.
      throw signal.aborted ? signal.reason : this.#failure.signal.reason;
    } finally {
      this.#failure.abort(new BugError('the run is over'));
      await checkpoints;
      for (const writer of Object.values(this.#writers)) writer.close();
      this.#checkpointer.close();
    }
  }

  /** Asks for a graceful end: no more records, everything written, a last checkpoint. */
  drain(): void {
    this.#drain.abort();
  }

  async #foldUntilDrained(ended: AbortSignal): Promise<void> {
    const reading = abortedWithAny(ended, this.#drain.signal);
    while (!this.#drain.signal.aborted) {
      let answer: CursorAnswer;
      try {
        answer = await this.#options.cursor.next(reading);
      } catch (error) {
        if (this.#drain.signal.aborted && !ended.aborted) return;
        // What was folded before the gap is in no log any more: it is written before the partition stops.
        if (error instanceof ContradictionError && error.code === 'retention_gap') await this.#finish(ended);
        throw error;
      }
      ended.throwIfAborted();
      await this.#take(answer, ended);
    }
  }

  async #take(answer: CursorAnswer, ended: AbortSignal): Promise<void> {
    const { maxBatchRecords } = this.#options.limits;
    for (let from = 0; from < answer.records.length; ) {
      const room = maxBatchRecords - this.#recordsInOutput;
      const to = Math.min(answer.records.length, from + room);
      this.#foldRecords(answer.records, from, to);
      from = to;
      if (this.#recordsInOutput >= maxBatchRecords) {
        await this.#roomInFlight(ended);
        this.#flush();
      }
    }
    this.#fold.skipTo(answer.nextOffset);
    this.#options.observer.emit({
      type: 'batch.folded',
      partition: this.#partition,
      records: answer.records.length,
      bytes: answer.byteLength,
      counters: { ...this.#fold.counters },
      watermarkMs: this.#fold.watermarkMs,
      nextOffset: this.#fold.nextOffset,
      endOffset: answer.endOffset,
    });
    // With nothing under way waiting brings nothing; otherwise rows gather for a larger append.
    if (this.#rowsInFlight() === 0) this.#flush();
  }

  #foldRecords(records: readonly LogRecord[], from: number, to: number): void {
    for (let i = from; i < to; i++) {
      const record = records[i]!;
      this.#fold.fold(record, this.#settingsAt(record.offset), this.#output);
      if (record.timestampMs > this.#newestRecordMs) this.#newestRecordMs = record.timestampMs;
    }
    this.#recordsInOutput += to - from;
    if (to > from) this.#lastFolded = records[to - 1]!;
  }

  #fingerprint(): string | null {
    const last = this.#lastFolded;
    return last === null || typeof last === 'string' ? last : recordFingerprint(last);
  }

  /** Hands all folded rows to the writers. Synchronous: a checkpoint taken right after sees whole records only. */
  #flush(): void {
    const taken = this.#recordsInOutput > 0 ? this.#takeOutput() : undefined;
    if (this.#replaying) {
      // Nothing is sent before all that is there was compared: a log that is not what it was adds nothing to any table.
      // What is held are the rows of records below F: no more than were in flight when the last owner ended.
      if (this.#fold.nextOffset < this.#options.position.resumeOffset) return;
      this.#noteReplay();
    }
    for (const writer of Object.values(this.#writers)) writer.send();
    if (taken !== undefined) {
      taken.clear();
      this.#spare = taken;
    }
    if (this.#rowsSinceCheckpoint() >= this.#options.limits.checkpointRows) this.#onEnoughRows?.();
  }

  #takeOutput(): AcceptedRows {
    const { accepted, partials, exceptions } = this.#output;
    this.#output = emptyOutput(this.#spare ?? new AcceptedRows());
    this.#spare = undefined;
    this.#recordsInOutput = 0;
    this.#writers.payment_transactions.take(accepted);
    this.#writers.payment_transactions_fraud.take(accepted);
    this.#writers.payment_metrics_partials.take(partials);
    this.#writers.payment_exceptions.take(exceptions);
    return accepted;
  }

  /** A row that the fold never yields would otherwise be certified by the next checkpoint. */
  #noteReplay(): void {
    const writers = Object.values(this.#writers);
    const left = writers.find((writer) => writer.rowsLeftToCompare > 0);
    if (left !== undefined) {
      throw new ContradictionError(
        'rows_differ',
        `partition ${this.#partition}, ${left.table}: ${left.rowsLeftToCompare} rows from before the takeover are not what the log ` +
          `yields up to offset ${this.#fold.nextOffset}. The log or the table is not what it was; nothing more was written.`,
      );
    }
    this.#replaying = false;
    const rowsSkipped = writers.reduce((sum, writer) => sum + writer.rowsCompared, 0);
    const { observer } = this.#options;
    observer.emit({
      type: 'replay.finished',
      partition: this.#partition,
      rowsSkipped,
      atOffset: this.#fold.nextOffset,
    });
  }

  async #roomInFlight(ended: AbortSignal): Promise<void> {
    while (this.#rowsInFlight() >= this.#options.limits.maxRowsInFlight) {
      ended.throwIfAborted();
      await new Promise<void>((resolve) => {
        this.#wakeWriter = resolve;
      });
    }
    ended.throwIfAborted();
  }

  #rowsInFlight(): number {
    const { payment_transactions, payment_transactions_fraud, payment_metrics_partials, payment_exceptions } =
      this.#writers;
    return (
      payment_transactions.rowsInFlight +
      payment_transactions_fraud.rowsInFlight +
      payment_metrics_partials.rowsInFlight +
      payment_exceptions.rowsInFlight
    );
  }

  #onSettled(error: unknown | undefined): void {
    if (error !== undefined) this.#fail(error);
    const wake = this.#wakeWriter;
    this.#wakeWriter = undefined;
    wake?.();
    if (this.#failure.signal.aborted || this.#rowsInFlight() > 0) return;
    try {
      this.#flush();
    } catch (flushError) {
      this.#fail(flushError);
    }
  }

  #fail(error: unknown): void {
    if (!this.#failure.signal.aborted) this.#failure.abort(error);
    this.#wakeWriter?.();
  }

  async #checkpointNowAndThen(ended: AbortSignal): Promise<void> {
    try {
      for (;;) {
        await this.#untilCheckpointIsDue(ended);
        this.#checkStreamAge();
        this.#rowsAtCheckpoint = this.#rowsSent();
        await orAborted(this.#checkpointer.checkpoint(), ended);
      }
    } catch (error) {
      if (!ended.aborted) this.#fail(error);
    }
  }

  /** After the interval, or after so many rows. */
  async #untilCheckpointIsDue(ended: AbortSignal): Promise<void> {
    const { runtime, limits } = this.#options;
    if (this.#rowsSinceCheckpoint() >= limits.checkpointRows) return;
    const enoughRows = new AbortController();
    this.#onEnoughRows = () => enoughRows.abort();
    try {
      await runtime.sleep(limits.checkpointIntervalMs, abortedWithAny(ended, enoughRows.signal));
    } catch (error) {
      if (!enoughRows.signal.aborted || ended.aborted) throw error;
    } finally {
      this.#onEnoughRows = undefined;
      // Lets go of `ended`, which outlives this wait.
      enoughRows.abort();
    }
  }

  #rowsSinceCheckpoint(): number {
    return this.#rowsSent() - this.#rowsAtCheckpoint;
  }

  #rowsSent(): number {
    return Object.values(this.#writers).reduce((sum, writer) => sum + writer.streamOffset, 0);
  }

  /** Streams expire unused: a new claim brings new ones. */
  #checkStreamAge(): void {
    const { runtime, limits } = this.#options;
    const oldestMs = Math.min(...Object.values(this.#writers).map((writer) => writer.lastSentAtMs));
    if (runtime.nowMs() - oldestMs < limits.streamMaxIdleMs) return;
    throw new StreamLostError(
      'gone',
      `partition ${this.#partition}: a write stream was idle for long and is replaced before it expires`,
    );
  }

  async #finish(ended: AbortSignal): Promise<void> {
    await orAborted(this.#checkpointer.checkpoint(), ended);
  }

  #openWriters(): Writers {
    const { won, position, streams } = this.#options;
    const open = <T extends DataTable>(table: T): TableWriter<T> =>
      new TableWriter<T>({
        ...this.#options,
        table,
        partition: won.ownership.partition,
        writerEpoch: won.ownership.epoch,
        appender: streams.open(won.ownStreams[table]),
        alreadyThere: position.rows[table],
        onSettled: (error) => this.#onSettled(error),
      });
    return {
      payment_transactions: open('payment_transactions'),
      payment_transactions_fraud: open('payment_transactions_fraud'),
      payment_metrics_partials: open('payment_metrics_partials'),
      payment_exceptions: open('payment_exceptions'),
    };
  }
}

function emptyOutput(accepted: AcceptedRows): FoldColumns {
  return { accepted, partials: [], exceptions: [] };
}
