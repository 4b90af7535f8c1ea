/**
 * Appends to one COMMITTED stream: the thin AppendRows client. Strict first in first out, go-back-N: after a lost
 * connection it resends everything from the first unacknowledged request on, with the same bytes at the same offsets.
 *
 * Invariants:
 * 1. Requests leave in the order of append(), at offsets without gap or overlap.
 * 2. An append resolves only on the answer to its own request, read from the present connection, or on ALREADY_EXISTS
 *    for a resent request if the service names an expected offset at or past its end.
 * 3. After a failure nothing more is sent, and every unacknowledged append rejects with that failure.
 * 4. Answers of an earlier connection are never read.
 */

import { assert, RowsRefusedError, SinkRefusedError, WriterLostError } from '../../../base/errors.ts';
import type { Runtime } from '../../../base/runtime.ts';
import { spanText } from '../../../base/span-text.ts';
import type { AppendTable } from '../../../payments/types.ts';
import type { EncodedRows, StreamAppender, StreamRef } from '../ports.ts';
import { notFoundForTooLong } from '../query/not-found.ts';
import { Patience, type WaitingObserver } from '../query/waiting.ts';
import type { AppendLimits } from '../sink-limits.ts';
import { readAppendFailure } from './append-answers.ts';
import { type AppendAnswer, type AppendCall, GRPC_STATUS, RpcError, type WriteRpc } from './write-rpc.ts';

/** What is wrong with a table that is not found or differs; undefined if nothing is, and waiting may help. */
export type InspectTable = (table: AppendTable) => Promise<Error | undefined>;

export interface AppendStreamOptions extends WaitingObserver {
  readonly rpc: WriteRpc;
  readonly runtime: Runtime;
  readonly stream: StreamRef;
  readonly limits: AppendLimits;
  /** An emulator knows its streams at once: a stream that it does not find is gone. */
  readonly isEmulator?: boolean | undefined;
  readonly inspectTable?: InspectTable | undefined;
}

interface Entry {
  readonly rows: EncodedRows;
  readonly offset: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
  /** Whether an earlier connection may have delivered it. */
  wasSent: boolean;
}

/** What an answer means for the oldest request. */
type Verdict =
  | { readonly kind: 'acknowledged' }
  /** `isYoung`: the stream or its table may not be known everywhere yet. */
  | { readonly kind: 'again'; readonly error: Error; readonly isYoung?: boolean }
  | { readonly kind: 'over'; readonly error: Error };

function over(error: Error): Verdict {
  return { kind: 'over', error };
}

/** Why a timer ends early. One error for all: aborting without a reason makes a DOMException with a stack each time. */
const NOT_NEEDED = new Error('the timer is no longer needed');

export class AppendStream implements StreamAppender {
  readonly #options: AppendStreamOptions;
  readonly #patience: Patience;
  /** For a stream too young to be known everywhere. */
  readonly #youth: Patience;
  #hasAcknowledged = false;
  /** Once set, the wait lasts to its limit: giving the stream up would only replace it with one as young. */
  #waitsForYouth = false;
  /** Unacknowledged appends, in order; the first #sentCount are in flight on the present connection. */
  readonly #entries: Entry[] = [];
  #sentCount = 0;
  #sentBytes = 0;
  #nextOffset = 0;
  /** End of the last request sent on any connection: the service cannot hold more rows than this. */
  #sentEndOffset = 0;
  #call: AppendCall | undefined;
  /** Number of the present connection. Handlers of earlier connections compare it and do nothing. */
  #connection = 0;
  #schemaSent = false;
  #reconnecting = false;
  #failure: Error | undefined;
  #timer: AbortController | undefined;
  readonly #closed = new AbortController();

  constructor(options: AppendStreamOptions) {
    this.#options = options;
    const { runtime, limits, stream } = options;
    const about = { service: 'bigquery-write', what: `append to ${stream.table}, stream ${stream.name}` } as const;
    this.#patience = new Patience(runtime, limits, options, about);
    const youth = { ...limits, unreachableAfterMs: limits.notFoundPatienceMs };
    this.#youth = new Patience(runtime, youth, options, { ...about, tooLong: (error) => this.#stayedYoung(error) });
  }

  append(rows: EncodedRows): Promise<void> {
    const promise = new Promise<void>((resolve, reject) => {
      if (this.#failure !== undefined) {
        reject(this.#failure);
        return;
      }
      assert(rows.rowCount > 0, 'an append needs at least one row');
      assert(this.#entries.length < this.#options.limits.maxQueued, 'too many appends queued on one stream');
      this.#entries.push({ rows, offset: this.#nextOffset, resolve, reject, wasSent: false });
      this.#nextOffset += rows.rowCount;
    });
    // The caller may await the promise later, or never (after close): its rejection must not end the process.
    promise.catch(() => {});
    this.#pump();
    return promise;
  }

  close(): void {
    this.#fail(new WriterLostError('gone', `${this.#options.stream.name}: closed by its owner`));
  }

  /** Sends what the window allows. */
  #pump(): void {
    if (this.#failure !== undefined || this.#reconnecting) return;
    const { maxInFlightRequests, maxInFlightBytes } = this.#options.limits;
    while (this.#sentCount < this.#entries.length && this.#failure === undefined && !this.#reconnecting) {
      const entry = this.#entries[this.#sentCount]!;
      const full = this.#sentCount >= maxInFlightRequests || this.#sentBytes + entry.rows.byteLength > maxInFlightBytes;
      if (full && this.#sentCount > 0) return;
      this.#send(entry);
    }
  }

  #send(entry: Entry): void {
    this.#sentCount++;
    this.#sentBytes += entry.rows.byteLength;
    const end = entry.offset + entry.rows.rowCount;
    this.#sentEndOffset = Math.max(this.#sentEndOffset, end);
    if (this.#sentCount === 1) this.#startTimer();
    try {
      this.#call ??= this.#connect();
      const withSchema = !this.#schemaSent;
      this.#schemaSent = true;
      this.#call.write({
        writeStream: this.#options.stream.name,
        offset: entry.offset,
        payload: entry.rows.payload,
        withSchema,
      });
    } catch (error) {
      this.#reconnect(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #connect(): AppendCall {
    const connection = ++this.#connection;
    this.#schemaSent = false;
    return this.#options.rpc.appendRows(this.#options.stream.name, {
      onAnswer: (answer) => {
        if (connection === this.#connection) this.#onAnswer(answer);
      },
      onEnd: (error) => {
        if (connection === this.#connection) this.#onEnd(error);
      },
    });
  }

  #onAnswer(answer: AppendAnswer): void {
    const entry = this.#sentCount > 0 ? this.#entries[0] : undefined;
    if (entry === undefined) this.#fail(this.#confusion('an answer that no request waits for'));
    else this.#act(this.#judgeAnswer(answer, entry), entry);
  }

  #onEnd(error: RpcError | undefined): void {
    this.#dropCall();
    const oldest = this.#sentCount > 0 ? this.#entries[0] : undefined;
    // An idle connection ended: by the service, or by us. The next append opens a new one.
    if (oldest === undefined) return;
    const ended = error ?? new RpcError(GRPC_STATUS.UNAVAILABLE, 'the service ended the connection');
    this.#act(this.#judgeFailure(ended, oldest, false), oldest);
  }

  #act(verdict: Verdict, entry: Entry): void {
    if (verdict.kind === 'acknowledged') this.#acknowledge(entry);
    else if (verdict.kind === 'again') this.#reconnect(verdict.error, verdict.isYoung);
    else this.#fail(verdict.error);
  }

  #acknowledge(entry: Entry): void {
    this.#entries.shift();
    this.#sentCount--;
    this.#sentBytes -= entry.rows.byteLength;
    this.#patience.success();
    if (!this.#hasAcknowledged) this.#youth.success();
    this.#hasAcknowledged = true;
    this.#startTimer();
    // An earlier connection may still hold a resent request's bytes, so its memory is not released for reuse.
    if (!entry.wasSent) entry.rows.lease?.release();
    entry.resolve();
    this.#pump();
  }

  #judgeAnswer(answer: AppendAnswer, entry: Entry): Verdict {
    const refused = answer.rowErrors[0];
    if (refused !== undefined) {
      const more = answer.rowErrors.length > 1 ? `, and ${answer.rowErrors.length - 1} more rows` : '';
      const what = `${this.#options.stream.table} refused row ${refused.index} of an append: ${refused.message}${more}`;
      return over(new RowsRefusedError(what, refused.index));
    }
    if (answer.error !== undefined) return this.#judgeFailure(answer.error, entry, true);
    if (!answer.acknowledged) return over(this.#confusion('an answer that neither acknowledges nor refuses'));
    // Answers come in order: an acknowledgement without an offset is for the oldest request.
    if (answer.offset !== undefined && answer.offset !== entry.offset) {
      return over(this.#confusion(`offset ${answer.offset} acknowledged where ${entry.offset} was sent`));
    }
    return { kind: 'acknowledged' };
  }

  #judgeFailure(error: RpcError, entry: Entry, isInBand: boolean): Verdict {
    const failure = readAppendFailure(error);
    switch (failure.kind) {
      case 'retriable':
        return { kind: 'again', error };
      case 'already_exists': {
        const { expectedOffset } = failure;
        const hasArrived =
          expectedOffset !== undefined &&
          expectedOffset >= entry.offset + entry.rows.rowCount &&
          expectedOffset <= this.#sentEndOffset;
        if (isInBand && entry.wasSent && hasArrived) return { kind: 'acknowledged' };
        return over(this.#confusion(`unexpected at offset ${entry.offset}: ${error.message}`, error));
      }
      case 'gone':
      case 'schema_differs':
        if (this.#isYoung()) return { kind: 'again', error, isYoung: true };
        return over(failure.kind === 'gone' ? this.#lost('gone', error) : this.#refused(error));
      case 'finalized':
        return over(this.#lost('fenced', error));
      case 'refused':
        return over(this.#refused(error));
      case 'out_of_range':
      case 'confused':
        return over(this.#confusion(`code ${error.code}, ${error.message}`, error));
    }
  }

  /**
   * The stream was created recently and has no acknowledged rows: a NOT_FOUND may come from a server that does not know
   * it yet.
   */
  #isYoung(): boolean {
    const { isEmulator, runtime, stream, limits } = this.#options;
    const ageMs = runtime.nowMs() - stream.createdAtMs;
    if (isEmulator === true || this.#hasAcknowledged) return false;
    this.#waitsForYouth ||= ageMs < limits.notFoundPatienceMs;
    return this.#waitsForYouth;
  }

  #stayedYoung(error: Error): Error {
    const { stream, limits } = this.#options;
    if (error instanceof RpcError && readAppendFailure(error).kind === 'schema_differs') return this.#refused(error);
    return notFoundForTooLong(`append to stream ${stream.name}`, stream.table, limits.notFoundPatienceMs, error);
  }

  #lost(kind: 'fenced' | 'gone', error: RpcError): WriterLostError {
    return new WriterLostError(kind, `${this.#options.stream.name}: ${error.message}`, { cause: error });
  }

  #refused(error: RpcError): SinkRefusedError {
    const code = error.storageErrorCode === undefined ? '' : `${error.storageErrorCode}: `;
    return new SinkRefusedError(this.#options.stream.table, `${code}${error.message}`, { cause: error });
  }

  /** Drops the connection, waits, and sends everything unacknowledged again. */
  #reconnect(error: Error, isYoung = false): void {
    this.#dropCall();
    this.#timer?.abort(NOT_NEEDED);
    for (let i = 0; i < this.#sentCount; i++) this.#entries[i]!.wasSent = true;
    this.#sentCount = 0;
    this.#sentBytes = 0;
    this.#reconnecting = true;
    this.#waitAfter(error, isYoung).then(
      () => {
        this.#reconnecting = false;
        this.#pump();
      },
      (reason: unknown) => this.#fail(reason instanceof Error ? reason : new Error(String(reason))),
    );
  }

  async #waitAfter(error: Error, isYoung: boolean): Promise<void> {
    const { inspectTable, stream } = this.#options;
    const fault = isYoung ? await inspectTable?.(stream.table) : undefined;
    if (fault !== undefined) throw fault;
    await (isYoung ? this.#youth : this.#patience).wait(error, this.#closed.signal);
  }

  #confusion(what: string, cause?: Error): WriterLostError {
    return new WriterLostError('confused', `${this.#options.stream.name}: ${what}`, { cause });
  }

  #fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#dropCall();
    this.#timer?.abort(NOT_NEEDED);
    this.#closed.abort(error);
    this.#sentCount = 0;
    for (const entry of this.#entries.splice(0)) entry.reject(error);
  }

  #dropCall(): void {
    const call = this.#call;
    this.#call = undefined;
    this.#connection++;
    call?.cancel();
  }

  /**
   * Starts the deadline of the oldest unanswered request, or the idle timer if there is none. Answers come in order, so
   * the deadline of the oldest bounds them all.
   */
  #startTimer(): void {
    this.#timer?.abort(NOT_NEEDED);
    const timer = new AbortController();
    this.#timer = timer;
    const { appendDeadlineMs, idleCloseMs } = this.#options.limits;
    const isIdle = this.#sentCount === 0;
    this.#options.runtime.sleep(isIdle ? idleCloseMs : appendDeadlineMs, timer.signal).then(
      () => {
        if (this.#timer !== timer || this.#failure !== undefined) return;
        if (isIdle) {
          this.#closeIdle();
          return;
        }
        const error = new RpcError(
          GRPC_STATUS.DEADLINE_EXCEEDED,
          `no answer to an append for ${spanText(appendDeadlineMs)}`,
        );
        this.#reconnect(error);
      },
      () => {},
    );
  }

  #closeIdle(): void {
    const call = this.#call;
    this.#call = undefined;
    this.#connection++;
    call?.end();
  }
}
