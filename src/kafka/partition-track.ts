/**
 * One open reader and what the answers to it say of its log: hands on what was read, and tells a lost connection, another
 * log and unreadable records from a mere lack of news.
 */
import { ConfigurationError, ContradictionError } from '../processor/errors.ts';
import { CodecMissingError } from './codecs.ts';
import { FETCH_ERROR, messageOf } from './errors.ts';
import type { FetchedPartition } from './fetch-response.ts';
import type { BufferedReader, Place } from './partition-reader.ts';
import { type BrokenBatchError, readBatches } from './record-batches.ts';

/** What an answer came to. `failure` is to be waited out before the next request. */
export type Outcome =
  | { readonly kind: 'progress' | 'nothing' | 'out_of_range' }
  | { readonly kind: 'failed'; readonly failure: Error };

const MAX_BROKEN_IN_A_ROW = 5;
const NOTHING: Outcome = { kind: 'nothing' };

export class PartitionTrack {
  readonly reader: BufferedReader;
  readonly #where: string;
  #socket: object | undefined;
  #leaderEpoch = -1;
  #logStartOffset = 0;
  #endOffset = 0;
  #brokenInARow = 0;

  constructor(reader: BufferedReader, topic: string) {
    this.reader = reader;
    this.#where = `topic ${topic}, partition ${reader.partition}`;
  }

  /**
   * Takes the answer to a question from `place`, which came over `socket`; `done` is called when its bytes are not looked at any
   * more, or never. Throws ConfigurationError where reading is not allowed.
   */
  take(place: Place, answer: FetchedPartition, socket: object, done: () => void): Outcome {
    if (this.#socket !== undefined && this.#socket !== socket) this.reader.raiseSession();
    this.#socket = socket;
    switch (answer.errorCode) {
      case FETCH_ERROR.none:
        return this.#accept(place, answer, done);
      case FETCH_ERROR.offsetOutOfRange:
        return { kind: 'out_of_range' };
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

  #accept(place: Place, answer: FetchedPartition, done: () => void): Outcome {
    const read = readBatches(answer.records, place.offset, answer.aborted);
    if (this.#looksLikeAnotherLog(answer, read.leaderEpoch)) this.reader.raiseSession();
    this.reader.deliver(place, {
      askedFrom: place.offset,
      completeTo: read.completeTo,
      records: read.records,
      byteLength: read.byteLength,
      endOffset: answer.lastStableOffset,
      done: read.records.length === 0 ? undefined : done,
    });
    if (read.records.length === 0) done();
    if (read.completeTo === place.offset && read.stoppedBy !== undefined)
      return this.#unreadable(place, read.stoppedBy);
    this.#brokenInARow = 0;
    return read.completeTo > place.offset ? { kind: 'progress' } : NOTHING;
  }

  #unreadable(place: Place, stoppedBy: CodecMissingError | BrokenBatchError): Outcome {
    if (stoppedBy instanceof CodecMissingError) {
      this.reader.fail(
        place,
        new ContradictionError(
          'codec_missing',
          `${this.#where}: the records from offset ${place.offset} on are compressed with ${stoppedBy.codec}, which is not ` +
            'built in (gzip and zstd are). Let producers use compression.type zstd, gzip or none; what is in the topic ' +
            'already must be copied into another one. See the runbook, codec_missing.',
        ),
      );
      return NOTHING;
    }
    this.reader.raiseSession();
    this.#brokenInARow += 1;
    if (this.#brokenInARow < MAX_BROKEN_IN_A_ROW) return { kind: 'failed', failure: stoppedBy };
    this.reader.fail(
      place,
      new ContradictionError(
        'log_changed',
        `${this.#where}: the records from offset ${place.offset} on cannot be decoded, ${this.#brokenInARow} times in a ` +
          `row: ${messageOf(stoppedBy)}. The log is damaged there; see the runbook, log_changed.`,
      ),
    );
    return NOTHING;
  }

  /** A log never gets shorter and its leader's epoch never falls, unless it was cut or made anew. */
  #looksLikeAnotherLog(answer: FetchedPartition, leaderEpoch: number): boolean {
    const isOlder = leaderEpoch !== -1 && leaderEpoch < this.#leaderEpoch;
    const isShorter = answer.logStartOffset < this.#logStartOffset || answer.lastStableOffset < this.#endOffset;
    this.#logStartOffset = answer.logStartOffset;
    this.#endOffset = answer.lastStableOffset;
    if (leaderEpoch !== -1) this.#leaderEpoch = leaderEpoch;
    return isOlder || isShorter;
  }
}
