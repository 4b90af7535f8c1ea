/**
 * Reads one partition without a gap: it yields the log, record after record, or throws a named error.
 *
 * Invariants: 1. a record is yielded only at or past the expected offset, in order; 2. the expected offset moves across
 * offsets without records only where an answer covers them and the log's start, read afterwards, is not past it;
 * 3. after anything that may have put the client elsewhere (a new session, delivery below the expected offset), nothing
 * is yielded before the last folded record has been seen again, unchanged, unless it is no longer retained.
 */

import { ContradictionError } from '../../base/errors.ts';
import type { Lease } from '../../base/memory/lease.ts';
import type { Runtime } from '../../base/runtime.ts';
import { skipCommand } from '../../base/text/skip-command.ts';
import { recordFingerprint } from '../../payments/event/hash.ts';
import type { LogRecord } from '../../payments/types.ts';
import type { Observer } from '../events.ts';
import { rangesToGiveUp } from '../given-up-ranges.ts';
import type { FetchAnswer, LogBounds, PartitionReader, SkippedRange } from '../ports.ts';

export interface CursorOptions {
  readonly partition: number;
  readonly reader: PartitionReader;
  readonly runtime: Runtime;
  readonly observer: Observer;
  readonly bounds: () => Promise<LogBounds>;
  readonly expectedOffset: number;
  /** F: rows of records below it are in the tables, so a log that ends before it is not what it was. */
  readonly writtenTo: number;
  /** `<offset>:<hash>` of the last record folded below a checkpoint, which must still be the same. */
  readonly fingerprint: string | null;
  readonly skipped: readonly SkippedRange[];
  readonly logEndPatienceMs: number;
  /** Called with the last folded record each time that it was seen again, unchanged; nothing is yielded before it resolves. */
  readonly seenAgain?: ((record: LogRecord) => Promise<void>) | undefined;
}

export interface CursorAnswer {
  readonly records: readonly LogRecord[];
  /** Everything below is yielded, covered by markers, or skipped on purpose. */
  readonly nextOffset: number;
  readonly byteLength: number;
  readonly endOffset: number;
  /** As FetchAnswer.lease; the cursor itself keeps nothing of the records after release(). */
  readonly lease?: Lease | undefined;
}

/** The best offset for a reader to begin at: the record that is compared before any other is yielded. */
export function firstOffsetToRead(fingerprint: string | null, expectedOffset: number): number {
  return fingerprint === null ? expectedOffset : Math.min(offsetOf(fingerprint), expectedOffset);
}

export class LogCursor {
  readonly #options: CursorOptions;
  #expected: number;
  /** The last record folded, or its fingerprint from the checkpoint. */
  #last: LogRecord | string | null;
  #session: number | undefined;
  #verifying = false;
  #verified = false;
  #signal: AbortSignal | undefined;
  /** The expected offset lies behind a range given up, and nothing yielded so far says so. */
  #steppedOver = false;
  /** The end of an answer that was cut at a limit. */
  #rest: CursorAnswer | undefined;

  constructor(options: CursorOptions) {
    this.#options = options;
    this.#expected = options.expectedOffset;
    this.#last = options.fingerprint;
  }

  /** The offset of the next record that will be yielded, or the one after a marker. */
  get expectedOffset(): number {
    return this.#rest?.records[0]?.offset ?? this.#expected;
  }

  /** The fingerprint of the last record below the expected offset that was yielded or is known from the checkpoint. */
  fingerprint(): string | null {
    return this.#last === null || typeof this.#last === 'string' ? this.#last : recordFingerprint(this.#last);
  }

  /** Drops the records yielded last. Only the fingerprint of the last one is kept. */
  release(): void {
    this.#last = this.fingerprint();
  }

  /** Continues at another offset. `fingerprint`: of the record below it that must be seen again first. */
  restartAt(offset: number, fingerprint: string | null): void {
    this.#rest = undefined;
    this.#expected = offset;
    this.#last = fingerprint;
    this.#session = undefined;
    this.#verifying = false;
    this.#steppedOver = false;
    this.#options.reader.seek(offset);
  }

  /** The next records below `limit`. The rest of the answer is kept for the next call. */
  async next(signal: AbortSignal, limit = Number.POSITIVE_INFINITY): Promise<CursorAnswer> {
    this.#signal = signal;
    const rest = this.#rest;
    this.#rest = undefined;
    return this.#cut(rest ?? (await this.#read(signal)), limit);
  }

  #cut(answer: CursorAnswer, limit: number): CursorAnswer {
    if (answer.nextOffset <= limit) {
      this.#last = answer.records.at(-1) ?? this.#last;
      return answer;
    }
    const split = answer.records.findIndex((record) => record.offset >= limit);
    const within = split === -1 ? answer.records : answer.records.slice(0, split);
    const beyond = split === -1 ? [] : answer.records.slice(split);
    // Both parts share their memory, so no lease is passed on: the garbage collector frees it.
    this.#rest = { ...answer, records: beyond, byteLength: 0, lease: undefined };
    this.#last = within.at(-1) ?? this.#last;
    return { ...answer, records: within, nextOffset: limit, lease: undefined };
  }

  async #read(signal: AbortSignal): Promise<CursorAnswer> {
    for (;;) {
      this.#stepOverSkipped();
      const answer = await this.#options.reader.read(signal).catch((error: unknown) => {
        throw this.#isNeededToVerify(error) ? this.#cannotVerify(error) : error;
      });
      signal.throwIfAborted();
      const connected = await this.#connect(answer);
      if (connected !== undefined) return connected;
    }
  }

  /** The part of an answer that follows on what was yielded; undefined when it does not connect (yet). */
  async #connect(answer: FetchAnswer): Promise<CursorAnswer | undefined> {
    if (answer.session !== this.#session) {
      const why = this.#session === undefined ? 'start' : 'the client lost its place';
      this.#session = answer.session;
      if (await this.#startVerifying(why, answer)) return undefined;
    }
    if (this.#verifying) {
      const seen = this.#verify(answer);
      if (seen === undefined) return undefined;
      const { seenAgain } = this.#options;
      if (seenAgain !== undefined) await seenAgain(seen);
      if (answer.completeTo < this.#expected) {
        // The offsets in between were given up or hold markers. They may be many, or unreadable, so they are not read.
        this.#options.reader.seek(this.#expected);
        return undefined;
      }
    } else if (answer.askedFrom < this.#expected && this.#verified) {
      // Our own seeks leave nothing buffered, so the client moved by itself.
      const first = answer.records[0];
      if (
        first !== undefined &&
        first.offset < this.#expected &&
        (await this.#startVerifying('delivery below our place'))
      ) {
        return undefined;
      }
    }
    if (answer.askedFrom > this.#expected) {
      await this.#checkPlace();
      this.#options.observer.emit({
        type: 'log.out_of_place',
        partition: this.#options.partition,
        expectedOffset: this.#expected,
        askedFrom: answer.askedFrom,
      });
      this.#options.reader.seek(this.#expected);
      return undefined;
    }
    if (answer.completeTo <= this.#expected) {
      await this.#checkEnd(answer);
      return this.#steppedOver ? this.#endOfStep(answer) : undefined;
    }
    return this.#advance(answer);
  }

  async #advance(answer: FetchAnswer): Promise<CursorAnswer> {
    const expected = this.#expected;
    const first = answer.records.findIndex((record) => record.offset >= expected);
    let records = first === -1 ? [] : first === 0 ? answer.records : answer.records.slice(first);
    const span = answer.completeTo - expected;
    if (records.length < span) {
      // Offsets without records: markers, if the log still reaches back to them.
      const { startOffset } = await this.#options.bounds();
      if (startOffset > expected) throw this.#retentionGap(startOffset);
    }
    if (this.#options.skipped.length > 0) records = records.filter((record) => !this.#isSkipped(record.offset));
    this.#expected = answer.completeTo;
    this.#steppedOver = false;
    const { completeTo, byteLength, endOffset, lease } = answer;
    return { records, nextOffset: completeTo, byteLength, endOffset, lease };
  }

  /** True if the reader was sent back to the last folded record. False: nothing to check, or `answer` may hold it. */
  async #startVerifying(why: string, answer?: FetchAnswer): Promise<boolean> {
    const offset = this.#lastOffset();
    const { startOffset } = await this.#checkPlace();
    this.#verifying = false;
    if (offset === undefined || offset >= this.#expected) {
      this.#verified = true;
      return false;
    }
    if (startOffset > offset) {
      this.#verified = true;
      return false;
    }
    this.#options.observer.emit({ type: 'log.recheck', partition: this.#options.partition, offset, why });
    this.#verifying = true;
    if (answer !== undefined && answer.askedFrom <= offset) return false;
    this.#options.reader.seek(offset);
    return true;
  }

  /** The last folded record, once it was seen unchanged. */
  #verify(answer: FetchAnswer): LogRecord | undefined {
    const offset = this.#lastOffset();
    if (offset === undefined || answer.askedFrom > offset) {
      this.#options.reader.seek(offset ?? this.#expected);
      return undefined;
    }
    if (answer.completeTo <= offset) return undefined;
    const seen = answer.records.find((record) => record.offset === offset);
    const found = seen === undefined ? 'no record' : recordFingerprint(seen);
    if (seen === undefined || found !== this.fingerprint()) {
      throw new ContradictionError(
        'log_changed',
        `partition ${this.#options.partition}: the record at offset ${offset} was folded as ${this.fingerprint()} and is now ${found}: ` +
          'the topic was recreated or truncated. Nothing was written past it. See the runbook, log_changed.',
      );
    }
    this.#verifying = false;
    this.#verified = true;
    return seen;
  }

  #isNeededToVerify(error: unknown): error is ContradictionError {
    return this.#verifying && error instanceof ContradictionError && error.leavesWhatWasFolded;
  }

  /** The unreadable record is below our place, so it was folded already: `skip` does not help. */
  #cannotVerify({ code, cause }: ContradictionError): ContradictionError {
    const why = cause instanceof Error ? `: ${cause.message}` : '';
    return new ContradictionError(
      code,
      `partition ${this.#options.partition}: the record at offset ${this.#lastOffset()}, the last one that was folded, cannot be ` +
        `read again (${code}${why}). It only shows that the log is still the same one: everything below offset ${this.#expected} is ` +
        'judged. Restore the partition from a replica and start the processor again; if no replica has the record, delete the ' +
        `records below offset ${this.#expected} at the broker with kafka-delete-records.sh. See the runbook, ${code}.`,
      { cause },
    );
  }

  #lastOffset(): number | undefined {
    if (this.#last === null) return undefined;
    if (typeof this.#last !== 'string') return this.#last.offset;
    return offsetOf(this.#last);
  }

  /** Throws unless the log holds the expected offset, and all that has rows. */
  async #checkPlace(): Promise<LogBounds> {
    const { runtime, bounds, logEndPatienceMs, writtenTo } = this.#options;
    const reached = Math.max(this.#expected, writtenTo);
    // The log may seem to end before our place while a broker is still starting.
    for (let waitedMs = 0; ; waitedMs += 500) {
      const found = await bounds();
      const { startOffset, endOffset } = found;
      if (startOffset > this.#expected) throw this.#retentionGap(startOffset);
      if (endOffset >= reached) return found;
      if (waitedMs >= logEndPatienceMs) {
        throw new ContradictionError(
          'log_truncated',
          `partition ${this.#options.partition}: folded up to offset ${reached}, but the log ends at ${endOffset}: ` +
            'the topic was truncated or recreated. Nothing was written past it. See the runbook, log_truncated.',
        );
      }
      await runtime.sleep(500, this.#signal);
    }
  }

  /** An empty answer may mean that the log was truncated. */
  async #checkEnd(answer: FetchAnswer): Promise<void> {
    if (answer.endOffset < this.#expected) await this.#checkPlace();
  }

  #retentionGap(startOffset: number): ContradictionError {
    const { partition, expectedOffset: checkpointOffset, writtenTo, skipped } = this.#options;
    const missing = { partition, expectedOffset: this.#expected, startOffset, checkpointOffset, writtenTo, skipped };
    const commands = rangesToGiveUp(missing).map((range) => skipCommand(range));
    return new ContradictionError(
      'retention_gap',
      `partition ${partition}: offsets ${this.#expected} to ${startOffset - 1} were deleted before they were folded ` +
        `(the log starts at ${startOffset}). Nothing was written past them. If no copy of the topic has them, give them up: ` +
        `${commands.join('; ')}. See the runbook, retention_gap.`,
    );
  }

  #isSkipped(offset: number): boolean {
    return this.#options.skipped.some((range) => offset >= range.from && offset < range.to);
  }

  #stepOverSkipped(): void {
    const range = this.#options.skipped.find((r) => this.#expected >= r.from && this.#expected < r.to);
    if (range === undefined) return;
    this.#expected = range.to;
    this.#steppedOver = true;
    this.#options.reader.seek(range.to);
  }

  /** The skipped range is at the log's end: yields no record, but the position after the range. */
  #endOfStep(answer: FetchAnswer): CursorAnswer {
    this.#steppedOver = false;
    return { records: [], nextOffset: this.#expected, byteLength: 0, endOffset: answer.endOffset };
  }
}

function offsetOf(fingerprint: string): number {
  return Number(fingerprint.slice(0, fingerprint.indexOf(':')));
}
