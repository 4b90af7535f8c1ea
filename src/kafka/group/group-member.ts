/**
 * Membership in the consumer group, which only distributes the work: kafkajs joins, heartbeats and commits, but fetches
 * nothing, because the whole topic is paused before its first fetch and stays paused.
 *
 * Invariants: 1. after a crash of its consumer a new one is made, with backoff, until the limit: kafkajs gives up for
 * good on many errors that pass; 2. no commit can end the membership, and each failure goes to its caller only; 3.
 * after stop, no consumer is left in the group, not even one that was still joining; 4. our member id is noted while we
 * are in the group, and a noted member whose process is gone is removed from the group instead of waiting for it.
 */
import type { Consumer, ConsumerCrashEvent } from 'kafkajs';
import { Backoff } from '../../base/backoff.ts';
import { BugError, UnreachableError } from '../../base/errors.ts';
import type { Runtime } from '../../base/runtime.ts';
import { spanText } from '../../base/span-text.ts';
import { Patience, type Wait } from '../client/away-limit.ts';
import { createKafka, type KafkaConnectionOptions } from '../client/connection-options.ts';
import { isUnknownTopic, messageOf, refusalOf, topicGone } from '../client/errors.ts';
import type { GroupMemberName } from '../client/kafkajs-internals.ts';
import { removeDeadMembers } from './dead-member.ts';
import { SessionWatch } from './session-watch.ts';
import { type OwnClaim, stickyAssigner } from './sticky-assigner.ts';

export interface GroupLimits {
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
  readonly heartbeatIntervalMs: number;
  readonly commitTimeoutMs: number;
  readonly stopTimeoutMs: number;
  readonly unreachableAfterMs: number;
  readonly topicMissingAfterMs: number;
}

/**
 * Remembers, across processes, the last member id of this place in the group. Only one process at a time may use the
 * same notes: the member noted when a process starts is taken for dead. Its methods never throw.
 */
export interface MemberNotes {
  read(groupId: string): string | undefined;
  write(groupId: string, memberId: string): void;
  clear(): void;
}

export interface GroupMemberOptions {
  readonly connection: KafkaConnectionOptions;
  readonly topic: string;
  readonly groupId: string;
  readonly runtime: Runtime;
  readonly limits: GroupLimits;
  readonly notes?: MemberNotes | undefined;
  /** Whether the process with that client id is known to be dead. */
  isDeadClient?: ((clientId: string) => boolean) | undefined;
  /** A dead predecessor was still in the group and has been removed. */
  onPredecessorRemoved?(memberId: string): void;
  /** After every join, also without a change. Ascending. */
  onJoined(partitions: readonly number[]): void;
  onWaiting(wait: Wait): void;
  onRecovered(what: string, waitedMs: number): void;
  /** No answer for the length of a session: called once, until the next join. */
  onSessionLost(silentMs: number): void;
  onFatal(error: Error): void;
}

interface PendingCommit {
  readonly partition: number;
  readonly offset: string;
  isAcknowledged: boolean;
}

const BACKOFF_MIN_MS = 250;
const BACKOFF_MAX_MS = 5_000;
const METADATA_MAX_AGE_MS = 30_000;

export class GroupMember {
  readonly #options: GroupMemberOptions;
  readonly #claim: OwnClaim = { partitions: [], generation: -1 };
  readonly #stopping = new AbortController();
  readonly #patience: Patience;
  readonly #topicPatience: Patience;
  readonly #session: SessionWatch;
  readonly #backoff: Backoff;
  /** Set while a consumer is a member; commits go through it. */
  #joined: Consumer | undefined;
  /** The previous member in our place, which is dead: a consumer that crashed, or a process that was killed. */
  #predecessor: string | undefined;
  #memberId: string | undefined;
  readonly #commits = new Set<PendingCommit>();
  #running: Promise<void> = Promise.resolve();
  #isWaiting = false;

  constructor(options: GroupMemberOptions) {
    this.#options = options;
    this.#patience = new Patience(options.runtime, options.limits.unreachableAfterMs);
    this.#topicPatience = new Patience(options.runtime, options.limits.topicMissingAfterMs);
    this.#session = new SessionWatch(options.runtime, options.limits.sessionTimeoutMs);
    this.#backoff = new Backoff(options.runtime, BACKOFF_MIN_MS, BACKOFF_MAX_MS);
    this.#predecessor = options.notes?.read(options.groupId);
  }

  start(): void {
    this.#running = this.#keepJoined().catch((error: unknown) => {
      if (!this.#stopping.signal.aborted) this.#options.onFatal(error as Error);
    });
  }

  /** Resolves when the broker has it. Rejects if it was refused or took too long; the membership is not affected. */
  async commit(partition: number, offset: number, metadata: string): Promise<void> {
    const { topic, runtime, limits } = this.#options;
    const consumer = this.#joined;
    if (consumer === undefined) throw new Error('not a member of the group at the moment');
    if (!this.#claim.partitions.includes(partition))
      throw new Error(`partition ${partition} is not assigned to this member`);
    const pending: PendingCommit = { partition, offset: String(offset), isAcknowledged: false };
    this.#commits.add(pending);
    // Outside of a handler, so that a refusal returns here and does not reach the consumer's own loop.
    const sent = consumer.commitOffsets([{ topic, partition, offset: pending.offset, metadata }]);
    const timer = new AbortController();
    const timeout = runtime.sleep(limits.commitTimeoutMs, timer.signal).then(() => {
      throw new Error(`no answer within ${spanText(limits.commitTimeoutMs)}`);
    });
    try {
      await Promise.race([sent, timeout]);
      // While it stops, or after a crash, kafkajs resolves without committing.
      if (!pending.isAcknowledged) throw new Error('the member is stopping or was cut off: nothing was committed');
    } finally {
      this.#commits.delete(pending);
      timer.abort(new Error('answered'));
      timeout.catch(() => undefined);
      sent.catch(() => undefined);
    }
  }

  /** Leaves the group. Takes at most stopTimeoutMs; slower work ends in the background. */
  async stop(): Promise<void> {
    const { runtime, limits } = this.#options;
    this.#joined = undefined;
    this.#stopping.abort(new Error('stopped'));
    const timer = new AbortController();
    const timeout = runtime.sleep(limits.stopTimeoutMs, timer.signal).catch(() => undefined);
    await Promise.race([this.#running.then(() => this.#options.notes?.clear()), timeout]);
    timer.abort(new Error('done'));
  }

  async #keepJoined(): Promise<void> {
    const { runtime, topic, onWaiting } = this.#options;
    while (!this.#stopping.signal.aborted) {
      const error = await this.#beMember();
      if (this.#stopping.signal.aborted) return;
      this.#throwIfOver(error);
      const { waitedMs } = this.#patience.failed();
      const { limitMs } = isUnknownTopic(error) ? this.#topicPatience : this.#patience;
      this.#isWaiting = true;
      const what = `group ${this.#options.groupId} of topic ${topic}`;
      onWaiting({ what, waitedMs, limitMs, error: messageOf(error) });
      const silentMs = this.#session.lostAfterMs();
      if (silentMs !== undefined) this.#options.onSessionLost(silentMs);
      await runtime.sleep(this.#backoff.nextMs(), this.#stopping.signal);
    }
  }

  #throwIfOver(error: unknown): void {
    const { topic, groupId, limits } = this.#options;
    if (error instanceof BugError) throw error;
    const refusal = refusalOf(error, `group ${groupId}, topic ${topic}`);
    if (refusal !== undefined) throw refusal;
    if (isUnknownTopic(error)) {
      if (this.#topicPatience.failed().isOver) throw topicGone(topic, limits.topicMissingAfterMs);
    }
    const { waitedMs, isOver } = this.#patience.failed();
    if (isOver) {
      throw new UnreachableError(
        `Kafka: group ${groupId} could not be joined for ${spanText(waitedMs)}: ${messageOf(error)}`,
        { cause: error },
      );
    }
  }

  /** One consumer's life: resolves with the error that ended it, or with nothing after a stop. */
  async #beMember(): Promise<unknown> {
    const { topic } = this.#options;
    const consumer = this.#createConsumer();
    const crashed = new Promise<unknown>((resolve) => {
      consumer.on(consumer.events.CRASH, ({ payload }: ConsumerCrashEvent) => resolve(payload.error));
    });
    const stopped = new Promise<undefined>((resolve) => {
      if (this.#stopping.signal.aborted) resolve(undefined);
      this.#stopping.signal.addEventListener('abort', () => resolve(undefined), { once: true });
    });
    try {
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      const removing = this.#removePredecessor();
      const joining = consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        eachBatch: async ({ batch }) => {
          throw new BugError(`kafkajs fetched partition ${batch.partition}, which is paused`);
        },
      });
      const end = await Promise.race([crashed, stopped]);
      // kafkajs cannot be stopped during its first join: it would join anyway, and stay.
      await Promise.all([joining, removing]);
      return end;
    } catch (error) {
      return error;
    } finally {
      this.#joined = undefined;
      // Unless it leaves, the broker waits for it before a successor may work.
      this.#predecessor ??= this.#memberId;
      this.#memberId = undefined;
      await consumer.disconnect().catch(() => undefined);
    }
  }

  /** Fails if it is out already, which is as good; if the coordinator does not answer, its session ends by itself. */
  async #removePredecessor(): Promise<void> {
    const { isDeadClient, onPredecessorRemoved } = this.#options;
    const predecessor = this.#predecessor;
    if (predecessor === undefined && isDeadClient === undefined) return;
    this.#predecessor = undefined;
    const isDead = ({ memberId, clientId }: GroupMemberName): boolean =>
      memberId === predecessor || (isDeadClient?.(clientId) ?? false);
    const removed = await removeDeadMembers({ ...this.#options, isDead }, this.#stopping.signal).catch(() => []);
    for (const memberId of removed) onPredecessorRemoved?.(memberId);
  }

  #createConsumer(): Consumer {
    const { connection, topic, groupId, limits } = this.#options;
    const consumer = createKafka(connection).consumer({
      groupId,
      sessionTimeout: limits.sessionTimeoutMs,
      rebalanceTimeout: limits.rebalanceTimeoutMs,
      heartbeatInterval: limits.heartbeatIntervalMs,
      // With everything paused this is only how often kafkajs checks whether a heartbeat is due.
      maxWaitTimeInMs: Math.min(250, limits.heartbeatIntervalMs),
      metadataMaxAge: METADATA_MAX_AGE_MS,
      allowAutoTopicCreation: false,
      partitionAssigners: [stickyAssigner(topic, this.#claim)],
      retry: { initialRetryTime: 200, maxRetryTime: 3_000, retries: 6, restartOnFailure: async () => false },
    });
    const { GROUP_JOIN, HEARTBEAT, COMMIT_OFFSETS } = consumer.events;
    consumer.on(GROUP_JOIN, ({ payload }) => {
      consumer.pause([{ topic }]);
      if (this.#stopping.signal.aborted) return;
      this.#joined = consumer;
      if (payload.memberId !== this.#memberId) this.#options.notes?.write(groupId, payload.memberId);
      this.#memberId = payload.memberId;
      this.#claim.partitions = (payload.memberAssignment[topic] ?? []).toSorted((a, b) => a - b);
      this.#claim.generation = -1;
      this.#hasContact();
      this.#options.onJoined(this.#claim.partitions);
    });
    consumer.on(HEARTBEAT, ({ payload }) => {
      this.#claim.generation = payload.groupGenerationId;
      this.#hasContact();
    });
    consumer.on(COMMIT_OFFSETS, ({ payload }) => {
      const done = payload.topics.flatMap(({ partitions }) => partitions);
      for (const commit of this.#commits) {
        // kafkajs passes its own Long objects where its types say string.
        if (done.some(({ partition, offset }) => partition === commit.partition && String(offset) === commit.offset)) {
          commit.isAcknowledged = true;
        }
      }
    });
    return consumer;
  }

  #hasContact(): void {
    const waitedMs = this.#patience.succeeded();
    this.#session.heard();
    this.#topicPatience.succeeded();
    this.#backoff.reset();
    if (!this.#isWaiting) return;
    this.#isWaiting = false;
    this.#options.onRecovered(`group ${this.#options.groupId}`, waitedMs);
  }
}
