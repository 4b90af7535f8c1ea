/**
 * Keeps the open readers supplied: one request at a time per leader, for those of its partitions that have room. Outages
 * are waited out here, with backoff, and said.
 *
 * Invariants: 1. only an open reader's partition is fetched, only from its own place; 2. what is buffered and asked for
 * together stays within maxBufferedBytes (compressed batches may unpack to more), however many readers do not read, and
 * a reader that does not read takes nothing from the others; 3. a reader's session rises before anything is delivered
 * that may come from another log or after a lost connection.
 */
import { Backoff } from '../processor/backoff.ts';
import { ConfigurationError, ContradictionError, OwnershipLostError, UnreachableError } from '../processor/errors.ts';
import type { Runtime } from '../processor/ports.ts';
import { CodecMissingError } from './codecs.ts';
import type { LogFn } from './connection-options.ts';
import { FETCH_ERROR, isUnknownTopic, messageOf, refusalOf, topicGone } from './errors.ts';
import type { FetchedPartition } from './fetch-response.ts';
import { BufferedReader, type Place } from './partition-reader.ts';
import { Patience } from './patience.ts';
import { type ReadBatches, readBatches } from './record-batches.ts';
import type { TopicConnection } from './topic-connection.ts';

export interface FetchLimits {
  readonly maxBufferedBytes: number;
  readonly maxBufferedBytesPerPartition: number;
  /** Of one answer of one partition; a single larger batch still comes whole. */
  readonly maxFetchBytesPerPartition: number;
  /** How long the broker holds a request that has nothing to answer. */
  readonly maxWaitMs: number;
  readonly unreachableAfterMs: number;
  readonly topicMissingAfterMs: number;
}

export interface FetcherOptions {
  readonly connection: TopicConnection;
  readonly runtime: Runtime;
  readonly limits: FetchLimits;
  readonly log: LogFn;
  onWaiting(what: string, waitedMs: number, error: unknown): void;
  onRecovered(what: string): void;
  onFatal(error: Error): void;
}

/** One open reader and what its last answers said of the log. */
interface Track {
  readonly reader: BufferedReader;
  socket: object | undefined;
  leaderEpoch: number;
  logStartOffset: number;
  endOffset: number;
  brokenInARow: number;
}

/** Partitions without a known leader wait under this number. */
const NO_LEADER = -1;
const MIN_SHARE_BYTES = 64 * 1024;
/** How long a request is held while a partition that is full waits for its turn. */
const SHORT_WAIT_MS = 20;
const MAX_BROKEN_IN_A_ROW = 5;
const BACKOFF_MIN_MS = 100;
const BACKOFF_MAX_MS = 5_000;

export class Fetcher {
  readonly #options: FetcherOptions;
  /** In the order of their turns: whoever got something goes last. */
  readonly #tracks = new Map<number, Track>();
  readonly #busyNodes = new Map<number, Promise<void>>();
  readonly #backoffs = new Map<number, Backoff>();
  readonly #stopped = new AbortController();
  readonly #patience: Patience;
  readonly #topicPatience: Patience;
  #session = 0;
  #isWaiting = false;

  constructor(options: FetcherOptions) {
    this.#options = options;
    this.#patience = new Patience(options.runtime, options.limits.unreachableAfterMs);
    this.#topicPatience = new Patience(options.runtime, options.limits.topicMissingAfterMs);
  }

  open(partition: number, fromOffset: number): BufferedReader {
    this.end(partition, `partition ${partition}: was opened again`);
    const reader: BufferedReader = new BufferedReader(partition, fromOffset, {
      wake: () => this.#pump(),
      closed: () => {
        if (this.#tracks.get(partition)?.reader === reader) this.#tracks.delete(partition);
      },
      nextSession: () => ++this.#session,
    });
    this.#tracks.set(partition, {
      reader,
      socket: undefined,
      leaderEpoch: -1,
      logStartOffset: 0,
      endOffset: 0,
      brokenInARow: 0,
    });
    // Not within the caller's own step: it may open several, and they share one request.
    queueMicrotask(() => this.#pump());
    return reader;
  }

  openPartitions(): number[] {
    return [...this.#tracks.keys()];
  }

  /** Bytes fetched and not read yet, all partitions together. */
  bufferedBytes(): number {
    let sum = 0;
    for (const { reader } of this.#tracks.values()) sum += reader.bufferedBytes;
    return sum;
  }

  /** Ends the partition's reader, if there is one; its reads reject with OwnershipLostError. */
  end(partition: number, why: string): void {
    this.#tracks.get(partition)?.reader.end(new OwnershipLostError(why));
  }

  raiseSessions(): void {
    for (const { reader } of this.#tracks.values()) reader.raiseSession();
  }

  /** Ends all readers; resolves when no request of ours is under way any more. */
  async stop(): Promise<void> {
    this.#stopped.abort(new OwnershipLostError('the log source was stopped'));
    for (const partition of this.openPartitions()) this.end(partition, 'the log source was stopped');
    await Promise.all(this.#busyNodes.values());
  }

  #pump(): void {
    if (this.#stopped.signal.aborted) return;
    const byNode = Map.groupBy(this.#tracks.values(), ({ reader }) => this.#leaderOf(reader.partition));
    for (const [node, tracks] of byNode) {
      if (this.#busyNodes.has(node)) continue;
      const share = this.#shareBytes();
      const ready = tracks.filter(({ reader }) => reader.isFetching && reader.bufferedBytes <= share / 2);
      if (ready.length === 0) continue;
      const turn = this.#turn(node, ready, tracks.length > ready.length).finally(() => {
        this.#busyNodes.delete(node);
        this.#pump();
      });
      this.#busyNodes.set(node, turn);
    }
  }

  #leaderOf(partition: number): number {
    return this.#options.connection.leaderOf(partition) ?? NO_LEADER;
  }

  #shareBytes(): number {
    const { maxBufferedBytes, maxBufferedBytesPerPartition } = this.#options.limits;
    const fair = Math.floor(maxBufferedBytes / Math.max(1, this.#tracks.size));
    return Math.max(MIN_SHARE_BYTES, Math.min(maxBufferedBytesPerPartition, fair));
  }

  /** One request and what comes of it, waiting after a failure included. Never rejects. */
  async #turn(node: number, tracks: readonly Track[], othersAreFull: boolean): Promise<void> {
    try {
      await this.#fetch(node, tracks, othersAreFull);
      this.#backoffs.get(node)?.reset();
      this.#patience.succeeded();
      this.#topicPatience.succeeded();
      if (this.#isWaiting) {
        this.#isWaiting = false;
        this.#options.onRecovered('fetch');
      }
    } catch (error) {
      if (this.#stopped.signal.aborted) return;
      for (const { reader } of tracks) reader.raiseSession();
      await this.#afterFailure(node, error).catch((failure: unknown) => {
        if (!this.#stopped.signal.aborted) this.#options.onFatal(failure as Error);
      });
    }
  }

  async #fetch(node: number, tracks: readonly Track[], othersAreFull: boolean): Promise<void> {
    const { connection, limits } = this.#options;
    if (node === NO_LEADER) throw new Error(`topic ${connection.topic}: a partition has no leader`);
    await connection.refreshIfOld();
    const share = this.#shareBytes();
    const asked = new Map<number, { readonly track: Track; readonly place: Place }>();
    const partitions = tracks.map((track) => {
      const { partition, place, bufferedBytes } = track.reader;
      asked.set(partition, { track, place });
      const maxBytes = Math.min(limits.maxFetchBytesPerPartition, share - bufferedBytes);
      return { partition, fetchOffset: String(place.offset), maxBytes };
    });
    const { partitions: answers, socket } = await connection.fetch(node, partitions, {
      maxWaitMs: othersAreFull ? SHORT_WAIT_MS : limits.maxWaitMs,
      maxBytes: partitions.reduce((sum, { maxBytes }) => sum + maxBytes, 0),
    });
    let failure: Error | undefined;
    for (const answer of answers) {
      const question = asked.get(answer.partition);
      if (question === undefined) continue;
      if (question.track.socket !== undefined && question.track.socket !== socket) question.track.reader.raiseSession();
      question.track.socket = socket;
      failure = (await this.#take(question.track, question.place, answer)) ?? failure;
    }
    if (failure !== undefined) throw failure;
  }

  /** What one partition answered. Returns what must be waited out; throws what concerns all. */
  async #take(track: Track, place: Place, answer: FetchedPartition): Promise<Error | undefined> {
    const { connection } = this.#options;
    const where = `topic ${connection.topic}, partition ${answer.partition}`;
    switch (answer.errorCode) {
      case FETCH_ERROR.none:
        return this.#accept(track, place, answer, where);
      case FETCH_ERROR.offsetOutOfRange: {
        const ask = async (at: 'start' | 'end') =>
          (await connection.offsets({ partitions: [answer.partition], at })).get(answer.partition) ?? 0;
        const [start, end] = [await ask('start'), await ask('end')];
        this.#options.log('warn', 'kafka.offset_out_of_range', {
          partition: answer.partition,
          offset: place.offset,
          start,
          end,
        });
        track.reader.resetTo(place, start, end);
        return undefined;
      }
      case FETCH_ERROR.unknownTopicOrPartition:
        return Object.assign(new Error(`${where}: unknown to its leader`), { type: 'UNKNOWN_TOPIC_OR_PARTITION' });
      case FETCH_ERROR.topicAuthorizationFailed:
        throw new ConfigurationError([`${where}: reading it is not allowed: give this user Read on the topic`]);
      default:
        track.reader.raiseSession();
        return new Error(`${where}: the broker answered error code ${answer.errorCode}`);
    }
  }

  #accept(track: Track, place: Place, answer: FetchedPartition, where: string): Error | undefined {
    const read = readBatches(answer.records, place.offset, answer.aborted);
    if (this.#looksLikeAnotherLog(track, answer, read.leaderEpoch)) track.reader.raiseSession();
    track.reader.deliver(place, {
      askedFrom: place.offset,
      completeTo: read.completeTo,
      records: read.records,
      byteLength: read.byteLength,
      endOffset: answer.lastStableOffset,
    });
    if (read.completeTo > place.offset) {
      track.brokenInARow = 0;
      this.#goLast(track);
      return undefined;
    }
    return this.#unreadable(track, place, read, where);
  }

  /** Nothing was read: is it for lack of records, or because they cannot be read? */
  #unreadable(track: Track, place: Place, { stoppedBy }: ReadBatches, where: string): Error | undefined {
    if (stoppedBy === undefined) return undefined;
    if (stoppedBy instanceof CodecMissingError) {
      track.reader.fail(
        place,
        new ContradictionError(
          'codec_missing',
          `${where}: the records from offset ${place.offset} on are compressed with ${stoppedBy.codec}, which is not built in ` +
            '(gzip and zstd are). Let producers use compression.type zstd, gzip or none; what is in the topic already can be ' +
            'given up with provenonce skip, or copied into another topic.',
        ),
      );
      return undefined;
    }
    track.reader.raiseSession();
    track.brokenInARow += 1;
    if (track.brokenInARow < MAX_BROKEN_IN_A_ROW) return stoppedBy;
    track.reader.fail(
      place,
      new ContradictionError(
        'log_changed',
        `${where}: the records from offset ${place.offset} on cannot be decoded, ${track.brokenInARow} times in a row: ` +
          `${messageOf(stoppedBy)}. The log is damaged there; see the runbook, log_changed.`,
      ),
    );
    return undefined;
  }

  #looksLikeAnotherLog(track: Track, answer: FetchedPartition, leaderEpoch: number): boolean {
    const epochChanged = leaderEpoch !== -1 && track.leaderEpoch !== -1 && leaderEpoch < track.leaderEpoch;
    const shrank = answer.logStartOffset < track.logStartOffset || answer.lastStableOffset < track.endOffset;
    track.logStartOffset = answer.logStartOffset;
    track.endOffset = answer.lastStableOffset;
    if (leaderEpoch !== -1) track.leaderEpoch = leaderEpoch;
    return epochChanged || shrank;
  }

  #goLast(track: Track): void {
    const { partition } = track.reader;
    if (this.#tracks.get(partition) !== track) return;
    this.#tracks.delete(partition);
    this.#tracks.set(partition, track);
  }

  /** Says it, waits, and finds the leaders again. Throws what ends the source. */
  async #afterFailure(node: number, error: unknown): Promise<void> {
    const { connection, runtime, limits, onWaiting } = this.#options;
    const refusal = error instanceof ConfigurationError ? error : refusalOf(error, `topic ${connection.topic}`);
    if (refusal !== undefined) throw refusal;
    const { waitedMs, isOver } = this.#patience.failed();
    if (isOver) {
      throw new UnreachableError(
        `Kafka: topic ${connection.topic} could not be read for ${Math.round(waitedMs / 1000)} s: ${messageOf(error)}`,
        { cause: error },
      );
    }
    this.#isWaiting = true;
    onWaiting('fetch', waitedMs, error);
    const backoff = this.#backoffs.get(node) ?? new Backoff(runtime, BACKOFF_MIN_MS, BACKOFF_MAX_MS);
    this.#backoffs.set(node, backoff);
    await runtime.sleep(backoff.nextMs(), this.#stopped.signal);
    if ((error as Error).name === 'KafkaJSRequestTimeoutError') connection.renew();
    try {
      await connection.refresh();
    } catch (failure) {
      this.#options.log('debug', 'kafka.metadata_failed', { error: messageOf(failure) });
      if (!(failure instanceof ConfigurationError) && !isUnknownTopic(failure)) return;
      if (this.#topicPatience.failed().isOver) throw topicGone(connection.topic, limits.topicMissingAfterMs);
    }
  }
}
