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
  /** Of the records' memory: released when all of them are folded. */
  readonly lease?: Lease | undefined;
  /**
   * Rises whenever the client may have lost its place (reconnect, rejoin, offset out of range): what follows may be from
   * another log. The cursor then checks the last record it folded again.
   */
  readonly session: number;
}

/** Reads one partition from an offset on. Holds at most a bounded number of bytes that were not read yet. */
export interface PartitionReader {
  /** The next answer, waiting for it; rejects with signal.reason when aborted, with a LogError when it is over. */
  read(signal: AbortSignal): Promise<FetchAnswer>;
  /** Goes on from `offset`; what was buffered is dropped. */
  seek(offset: number): void;
  /** Stops fetching and frees what is buffered. Idempotent. */
  close(): void;
}

export interface AssignmentListener {
  /** The partitions this process is to work on from now, whole; those it had and that are missing were taken away. */
  assigned(partitions: readonly number[]): void;
  /** The client cannot go on; the process ends with 69 or 70, as the error says. */
  failed(error: Error): void;
}

export interface LogSource {
  /** Waits, with backoff, until the log can be reached; then joins the group. */
  start(listener: AssignmentListener): Promise<void>;
  facts(): Promise<TopicFacts>;
  bounds(partition: number): Promise<LogBounds>;
  /** The first offset with a timestamp >= timestampMs, or the end offset. */
  offsetAt(partition: number, timestampMs: number): Promise<number>;
  /** Only for an assigned partition, at most one reader each: a second one closes the first. */
  open(partition: number, fromOffset: number): PartitionReader;
  /** Advice for lag monitors; failure is reported, and harmless. */
  commit(partition: number, nextOffset: number, metadata: string): Promise<void>;
  stop(): Promise<void>;
}
