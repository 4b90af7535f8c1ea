/**
 * The buffer of one partition: what was fetched and not read yet, and the next offset to fetch. The fetcher puts
 * answers in, the processor takes them out.
 *
 * Invariants: 1. answers leave in the order of their offsets, each requested from where the one before was complete,
 * unless `session` rose in between; 2. the answer to a request from before a seek never arrives after it (`place`
 * identifies the request);
 * 3. buffered bytes never exceed the partition's share by more than one fetch.
 */
import { BugError, OwnershipLostError } from '../../base/errors.ts';
import type { FetchAnswer, PartitionReader } from '../../processor/ports.ts';

/** The start of a fetch; answers for another place are stale. */
export interface Place {
  readonly offset: number;
}

export interface ReaderCallbacks {
  /** There is room again, or another offset to fetch from. */
  wake(): void;
  closed(): void;
  /** A session number higher than any before. */
  nextSession(): number;
}

export class BufferedReader implements PartitionReader {
  readonly partition: number;
  readonly #callbacks: ReaderCallbacks;
  #queue: FetchAnswer[] = [];
  #bufferedBytes = 0;
  #place: Place;
  #session: number;
  #ended: Error | undefined;
  #isClosed = false;
  #waiting: { resolve: (answer: FetchAnswer) => void; reject: (error: unknown) => void } | undefined;
  /**
   * An answer without progress is delivered only if it differs from this one; undefined: deliver the first in any case.
   */
  #told: { readonly session: number; readonly endOffset: number } | undefined;

  constructor(partition: number, fromOffset: number, callbacks: ReaderCallbacks) {
    this.partition = partition;
    this.#place = { offset: fromOffset };
    this.#session = callbacks.nextSession();
    this.#callbacks = callbacks;
  }

  // -- for the processor

  read(signal: AbortSignal): Promise<FetchAnswer> {
    if (this.#waiting !== undefined) throw new BugError(`partition ${this.partition}: two reads at once`);
    if (signal.aborted) return Promise.reject(signal.reason);
    const answer = this.#queue.shift();
    if (answer !== undefined) {
      this.#bufferedBytes -= answer.byteLength;
      this.#callbacks.wake();
      return Promise.resolve(answer);
    }
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      const abort = () => {
        this.#waiting = undefined;
        reject(signal.reason);
      };
      const settle = <T>(how: (value: T) => void) => {
        return (value: T) => {
          this.#waiting = undefined;
          signal.removeEventListener('abort', abort);
          how(value);
        };
      };
      signal.addEventListener('abort', abort, { once: true });
      this.#waiting = { resolve: settle(resolve), reject: settle(reject) };
    });
  }

  seek(offset: number): void {
    if (this.#isClosed) return;
    this.#drop();
    this.#place = { offset };
    this.#ended = undefined;
    this.#told = undefined;
    this.#callbacks.wake();
  }

  close(): void {
    this.end(new OwnershipLostError(`partition ${this.partition}: its reader was closed`));
  }

  // -- for the fetcher

  get place(): Place {
    return this.#place;
  }

  get bufferedBytes(): number {
    return this.#bufferedBytes;
  }

  /** False once it was closed or has failed: nothing more is fetched for it. */
  get isFetching(): boolean {
    return this.#ended === undefined;
  }

  /** The client may have lost its place: data fetched from now on carries the new session. */
  raiseSession(): void {
    this.#session = this.#callbacks.nextSession();
  }

  /** Delivers what was fetched for `place` and moves on; ignored if the reader was sent elsewhere meanwhile. */
  deliver(place: Place, answer: Omit<FetchAnswer, 'session'>): void {
    if (place !== this.#place || this.#ended !== undefined) return;
    const told = this.#told;
    const isNews =
      answer.completeTo > answer.askedFrom ||
      told === undefined ||
      told.session !== this.#session ||
      told.endOffset !== answer.endOffset;
    if (answer.completeTo > answer.askedFrom) this.#place = { offset: answer.completeTo };
    if (!isNews) return;
    this.#told = { session: this.#session, endOffset: answer.endOffset };
    this.#push({ ...answer, session: this.#session });
  }

  /** The requested offset is not in the log: delivers an empty answer from where reading continues, the log's start. */
  resetTo(place: Place, startOffset: number, endOffset: number): void {
    if (place !== this.#place || this.#ended !== undefined) return;
    this.raiseSession();
    this.#told = undefined;
    this.#place = { offset: startOffset };
    this.deliver(this.#place, {
      askedFrom: startOffset,
      completeTo: startOffset,
      records: [],
      byteLength: 0,
      endOffset,
    });
  }

  /** Buffered data can still be read; then reads reject with the error. A seek starts over, except after close. */
  fail(place: Place, error: Error): void {
    if (place !== this.#place || this.#ended !== undefined) return;
    this.#ended = error;
    if (this.#queue.length === 0) this.#waiting?.reject(error);
  }

  /** Final: reads reject with the error at once. */
  end(error: Error): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#ended = error;
    this.#drop();
    this.#waiting?.reject(error);
    this.#callbacks.closed();
  }

  #push(answer: FetchAnswer): void {
    if (this.#waiting !== undefined) {
      this.#waiting.resolve(answer);
      return;
    }
    this.#queue.push(answer);
    this.#bufferedBytes += answer.byteLength;
  }

  #drop(): void {
    this.#queue = [];
    this.#bufferedBytes = 0;
  }
}
