/**
 * The log port: facts about the topic, a group that shares out partitions, and a reader for each of them. src/kafka is the real
 * adapter.
 */
import type { Lease } from '../../base/memory/lease.ts';
import type { LogRecord } from '../../payments/types.ts';

/** Facts about the topic that are checked before anything is consumed. */
export interface TopicFacts {
  readonly topic: string;
  readonly partitionCount: number;
  readonly compacted: boolean;
  readonly logAppendTime: boolean;
  /** message.timestamp.after.max.ms; Infinity where it does not bound anything. */
  readonly timestampAfterMaxMs: number;
  /** As the commands of Kafka take them, for error texts. */
  readonly bootstrapServers?: string;
}

export interface LogBounds {
  /** Lowest offset still retained. */
  readonly startOffset: number;
  /** The last stable offset (read committed): one past the last readable record. */
  readonly endOffset: number;
}

/** What a consumer group has committed of the topic. */
export interface GroupOffsets {
  /** By partition; partitions without a commit are left out. */
  readonly offsets: ReadonlyMap<number, number>;
  /** The members that it has now: they may commit further offsets. */
  readonly members: number;
}

/** One answer of the log to one question. */
export interface FetchAnswer {
  /** The offset that was asked for. */
  readonly askedFrom: number;
  /** Every readable record in [askedFrom, completeTo) is in `records`; the rest are markers or aborted. */
  readonly completeTo: number;
  /** Ascending; may start below askedFrom when a client misbehaves: the cursor above decides what that means. */
  readonly records: readonly LogRecord[];
  readonly byteLength: number;
  readonly endOffset: number;
  /** The lease of the records' memory, released when all of them are folded. */
  readonly lease?: Lease | undefined;
  /**
   * Rises whenever the client may have lost its place (reconnect, rejoin, offset out of range): what follows may be from
   * another log. The cursor then checks the last record it folded again.
   */
  readonly session: number;
}

/** Reads one partition from an offset on. Holds at most a bounded number of bytes that were not read yet. */
export interface PartitionReader {
  /** Waits for the next answer. Rejects with signal.reason if aborted, with a LogError if no more will come. */
  read(signal: AbortSignal): Promise<FetchAnswer>;
  /** Continues at `offset` and drops what was buffered. */
  seek(offset: number): void;
  /** Stops fetching and frees what is buffered. Idempotent. */
  close(): void;
}

export interface AssignmentListener {
  /** The full list of partitions for this process from now on. Those it had that are missing were taken away. */
  assigned(partitions: readonly number[]): void;
  /** The client has failed for good. The process ends with 69 or 70, depending on the error. */
  failed(error: Error): void;
}

export interface LogSource {
  /** Waits, with backoff, until the log can be reached; then joins the group. */
  start(listener: AssignmentListener): Promise<void>;
  facts(): Promise<TopicFacts>;
  bounds(partition: number): Promise<LogBounds>;
  /** The first offset with a timestamp >= timestampMs, or the end offset. */
  offsetAt(partition: number, timestampMs: number): Promise<number>;
  /** Of any group of the same brokers, also of one that is not there: it has committed nothing. */
  groupOffsets(groupId: string): Promise<GroupOffsets>;
  /** Only for an assigned partition, at most one reader each: a second one closes the first. */
  open(partition: number, fromOffset: number): PartitionReader;
  /**
   * A reader for a look at any partition before `start`: the group does not end it. The caller closes it before it starts the log.
   * `failed` is called if the client has failed for good: reads then never answer.
   */
  peek(partition: number, fromOffset: number, failed: (error: Error) => void): PartitionReader;
  /** Stores the group offset, which only lag monitors read. A rejection is harmless. */
  commit(partition: number, nextOffset: number, metadata: string): Promise<void>;
  stop(): Promise<void>;
}
