/**
 * Keeps the open readers supplied: one request at a time per leader, for those of its partitions that have room. It
 * waits out outages, with backoff, and logs the wait.
 *
 * Invariants: 1. only an open reader's partition is fetched, only from its own place; 2. buffered and requested bytes
 * together stay within maxBufferedBytes, measured unpacked, except for one batch of each partition (maxAtOnceBytes),
 * for any number of readers that do not read; such a reader takes nothing from the others; 3. a reader's session rises
 * before anything is delivered that may come from another log or after a lost connection.
 */

import { Backoff } from '../../base/backoff.ts';
import { ConfigurationError, OwnershipLostError, UnreachableError } from '../../base/errors.ts';
import type { Lease } from '../../base/memory/lease.ts';
import type { Runtime } from '../../base/runtime.ts';
import { spanText } from '../../base/span-text.ts';
import { Patience, type Wait } from '../client/away-limit.ts';
import type { LogFn } from '../client/connection-options.ts';
import { isUnknownTopic, messageOf, refusalOf, topicGone } from '../client/errors.ts';
import { messageMemory } from '../client/message-socket.ts';
import type { TopicConnection } from '../client/topic-connection.ts';
import { BrokenAnswerError, type FetchedPartition, requireAnswersTo } from './fetch-response.ts';
import { BufferedReader, type Place } from './partition-reader.ts';
import { type Outcome, PartitionTrack } from './partition-track.ts';
import { type AnswerLimits, DEFAULT_ANSWER_LIMITS } from './record-batches.ts';

export interface FetchLimits {
  readonly maxBufferedBytes: number;
  readonly maxBufferedBytesPerPartition: number;
  /** Of one answer of one partition; a single larger batch is still delivered whole. */
  readonly maxFetchBytesPerPartition: number;
  /** How long the broker may hold a request when there is nothing new. */
  readonly maxWaitMs: number;
  readonly unreachableAfterMs: number;
  readonly topicMissingAfterMs: number;
}

export interface FetcherOptions {
  readonly connection: TopicConnection;
  readonly runtime: Runtime;
  readonly limits: FetchLimits;
  readonly log: LogFn;
  onWaiting(wait: Wait): void;
  onRecovered(what: string, waitedMs: number): void;
  onFatal(error: Error): void;
}

/** Partitions without a known leader wait under this number. */
const NO_LEADER = -1;
const MIN_SHARE_BYTES = 64 * 1024;
/** A usual batch is unpacked at once, even if the shares are small. */
const MIN_AT_ONCE_BYTES = 1024 * 1024;
/** How long a request is held while a full partition waits for its turn. */
const SHORT_WAIT_MS = 20;
const BACKOFF_MIN_MS = 100;
const BACKOFF_MAX_MS = 5_000;

export class Fetcher {
  readonly #options: FetcherOptions;
  /** In the order of their turns: a partition that received something goes last. */
  readonly #tracks = new Map<number, PartitionTrack>();
  readonly #busyNodes = new Map<number, Promise<void>>();
  /** Tracks that read the rest of an answer. */
  readonly #busyTracks = new Map<PartitionTrack, Promise<void>>();
  readonly #backoffs = new Map<number, Backoff>();
  readonly #stopped = new AbortController();
  readonly #patience: Patience;
  readonly #topicPatience: Patience;
  #session = 0;
  #isWaiting = false;
  #isWoken = false;
  #hasFailed = false;

  constructor(options: FetcherOptions) {
    this.#options = options;
    this.#patience = new Patience(options.runtime, options.limits.unreachableAfterMs);
    this.#topicPatience = new Patience(options.runtime, options.limits.topicMissingAfterMs);
  }

  open(partition: number, fromOffset: number): BufferedReader {
    this.end(partition, `partition ${partition}: was opened again`);
    const reader: BufferedReader = new BufferedReader(partition, fromOffset, {
      wake: () => this.#wake(),
      closed: () => {
        const track = this.#tracks.get(partition);
        if (track?.reader !== reader) return;
        track.drop();
        this.#tracks.delete(partition);
      },
      nextSession: () => ++this.#session,
    });
    this.#tracks.set(partition, new PartitionTrack(reader, this.#options.connection.topic));
    this.#wake();
    return reader;
  }

  openPartitions(): number[] {
    return [...this.#tracks.keys()];
  }

  /** Bytes fetched and not read yet, over all partitions; compressed data counts unpacked. */
  bufferedBytes(): number {
    let sum = 0;
    for (const { reader, pendingBytes } of this.#tracks.values()) sum += reader.bufferedBytes + pendingBytes;
    return sum;
  }

  /** Ends the partition's reader, if there is one; its reads reject with OwnershipLostError. */
  end(partition: number, why: string): void {
    this.#tracks.get(partition)?.reader.end(new OwnershipLostError(why));
  }

  raiseSessions(): void {
    for (const { reader } of this.#tracks.values()) reader.raiseSession();
  }

  /** Ends all readers; resolves when no request is in flight. */
  async stop(): Promise<void> {
    this.#stopped.abort(new OwnershipLostError('the log source was stopped'));
    for (const partition of this.openPartitions()) this.end(partition, 'the log source was stopped');
    await Promise.all([...this.#busyNodes.values(), ...this.#busyTracks.values()]);
  }

  /** Not synchronously: the caller may open or read several, which then share one request. */
  #wake(): void {
    if (this.#isWoken) return;
    this.#isWoken = true;
    queueMicrotask(() => {
      this.#isWoken = false;
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#stopped.signal.aborted || this.#hasFailed) return;
    for (const track of this.#tracks.values()) {
      track.dropIfStale();
      if (!track.isPending || this.#busyTracks.has(track) || !this.#hasRoom(track)) continue;
      const reading = this.#readOn(track).finally(() => {
        this.#busyTracks.delete(track);
        this.#pump();
      });
      this.#busyTracks.set(track, reading);
    }
    const byNode = Map.groupBy(this.#tracks.values(), ({ reader }) => this.#leaderOf(reader.partition));
    for (const [node, tracks] of byNode) {
      if (this.#busyNodes.has(node)) continue;
      const share = this.#shareBytes();
      const ready = tracks.filter(
        ({ reader, isPending }) => reader.isFetching && !isPending && reader.bufferedBytes <= share / 2,
      );
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

  /** Room in its own share and in the total, or no bytes of its own at all. */
  #hasRoom({ reader }: PartitionTrack): boolean {
    if (reader.bufferedBytes === 0) return true;
    return (
      reader.bufferedBytes <= this.#shareBytes() / 2 && this.bufferedBytes() < this.#options.limits.maxBufferedBytes
    );
  }

  #answerLimits({ reader }: PartitionTrack): AnswerLimits {
    const share = this.#shareBytes();
    return {
      maxBytes: Math.max(MIN_SHARE_BYTES, Math.min(DEFAULT_ANSWER_LIMITS.maxBytes, share - reader.bufferedBytes)),
      maxRecords: DEFAULT_ANSWER_LIMITS.maxRecords,
      maxAtOnceBytes: Math.max(MIN_AT_ONCE_BYTES, Math.min(DEFAULT_ANSWER_LIMITS.maxAtOnceBytes, share)),
    };
  }

  /** Reads the rest of an answer as far as there is room; others have turns in between. Never rejects. */
  async #readOn(track: PartitionTrack): Promise<void> {
    const { runtime, onFatal } = this.#options;
    const { signal } = this.#stopped;
    try {
      while (!signal.aborted && track.isPending && this.#hasRoom(track)) {
        const outcome = await track.readOn(this.#answerLimits(track));
        if (outcome.kind === 'progress') this.#goLast(track);
        if (outcome.kind === 'damaged') await this.#anotherConnection(track, outcome);
        await runtime.sleep(0, signal);
      }
    } catch (error) {
      if (signal.aborted || this.#hasFailed) return;
      this.#hasFailed = true;
      onFatal(error as Error);
    }
  }

  /** Data damaged in transit is fetched again; a connection that damages everything is not used again. */
  async #anotherConnection(
    { reader }: PartitionTrack,
    { offset, failure }: Outcome & { kind: 'damaged' },
  ): Promise<void> {
    const { connection, log } = this.#options;
    log('warn', 'kafka.batch_damaged', { partition: reader.partition, offset, error: messageOf(failure) });
    connection.renew();
    await connection.refresh().catch((error: unknown) => {
      log('debug', 'kafka.metadata_failed', { error: messageOf(error) });
    });
  }

  /** One request and its result, including the wait after a failure. Never rejects. */
  async #turn(node: number, tracks: readonly PartitionTrack[], othersAreFull: boolean): Promise<void> {
    try {
      await this.#fetch(node, tracks, othersAreFull);
      this.#backoffs.get(node)?.reset();
      const waitedMs = this.#patience.succeeded();
      this.#topicPatience.succeeded();
      if (this.#isWaiting) {
        this.#isWaiting = false;
        this.#options.onRecovered('fetch', waitedMs);
      }
    } catch (error) {
      if (this.#stopped.signal.aborted) return;
      for (const { reader } of tracks) reader.raiseSession();
      await this.#afterFailure(node, error).catch((failure: unknown) => {
        if (this.#stopped.signal.aborted || this.#hasFailed) return;
        this.#hasFailed = true;
        this.#options.onFatal(failure as Error);
      });
    }
  }

  async #fetch(node: number, tracks: readonly PartitionTrack[], othersAreFull: boolean): Promise<void> {
    const { connection, limits } = this.#options;
    if (node === NO_LEADER) throw new Error(`topic ${connection.topic}: a partition has no leader`);
    await connection.refreshIfOld();
    const share = this.#shareBytes();
    const asked = new Map<number, { readonly track: PartitionTrack; readonly place: Place }>();
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
    requireAnswersTo(connection.topic, new Set(asked.keys()), answers);
    const lease = leaseOfAll(answers);
    let failure: Error | undefined;
    let damage: { readonly track: PartitionTrack; readonly outcome: Outcome & { kind: 'damaged' } } | undefined;
    for (const answer of answers) {
      const question = asked.get(answer.partition);
      if (question === undefined) continue;
      const { track, place } = question;
      const outcome = track.take(place, answer, socket, this.#answerLimits(track), lease);
      if (outcome.kind === 'progress') this.#goLast(track);
      if (outcome.kind === 'out_of_range') await this.#backIntoRange(track, place);
      if (outcome.kind === 'failed') failure = outcome.failure;
      if (outcome.kind === 'damaged') damage = { track, outcome };
    }
    if (damage !== undefined) await this.#anotherConnection(damage.track, damage.outcome);
    if (failure !== undefined) throw failure;
  }

  async #backIntoRange({ reader }: PartitionTrack, place: Place): Promise<void> {
    const { connection, log } = this.#options;
    const { partition } = reader;
    const ask = async (at: 'start' | 'end') =>
      (await connection.offsets({ partitions: [partition], at })).get(partition) ?? 0;
    const [start, end] = [await ask('start'), await ask('end')];
    log('warn', 'kafka.offset_out_of_range', { partition, offset: place.offset, start, end });
    reader.resetTo(place, start, end);
  }

  #goLast(track: PartitionTrack): void {
    const { partition } = track.reader;
    if (this.#tracks.get(partition) !== track) return;
    this.#tracks.delete(partition);
    this.#tracks.set(partition, track);
  }

  /** Logs it, waits, and finds the leaders again. Throws the error that ends the source. */
  async #afterFailure(node: number, error: unknown): Promise<void> {
    const { connection, runtime, limits, onWaiting } = this.#options;
    const refusal = error instanceof ConfigurationError ? error : refusalOf(error, `topic ${connection.topic}`);
    if (refusal !== undefined) throw refusal;
    const { waitedMs, isOver } = this.#patience.failed();
    if (isOver) {
      throw new UnreachableError(
        `Kafka: topic ${connection.topic} could not be read for ${spanText(waitedMs)}: ${messageOf(error)}`,
        { cause: error },
      );
    }
    this.#isWaiting = true;
    onWaiting({ what: 'fetch', waitedMs, limitMs: this.#patience.limitMs, error: messageOf(error) });
    const backoff = this.#backoffs.get(node) ?? new Backoff(runtime, BACKOFF_MIN_MS, BACKOFF_MAX_MS);
    this.#backoffs.set(node, backoff);
    await runtime.sleep(backoff.nextMs(), this.#stopped.signal);
    if ((error as Error).name === 'KafkaJSRequestTimeoutError' || error instanceof BrokenAnswerError)
      connection.renew();
    try {
      await connection.refresh();
    } catch (failure) {
      this.#options.log('debug', 'kafka.metadata_failed', { error: messageOf(failure) });
      if (!(failure instanceof ConfigurationError) && !isUnknownTopic(failure)) return;
      if (this.#topicPatience.failed().isOver) throw topicGone(connection.topic, limits.topicMissingAfterMs);
    }
  }
}

/** Releases the memory of a response once every partition's part is released. */
function leaseOfAll(answers: readonly FetchedPartition[]): Lease {
  let left = answers.length;
  return {
    release: () => {
      left -= 1;
      if (left === 0) messageMemory.release(answers[0]!.records);
    },
  };
}
