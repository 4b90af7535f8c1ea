/**
 * Step 7 of a takeover, and steady state: folds one partition from the checkpoint on and writes what it yields, until
 * it is drained or released, or the partition is lost.
 *
 * Invariants: 1. rows go out in fold order, per table; 2. a checkpoint is appended only when every row of the records
 * below it is acknowledged, never below F, and never twice at one offset; 3. the group offset and the local state
 * follow the checkpoint, never lead it; 4. the first failure ends the run: nothing is sent after it.
 */

import { abortedWithAny, orAborted } from '../../base/abort.ts';
import { BugError, ContradictionError } from '../../base/errors.ts';
import type { Runtime } from '../../base/runtime.ts';
import { AcceptedBatch } from '../../payments/accepted-batch.ts';
import { recordFingerprint } from '../../payments/event/hash.ts';
import type { FoldOutput, PartitionFold } from '../../payments/fold.ts';
import { layoutOfHistory, type RowLayout } from '../../payments/row-layout.ts';
import type { LogRecord, SettingsEntry } from '../../payments/types.ts';
import type { Observer } from '../events.ts';
import type { ProcessorLimits } from '../limits.ts';
import type { AppendLimits, LogSource, PartitionWriter, StateStore, WonClaim } from '../ports.ts';
import { RejectionCount } from '../rejections.ts';
import type { DatasetSchemas } from '../schemas/dataset-schemas.ts';
import { firstWanted } from '../schemas/wanted-schemas.ts';
import type { Position } from '../takeover/position.ts';
import type { AppendTurns } from './append-turns.ts';
import { batchEnd } from './batch-boundary.ts';
import { Checkpointer } from './checkpointer.ts';
import type { CursorAnswer, LogCursor } from './log-cursor.ts';
import { Pauses } from './pauses.ts';
import { settingsByOffset } from './settings-at.ts';
import { TableWriters } from './table-writers.ts';

export interface PartitionRunOptions {
  readonly won: Pick<WonClaim, 'ownership' | 'open'>;
  readonly position: Position;
  readonly history: readonly SettingsEntry[];
  readonly fold: PartitionFold;
  readonly cursor: LogCursor;
  readonly runtime: Runtime;
  readonly log: LogSource;
  readonly appendLimits: AppendLimits;
  readonly turns: AppendTurns;
  readonly state: StateStore;
  readonly observer: Observer;
  /** Undefined: no rules of the partition read records with schemas. */
  readonly schemas?: DatasetSchemas | undefined;
  readonly limits: ProcessorLimits;
}

export class PartitionRun {
  readonly #options: PartitionRunOptions;
  readonly #partition: number;
  readonly #fold: PartitionFold;
  readonly #settingsAt: ReturnType<typeof settingsByOffset>;
  readonly #writer: PartitionWriter;
  readonly #writers: TableWriters;
  readonly #checkpointer: Checkpointer;
  readonly #failure = new AbortController();
  readonly #drain = new AbortController();
  readonly #pauses: Pauses;
  /** One for all batches of the run. */
  readonly #layout: RowLayout;
  #output: FoldOutput;
  /** A batch whose rows were sent, for reuse of its memory. */
  #spare: AcceptedBatch | undefined;
  #recordsInOutput = 0;
  /** Of the answer that is folded. */
  readonly #rejections = new RejectionCount();
  #newestRecordMs = 0;
  /** The last folded record, or what the checkpoint says of it. */
  #lastFolded: LogRecord | string | null;
  #replaying: boolean;
  #wakeWriter: (() => void) | undefined;
  #turnAsked = false;
  /** Of all tables, when the last checkpoint was begun. */
  #rowsAtCheckpoint = 0;
  #onEnoughRows: (() => void) | undefined;

  constructor(options: PartitionRunOptions) {
    this.#options = options;
    this.#fold = options.fold;
    this.#lastFolded = options.cursor.fingerprint();
    this.#partition = options.won.ownership.partition;
    this.#settingsAt = settingsByOffset(options.history);
    this.#pauses = new Pauses(options.limits.maxBatchesPerTurn);
    this.#layout = layoutOfHistory(options.history);
    this.#output = emptyOutput(new AcceptedBatch(this.#layout));
    this.#writer = options.turns.counted(options.won.open());
    this.#writers = this.#tableWriters();
    this.#replaying = this.#writers.withRowsLeft(options.fold.nextOffset) !== undefined;
    this.#checkpointer = new Checkpointer({
      ...options,
      notBelow: options.position.resumeOffset,
      lastOffset: options.position.checkpoint?.nextOffset ?? options.position.checkpointOffset,
      wentOnFrom: options.position.checkpointOffset,
      writer: this.#writer,
      durable: () => this.#writers.durable(),
      inTurn: (work) => this.#inTurn(work),
      flush: () => this.#flush(),
      fingerprint: () => this.#fingerprint(),
      newestRecordMs: () => this.#newestRecordMs,
    });
  }

  /** Everything below is checkpointed by this run or an earlier one. */
  get checkpointedOffset(): number {
    return this.#checkpointer.lastOffset;
  }

  /** Runs until drained. Rejects with the error that ended it: a lost writer, a contradiction, or signal.reason. */
  async run(signal: AbortSignal): Promise<void> {
    const ended = abortedWithAny(signal, this.#failure.signal);
    const checkpoints = this.#checkpointNowAndThen(ended);
    try {
      await this.#foldUntilDrained(ended);
      await orAborted(this.#checkpointer.checkpoint(), ended);
    } catch (error) {
      this.#fail(error);
      // The first failure aborted the rest, and is the reason.
      throw signal.aborted ? signal.reason : this.#failure.signal.reason;
    } finally {
      this.#failure.abort(new BugError('the run is over'));
      await checkpoints;
      this.#writer.close();
    }
  }

  /** Asks for a graceful end: no more records, everything written, a last checkpoint. */
  drain(): void {
    this.#drain.abort();
  }

  async #foldUntilDrained(ended: AbortSignal): Promise<void> {
    const reading = abortedWithAny(ended, this.#drain.signal);
    while (!this.#drain.signal.aborted) {
      const answer = await this.#betweenRecords(orAborted(this.#options.cursor.next(reading), reading), ended);
      if (answer === undefined) return;
      ended.throwIfAborted();
      await this.#take(answer, ended, reading);
    }
  }

  /**
   * Awaits what the next record needs. Undefined: a drain ended the wait, or what failed during one is left to the next owner.
   * Only for work that folds and sends nothing: an error in the middle of that must never end in a last checkpoint.
   */
  async #betweenRecords<T>(waiting: Promise<T>, ended: AbortSignal): Promise<T | undefined> {
    try {
      return await waiting;
    } catch (error) {
      if (this.#drain.signal.aborted && !ended.aborted) return undefined;
      // What was folded may be unreadable later: it is written before the partition stops.
      if (error instanceof ContradictionError && error.leavesWhatWasFolded)
        await orAborted(this.#checkpointer.checkpoint(), ended);
      throw error;
    }
  }

  /** A drain ends it where it waits for a schema: between two records. */
  async #take(answer: CursorAnswer, ended: AbortSignal, reading: AbortSignal): Promise<void> {
    const { limits, position } = this.#options;
    let readable = this.#options.schemas === undefined ? answer.records.length : 0;
    for (let from = 0; from < answer.records.length; ) {
      if (from >= readable) readable = await this.#readableTo(answer.records, from, ended, reading);
      if (readable === from) return;
      if (this.#replaying && this.#fold.nextOffset >= position.resumeOffset) await this.#flushSoon(ended, true);
      const isFirst = !this.#replaying && this.#writers.rowsSent === 0;
      const most = Math.min(limits.maxBatchRecords, isFirst ? limits.firstBatchRecords : Number.POSITIVE_INFINITY);
      const full = from + most - this.#recordsInOutput;
      const end = batchEnd(answer.records, from, full, this.#replaying ? position.resumeOffset : 0);
      const to = Math.min(end, readable);
      this.#foldRecords(answer.records, from, to);
      from = to;
      if (this.#recordsInOutput >= most) await this.#flushSoon(ended, isFirst);
    }
    this.#fold.skipTo(answer.nextOffset);
    const rejections = this.#rejections.counted();
    this.#rejections.clear();
    this.#options.observer.emit({
      type: 'batch.folded',
      partition: this.#partition,
      records: answer.records.length,
      bytes: answer.byteLength,
      counters: { ...this.#fold.counters },
      watermarkMs: this.#fold.watermarkMs,
      nextOffset: this.#fold.nextOffset,
      endOffset: answer.endOffset,
      ...(rejections.length === 0 ? {} : { rejections }),
    });
    this.#letGo(answer);
    // With nothing in flight the rows go out now; otherwise they gather for a larger append.
    if (this.#writers.rowsInFlight === 0) this.#flushInTurn();
  }

  /** The index of the first record whose schema is not known yet. That of `from` is waited for; `from`: a drain ended the wait. */
  async #readableTo(
    records: readonly LogRecord[],
    from: number,
    ended: AbortSignal,
    reading: AbortSignal,
  ): Promise<number> {
    const { schemas, position } = this.#options;
    for (;;) {
      const wanted = firstWanted(records, from, records.length, this.#settingsAt, schemas!.isReady);
      if (wanted === undefined) return records.length;
      if (wanted.at > from) return wanted.at;
      if (this.#writers.rowsInFlight === 0) this.#flushInTurn();
      const mayAsk = wanted.offset >= position.resumeOffset;
      const ensuring = schemas!.ensure({ ...wanted, partition: this.#partition, mayAsk }, reading).then(() => true);
      if ((await this.#betweenRecords(ensuring, ended)) === undefined) return from;
    }
  }

  #foldRecords(records: readonly LogRecord[], from: number, to: number): void {
    const { exceptions } = this.#output;
    const before = exceptions.length;
    this.#fold.foldAll(records, this.#settingsAt, this.#output, from, to);
    for (let at = before; at < exceptions.length; at += 1) {
      const { kafkaOffset, reason } = exceptions[at]!;
      if (reason !== null) this.#rejections.add(this.#partition, kafkaOffset, reason);
    }
    for (let i = from; i < to; i++) {
      const { timestampMs } = records[i]!;
      if (timestampMs > this.#newestRecordMs) this.#newestRecordMs = timestampMs;
    }
    this.#recordsInOutput += to - from;
    if (to > from) this.#lastFolded = records[to - 1]!;
  }

  /** The whole answer is folded. Its rows were copied, and the fingerprint of its last record is enough. */
  #letGo(answer: CursorAnswer): void {
    this.#options.cursor.release();
    this.#lastFolded = this.#fingerprint();
    answer.lease?.release();
  }

  #fingerprint(): string | null {
    const last = this.#lastFolded;
    return last === null || typeof last === 'string' ? last : recordFingerprint(last);
  }

  /** Hands all folded rows to the writers. Synchronous: a checkpoint taken right after sees whole records only. */
  #flush(): void {
    const taken = this.#recordsInOutput > 0 ? this.#takeOutput() : undefined;
    if (this.#replaying) {
      // Nothing is sent before all rows that are there were compared: a changed log must not add rows to any table.
      // Memory holds the rows of records below F: no more than were in flight when the last owner ended.
      if (this.#fold.nextOffset < this.#options.position.resumeOffset) return;
      this.#noteReplay();
    }
    this.#writers.send(this.#fold.nextOffset);
    if (taken !== undefined) {
      taken.clear();
      this.#spare = taken;
    }
    if (this.#rowsSinceCheckpoint() >= this.#options.limits.checkpointRows) this.#onEnoughRows?.();
  }

  #takeOutput(): AcceptedBatch {
    const output = this.#output;
    this.#output = emptyOutput(this.#spare ?? new AcceptedBatch(this.#layout));
    this.#spare = undefined;
    this.#recordsInOutput = 0;
    this.#writers.take(output);
    return output.accepted;
  }

  /** Throws if rows are there that the fold has not yielded: the next checkpoint would certify them. */
  #noteReplay(): void {
    const left = this.#writers.withRowsLeft(this.#fold.nextOffset);
    if (left !== undefined) {
      throw new ContradictionError(
        'rows_differ',
        `partition ${this.#partition}, ${left.table}: ${left.rowsLeft(this.#fold.nextOffset)} rows from before the takeover are not what the log ` +
          `yields up to offset ${this.#fold.nextOffset}. The log or the table is not what it was; nothing more was written.`,
      );
    }
    this.#replaying = false;
    this.#options.observer.emit({
      type: 'replay.finished',
      partition: this.#partition,
      rowsSkipped: this.#writers.rowsPassed,
      atOffset: this.#fold.nextOffset,
    });
  }

  /** Waits for room, then sends. A first batch is acknowledged before more is folded: a cold fold of thousands is slow for all partitions. */
  async #flushSoon(ended: AbortSignal, isFirst: boolean): Promise<void> {
    await this.#roomInFlight(ended);
    const flushed = this.#inTurn(() => this.#flush());
    await orAborted(flushed, ended);
    if (isFirst) await this.#roomInFlight(ended, 1);
    if (this.#pauses.isDueAfterBatch()) await this.#options.runtime.sleep(0, ended);
  }

  async #roomInFlight(ended: AbortSignal, most = this.#options.limits.maxRowsInFlight): Promise<void> {
    while (this.#writers.rowsInFlight >= most) {
      ended.throwIfAborted();
      const settled = new Promise<void>((resolve) => {
        this.#wakeWriter = resolve;
      });
      await orAborted(settled, ended);
    }
    ended.throwIfAborted();
  }

  #onSettled(error: unknown | undefined): void {
    if (error !== undefined) this.#fail(error);
    const wake = this.#wakeWriter;
    this.#wakeWriter = undefined;
    wake?.();
    if (!this.#failure.signal.aborted && this.#writers.rowsInFlight === 0) this.#flushInTurn();
  }

  /** Sends what is folded when the turn comes. Asks for one turn at a time. */
  #flushInTurn(): void {
    if (this.#turnAsked) return;
    this.#turnAsked = true;
    this.#inTurn(() => {
      this.#turnAsked = false;
      this.#flush();
    }).catch((error: unknown) => this.#fail(error));
  }

  /** Resolves with what the work returned in its turn. */
  #inTurn<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) => {
      const go = (): void => {
        try {
          resolve(work());
        } catch (error) {
          reject(error);
        }
      };
      // The first rows after a takeover go before further rows of partitions in steady state.
      this.#options.turns.ask(go, this.#failure.signal, this.#writers.rowsSent === 0);
    });
  }

  #fail(error: unknown): void {
    if (!this.#failure.signal.aborted) this.#failure.abort(error);
    this.#wakeWriter?.();
  }

  async #checkpointNowAndThen(ended: AbortSignal): Promise<void> {
    try {
      for (;;) {
        await this.#untilCheckpointIsDue(ended);
        this.#checkAge();
        this.#rowsAtCheckpoint = this.#writers.rowsSent;
        await orAborted(this.#checkpointer.checkpoint(), ended);
      }
    } catch (error) {
      if (!ended.aborted) this.#fail(error);
    }
  }

  /** Resolves after the interval, or after `checkpointRows` rows. */
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
    return this.#writers.rowsSent - this.#rowsAtCheckpoint;
  }

  /** Throws before the writer is so old that the sink refuses it: a new claim brings a new writer. */
  #checkAge(): void {
    const outlived = this.#writer.outlived();
    if (outlived !== undefined) throw outlived;
  }

  #tableWriters(): TableWriters {
    const { position } = this.#options;
    return new TableWriters({
      ...this.#options,
      partition: this.#partition,
      writer: this.#writer,
      there: position.reached,
      onSettled: (error) => this.#onSettled(error),
    });
  }
}

function emptyOutput(accepted: AcceptedBatch): FoldOutput {
  return { accepted, partials: [], exceptions: [] };
}
