/**
 * The LogSource port on Kafka. The group says which partitions are ours. The processor alone decides what is read from
 * where, and it is fetched apart from the group (fetcher.ts): a rebalance that leaves a partition in place does not
 * interrupt it, and committed offsets have no effect on reading.
 */
import { Backoff } from '../base/backoff.ts';
import { BugError, ConfigurationError, UnreachableError } from '../base/errors.ts';
import type { Runtime } from '../base/runtime.ts';
import { spanText } from '../base/span-text.ts';
import type {
  AssignmentListener,
  GroupOffsets,
  LogBounds,
  LogSource,
  PartitionReader,
  TopicFacts,
} from '../processor/ports.ts';
import { Patience, type Wait } from './client/away-limit.ts';
import type { KafkaConnectionOptions, LogFn } from './client/connection-options.ts';
import { isFinal, messageOf, refusalOf } from './client/errors.ts';
import { TopicConnection } from './client/topic-connection.ts';
import { Fetcher } from './fetch/fetcher.ts';
import { GroupMember } from './group/group-member.ts';
import { readGroupOffsets } from './group/group-offsets.ts';
import { type KafkaLogLimits, type KafkaLogOptions, resolveLimits } from './source-options.ts';
import { readTopicFacts } from './topic-facts.ts';

const BACKOFF_MIN_MS = 250;
const BACKOFF_MAX_MS = 5_000;

export class KafkaLogSource implements LogSource {
  readonly #options: KafkaLogOptions;
  readonly #runtime: Runtime;
  readonly #limits: KafkaLogLimits;
  readonly #log: LogFn;
  readonly #connectionOptions: KafkaConnectionOptions;
  readonly #connection: TopicConnection;
  readonly #fetcher: Fetcher;
  readonly #member: GroupMember;
  readonly #stopped = new AbortController();
  #stopping: Promise<void> | undefined;
  #listener: AssignmentListener | undefined;
  #peekFailed: ((error: Error) => void) | undefined;
  #assigned: ReadonlySet<number> = new Set();
  #hasFailed = false;

  constructor(options: KafkaLogOptions, runtime: Runtime) {
    this.#options = options;
    this.#runtime = runtime;
    this.#limits = resolveLimits(options);
    this.#connectionOptions = options.connection;
    this.#log = options.connection.log ?? (() => undefined);
    this.#connection = new TopicConnection(options.connection, options.topic);
    const reports = {
      onWaiting: (wait: Wait) => this.#waiting(wait),
      onRecovered: (what: string, waitedMs: number) => options.onRecovered?.(what, waitedMs),
      onFatal: (error: Error) => this.#fail(error),
    };
    this.#fetcher = new Fetcher({
      connection: this.#connection,
      runtime,
      limits: this.#limits,
      log: this.#log,
      ...reports,
    });
    this.#member = new GroupMember({
      connection: options.connection,
      topic: options.topic,
      groupId: options.groupId,
      runtime,
      limits: this.#limits,
      notes: options.memberNotes,
      isDeadClient: options.isDeadClient,
      onPredecessorRemoved: (memberId) => {
        this.#log('debug', 'kafka.dead_member_removed', { groupId: options.groupId, memberId });
        options.onPredecessorRemoved?.(memberId);
      },
      onJoined: (partitions) => this.#joined(partitions),
      onSessionLost: (silentMs) => options.onSessionLost?.(silentMs),
      ...reports,
    });
  }

  /** Rejects with ConfigurationError (no such topic, not allowed), UnreachableError, or the reason of a stop. */
  async start(listener: AssignmentListener): Promise<void> {
    if (this.#listener !== undefined) throw new BugError('the log source was started twice');
    this.#listener = listener;
    await this.#untilReached('connect', () => this.#connection.refresh());
    this.#member.start();
  }

  async facts(): Promise<TopicFacts> {
    return this.#untilReached('topic settings', async () => {
      await this.#connection.refresh();
      return readTopicFacts(this.#connectionOptions, this.#options.topic, this.#connection.partitions().length);
    });
  }

  async bounds(partition: number): Promise<LogBounds> {
    return this.#untilReached('offsets', async () => {
      const ask = async (at: 'start' | 'end') => (await this.#offset(partition, at)) ?? 0;
      // The end last: then it is never below the start, unless the log was truncated.
      const startOffset = await ask('start');
      return { startOffset, endOffset: await ask('end') };
    });
  }

  async offsetAt(partition: number, timestampMs: number): Promise<number> {
    return this.#untilReached('offsets', async () => {
      const endOffset = await this.#offset(partition, 'end');
      const found = await this.#offset(partition, { timestampMs });
      return found < 0 ? endOffset : Math.min(found, endOffset);
    });
  }

  async groupOffsets(groupId: string): Promise<GroupOffsets> {
    return this.#untilReached(`offsets of group ${groupId}`, () =>
      readGroupOffsets(this.#connectionOptions, groupId, this.#options.topic),
    );
  }

  /** For a partition that is not ours, or no longer, a reader whose reads reject with OwnershipLostError. */
  open(partition: number, fromOffset: number): PartitionReader {
    const reader = this.#fetcher.open(partition, fromOffset);
    if (!this.#assigned.has(partition))
      this.#fetcher.end(partition, `partition ${partition}: is not assigned to this process`);
    return reader;
  }

  peek(partition: number, fromOffset: number, failed: (error: Error) => void): PartitionReader {
    this.#peekFailed = failed;
    return this.#fetcher.open(partition, fromOffset);
  }

  /** Never rejects: a failure goes to onCommitFailed and the log. Callers limit the rate. */
  async commit(partition: number, nextOffset: number, metadata: string): Promise<void> {
    try {
      await this.#member.commit(partition, nextOffset, metadata);
    } catch (error) {
      const why = messageOf(error);
      this.#log('debug', 'kafka.commit_failed', { partition, nextOffset, error: why });
      this.#options.onCommitFailed?.(partition, nextOffset, why);
    }
  }

  /** Leaves the group and closes every connection, within stopTimeoutMs. Idempotent. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.#stopped.abort(new Error('the log source was stopped'));
    this.#assigned = new Set();
    const timer = new AbortController();
    const timeout = this.#runtime.sleep(this.#limits.stopTimeoutMs, timer.signal).catch(() => undefined);
    const closed = this.#fetcher.stop().then(() => this.#connection.close());
    await Promise.race([Promise.all([this.#member.stop(), closed.catch(() => undefined)]), timeout]);
    timer.abort(new Error('done'));
  }

  /** Bytes fetched and not read yet. */
  bufferedBytes(): number {
    return this.#fetcher.bufferedBytes();
  }

  #joined(partitions: readonly number[]): void {
    if (this.#stopped.signal.aborted || this.#hasFailed) return;
    this.#assigned = new Set(partitions);
    for (const partition of this.#fetcher.openPartitions()) {
      if (!this.#assigned.has(partition))
        this.#fetcher.end(partition, `partition ${partition}: was given to another member`);
    }
    this.#fetcher.raiseSessions();
    this.#log('info', 'kafka.assigned', { groupId: this.#options.groupId, partitions });
    this.#listener?.assigned(partitions);
  }

  async #offset(partition: number, at: 'start' | 'end' | { timestampMs: number }): Promise<number> {
    await this.#connection.refreshIfOld();
    const offset = (await this.#connection.offsets({ partitions: [partition], at })).get(partition);
    if (offset === undefined) throw new BugError(`no offset for partition ${partition}`);
    return offset;
  }

  /** Retries, with backoff, until there is an answer, a refusal, or the limit. */
  async #untilReached<T>(what: string, ask: () => Promise<T>): Promise<T> {
    const patience = new Patience(this.#runtime, this.#limits.unreachableAfterMs);
    const backoff = new Backoff(this.#runtime, BACKOFF_MIN_MS, BACKOFF_MAX_MS);
    for (let isWaiting = false; ; isWaiting = true) {
      this.#stopped.signal.throwIfAborted();
      try {
        const answer = await ask();
        if (isWaiting) this.#options.onRecovered?.(what, patience.succeeded());
        return answer;
      } catch (error) {
        if (isFinal(error) || error instanceof BugError) throw error;
        const refusal = refusalOf(error, `topic ${this.#options.topic}`);
        if (refusal !== undefined) throw refusal;
        const { waitedMs, isOver } = patience.failed();
        if (isOver) throw this.#unreachable(what, waitedMs, error);
        this.#waiting({ what, waitedMs, limitMs: patience.limitMs, error: messageOf(error) });
        await this.#runtime.sleep(backoff.nextMs(), this.#stopped.signal);
        await this.#connection.refresh().catch((failure: unknown) => {
          if (failure instanceof ConfigurationError) throw failure;
        });
      }
    }
  }

  #unreachable(what: string, waitedMs: number, cause: unknown): UnreachableError {
    return new UnreachableError(
      `Kafka at ${this.#connectionOptions.brokers.join(', ')} (${what}): no answer for ${spanText(waitedMs)}: ` +
        `${messageOf(cause)}. Check that it runs and that KAFKA_BOOTSTRAP_SERVERS is right.`,
      { cause },
    );
  }

  #waiting(wait: Wait): void {
    if (this.#stopped.signal.aborted) return;
    this.#options.onWaiting?.(wait);
  }

  #fail(error: Error): void {
    if (this.#hasFailed || this.#stopped.signal.aborted) return;
    this.#hasFailed = true;
    this.#log('error', 'kafka.failed', { error: messageOf(error) });
    if (this.#listener !== undefined) this.#listener.failed(error);
    else this.#peekFailed?.(error);
  }
}
