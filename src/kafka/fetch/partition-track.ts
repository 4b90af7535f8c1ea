/**
 * One open reader and the evidence about its log in the answers. It hands on records chunk by chunk, and distinguishes
 * a lost connection, another log and unreadable records from a lack of new records.
 *
 * Invariants: 1. at most one unfinished answer is held; 2. failed readings of a place are counted by offset, and the
 * count is cleared only when reading got past it: a cursor that goes back to an earlier record does not restart the
 * count.
 */

import { ConfigurationError } from '../../base/errors.ts';
import type { Lease } from '../../base/memory/lease.ts';
import { FETCH_ERROR } from '../client/errors.ts';
import { BrokenBatchError } from './batch-scan.ts';
import { CodecMissingError } from './codecs.ts';
import type { FetchedPartition } from './fetch-response.ts';
import type { BufferedReader, Place } from './partition-reader.ts';
import { type AnswerLimits, AnswerReader, type ReadChunk } from './record-batches.ts';
import { codecMissing, damaged } from './unreadable.ts';

/** The result of an answer. `failure`: wait before the next request; `damaged`: use another connection. */
export type Outcome =
  | { readonly kind: 'progress' | 'nothing' | 'out_of_range' }
  | { readonly kind: 'failed'; readonly failure: Error }
  | { readonly kind: 'damaged'; readonly offset: number; readonly failure: Error };

/** The second reading uses a new connection, which distinguishes damage in transit from damage on the disk. */
const MOST_READINGS = 2;
const NOTHING: Outcome = { kind: 'nothing' };

/** An unfinished answer. */
interface Pending {
  readonly reading: AnswerReader;
  /** Where the rest of it continues; stale if the reader was sent elsewhere. */
  readonly place: Place;
  readonly byteLength: number;
  readonly endOffset: number;
}

export class PartitionTrack {
  readonly reader: BufferedReader;
  readonly #topic: string;
  readonly #where: string;
  #socket: object | undefined;
  #leaderEpoch = -1;
  #logStartOffset = 0;
  #endOffset = 0;
  #unreadable: { readonly offset: number; readonly times: number } | undefined;
  #pending: Pending | undefined;

  constructor(reader: BufferedReader, topic: string) {
    this.reader = reader;
    this.#topic = topic;
    this.#where = `topic ${topic}, partition ${reader.partition}`;
  }

  /** Of an unfinished answer; 0 if there is none. */
  get pendingBytes(): number {
    return this.#pending?.byteLength ?? 0;
  }

  /** Whether the rest of an answer must be read before anything is fetched. */
  get isPending(): boolean {
    return this.#pending !== undefined;
  }

  /** The rest of an answer is useless once the reader was sent elsewhere, or has ended. */
  dropIfStale(): void {
    const pending = this.#pending;
    if (pending !== undefined && !this.#isCurrent(pending.place)) this.drop();
  }

  drop(): void {
    this.#pending?.reading.close();
    this.#pending = undefined;
  }

  /**
   * Processes the answer to a request from `place`, which came over `socket`. Releases `lease` when its bytes are no longer
   * needed, or never. Throws ConfigurationError if reading is not allowed.
   */
  take(place: Place, answer: FetchedPartition, socket: object, limits: AnswerLimits, lease: Lease): Outcome {
    if (this.#socket !== undefined && this.#socket !== socket) this.reader.raiseSession();
    this.#socket = socket;
    switch (answer.errorCode) {
      case FETCH_ERROR.none:
        return this.#accept(place, answer, limits, lease);
      case FETCH_ERROR.offsetOutOfRange:
        return { kind: 'out_of_range' };
      case FETCH_ERROR.corruptMessage:
        return this.#cannotRead(place, new BrokenBatchError('the broker itself finds it damaged (CORRUPT_MESSAGE)'));
      case FETCH_ERROR.topicAuthorizationFailed:
        throw new ConfigurationError([`${this.#where}: reading it is not allowed: give this user Read on the topic`]);
      case FETCH_ERROR.unknownTopicOrPartition:
        this.reader.raiseSession();
        return {
          kind: 'failed',
          failure: Object.assign(new Error(`${this.#where}: unknown to its leader`), {
            type: 'UNKNOWN_TOPIC_OR_PARTITION',
          }),
        };
      default:
        this.reader.raiseSession();
        return {
          kind: 'failed',
          failure: new Error(`${this.#where}: the broker answered error code ${answer.errorCode}`),
        };
    }
  }

  /** Reads the next chunk of an unfinished answer. */
  async readOn(limits: AnswerLimits): Promise<Outcome> {
    const pending = this.#pending;
    if (pending === undefined) return NOTHING;
    let chunk: ReadChunk;
    try {
      chunk = await pending.reading.read(limits);
    } catch (error) {
      if (this.#pending !== pending) return NOTHING; // closed meanwhile
      throw error;
    }
    if (this.#pending !== pending) return NOTHING;
    this.#pending = undefined;
    return this.#handOn(pending, chunk);
  }

  #accept(place: Place, answer: FetchedPartition, limits: AnswerLimits, lease: Lease): Outcome {
    const reading = new AnswerReader(answer.records, place.offset, answer.aborted);
    if (this.#looksLikeAnotherLog(answer, reading.leaderEpoch)) this.reader.raiseSession();
    const pending = { reading, place, byteLength: answer.records.length, endOffset: answer.lastStableOffset };
    const chunk = reading.readNow(limits);
    if (chunk === undefined) {
      if (this.#isCurrent(place)) this.#pending = pending;
      return NOTHING;
    }
    return this.#handOn(pending, chunk, lease);
  }

  /** `lease` for a chunk that is the whole answer. */
  #handOn(pending: Pending, chunk: ReadChunk, lease?: Lease): Outcome {
    const { reading, place, endOffset } = pending;
    if (!this.#isCurrent(place)) {
      reading.close();
      return NOTHING;
    }
    const { records, completeTo, byteLength, stoppedBy } = chunk;
    const isWhole = lease !== undefined && chunk.isLast;
    this.reader.deliver(place, {
      askedFrom: place.offset,
      completeTo,
      records,
      byteLength,
      endOffset,
      lease: isWhole && records.length > 0 ? lease : undefined,
    });
    if (isWhole && records.length === 0) lease.release();
    if (!chunk.isLast) this.#pending = { ...pending, place: this.reader.place };
    if (completeTo === place.offset) {
      return stoppedBy === undefined ? NOTHING : this.#cannotRead(place, stoppedBy, chunk.stoppedBatchEnd);
    }
    if (this.#unreadable !== undefined && completeTo > this.#unreadable.offset) this.#unreadable = undefined;
    return { kind: 'progress' };
  }

  #isCurrent(place: Place): boolean {
    return this.reader.isFetching && this.reader.place === place;
  }

  #cannotRead(place: Place, why: CodecMissingError | BrokenBatchError, batchEnd?: number): Outcome {
    const { offset } = place;
    const found = { topic: this.#topic, partition: this.reader.partition, offset, batchEnd };
    if (why instanceof CodecMissingError) {
      this.reader.fail(place, codecMissing(found, why.codec));
      return NOTHING;
    }
    const times = this.#unreadable?.offset === offset ? this.#unreadable.times + 1 : 1;
    this.#unreadable = { offset, times };
    if (times >= MOST_READINGS) {
      this.reader.fail(place, damaged(found, why));
      return NOTHING;
    }
    this.reader.raiseSession();
    return { kind: 'damaged', offset, failure: why };
  }

  /** A log never gets shorter and its leader's epoch never falls, unless it was truncated or recreated. */
  #looksLikeAnotherLog(answer: FetchedPartition, leaderEpoch: number): boolean {
    const isOlder = leaderEpoch !== -1 && leaderEpoch < this.#leaderEpoch;
    const isShorter = answer.logStartOffset < this.#logStartOffset || answer.lastStableOffset < this.#endOffset;
    this.#logStartOffset = answer.logStartOffset;
    this.#endOffset = answer.lastStableOffset;
    if (leaderEpoch !== -1) this.#leaderEpoch = leaderEpoch;
    return isOlder || isShorter;
  }
}
