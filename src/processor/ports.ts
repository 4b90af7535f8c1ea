/**
 * The seams of the processor: everything that is not deterministic, and everything outside, comes in through these. Real
 * adapters are in src/kafka, src/bigquery, src/state and src/runtime; the simulated world implements the same ones.
 * Nothing here names kafkajs, gRPC or files.
 */
import type { AcceptedBatch } from '../payments/accepted-batch.ts';
import type { RowList } from '../payments/row-batch.ts';
import type {
  AppendTable,
  Counters,
  DataRows,
  DataTable,
  ExceptionRow,
  FixedSettings,
  LogRecord,
  PartialRow,
  SettingsEntry,
  StateDelta,
  StoredState,
  TransactionRow,
} from '../payments/types.ts';

// -- the log ----------------------------------------------------------------------------------------------------------

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
  /**
   * To be called at most once, when nobody looks at the records, or at any of their bytes, any more: their memory is used
   * again. Without it, it is left to the garbage collector.
   */
  readonly done?: (() => void) | undefined;
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

// -- the sink ---------------------------------------------------------------------------------------------------------

export interface StreamRef {
  readonly epoch: number;
  readonly table: AppendTable;
  readonly name: string;
  /** By the clock of whoever created it: a stream that is days old may have expired. */
  readonly createdAtMs: number;
}

/** Offsets [from, to) that an operator gave up on purpose: what they hold, present or not, gets no disposition. */
export interface SkippedRange {
  readonly from: number;
  readonly to: number;
  readonly reason: string;
  /** Who gave them up. */
  readonly by: string;
  readonly atMs: number;
}

/** One row of partition_ownership. */
export interface Ownership {
  readonly topic: string;
  readonly partition: number;
  /** 0: seeded, never owned. */
  readonly epoch: number;
  readonly owner: string;
  readonly claimId: string;
  /** Streams that may still take rows, or whose row counts a takeover needs: the owner's own and older ones. */
  readonly streams: readonly StreamRef[];
  /** Partitions of the topic when this one was seeded. */
  readonly partitionCount: number;
  readonly startOffset: number;
  readonly fixed: FixedSettings;
  /** Ascending by fromOffset; never empty. */
  readonly history: readonly SettingsEntry[];
  /** Ascending, none overlapping another. */
  readonly skipped: readonly SkippedRange[];
  readonly claimedAtMs: number;
}

export interface Seed {
  readonly partition: number;
  readonly partitionCount: number;
  readonly startOffset: number;
  readonly fixed: FixedSettings;
  readonly history: readonly SettingsEntry[];
}

/** A whole new settings history, on the condition that the claim holds. */
export interface HistoryChange {
  readonly partition: number;
  readonly claimId: string;
  readonly history: readonly SettingsEntry[];
}

export interface Claim {
  readonly partition: number;
  readonly expectedEpoch: number;
  readonly claimId: string;
  readonly owner: string;
  /** The whole new list: what is kept of the old one, and the new streams at expectedEpoch + 1. */
  readonly streams: readonly StreamRef[];
}

/** One row of checkpoint_log. */
export interface Checkpoint {
  readonly topic: string;
  readonly partition: number;
  readonly owner: string;
  readonly writerEpoch: number;
  /** Everything below is visible in the tables. */
  readonly nextOffset: number;
  readonly watermarkMs: number;
  readonly counters: Readonly<Counters>;
  /** Rows that each data stream of writerEpoch held when everything below nextOffset was in. */
  readonly streamOffsets: Readonly<Record<DataTable, number>>;
  readonly stateDigest: string;
  /** `<offset>:<16 hex digits>` of the last folded record, or null where none was. */
  readonly recordFingerprint: string | null;
  /** What it says of itself besides. Undefined of one that an older release wrote. */
  readonly of?: CheckpointMark;
  /** Written, for `verify`; not read back. */
  readonly found?: FoundRows;
}

/** What a checkpoint repeats, so that a cell that is another one is found out. */
export interface CheckpointMark {
  readonly partition: number;
  readonly epoch: number;
  readonly nextOffset: number;
  /** The checkpoint, or the start, that its owner took the partition over at. */
  readonly wentOnFrom: number;
  /** What its state depends on. */
  readonly fixed: FixedSettings;
}

/** What the takeover of an owner found of earlier epochs: rows by epoch and table, at or past the offset that it went on from. */
export interface FoundRows {
  readonly from: number;
  readonly rows: Readonly<Record<string, Readonly<Partial<Record<DataTable, number>>>>>;
}

/** A row as it stands in the sink, and the epoch that wrote it (takeover counts rows by epoch). */
export interface WrittenRow<T extends DataTable> {
  readonly row: DataRows[T];
  readonly writerEpoch: number;
}

/** Queries and updates of the sink. Each waits with backoff while the service is away, up to its limit. */
export interface SinkQueries {
  /** All rows of the topic, ascending by partition. Throws LogOrSinkError if a partition has two rows. */
  readOwnership(topic: string): Promise<Ownership[]>;
  /** Topics that the dataset already has ownership rows of. */
  topics(): Promise<string[]>;
  /** Inserts the rows that are missing. Safe to call from several processes at once. */
  seed(topic: string, seeds: readonly Seed[]): Promise<void>;
  /**
   * Sends the claims in one conditional UPDATE. Returns when it has been applied, has failed, or was cancelled and awaited:
   * in no case may it still be applied later. Says nothing about who won: read ownership back.
   */
  claim(topic: string, claims: readonly Claim[]): Promise<void>;
  /** UPDATE ... WHERE claim_id = claimId: appends the entry. Same terms as claim. */
  addSettings(topic: string, partition: number, claimId: string, entry: SettingsEntry): Promise<void>;
  /** UPDATE ... WHERE claim_id = claimId: puts the whole new lists of ranges given up and of streams. Same terms as claim. */
  putSkipped(
    topic: string,
    partition: number,
    claimId: string,
    skipped: readonly SkippedRange[],
    streams: readonly StreamRef[],
  ): Promise<void>;
  /**
   * Replaces the histories of these partitions in one UPDATE: of all of them, if each still has the claim named here, or of
   * none. Same terms as claim.
   */
  putHistories(topic: string, changes: readonly HistoryChange[]): Promise<void>;
  /** DELETE of what a data table has of offsets [from, to), writer_epoch > 0: only ever of a range that was given up. */
  removeRows(table: DataTable, partition: number, from: number, to: number): Promise<void>;
  /** The checkpoint with the greatest next_offset. */
  latestCheckpoint(topic: string, partition: number): Promise<Checkpoint | undefined>;
  /** Those of the tables that have rows with kafka_offset >= fromOffset and writer_epoch > 0: cheaper than to read that there are none. */
  tablesWithRows(tables: readonly DataTable[], partition: number, fromOffset: number): Promise<ReadonlySet<DataTable>>;
  /** Rows with kafka_offset >= fromOffset and writer_epoch > 0, in fold order. */
  rowsFrom<T extends DataTable>(table: T, partition: number, fromOffset: number): Promise<WrittenRow<T>[]>;
  /** Payments with kafka_offset < belowOffset, event time >= fromEventTimeMs, writer_epoch > 0, by kafka_offset. */
  payments(partition: number, belowOffset: number, fromEventTimeMs: number): AsyncIterable<readonly TransactionRow[]>;
}

/**
 * Whether the sink's tables are the ones they were, with the rows that were acknowledged. A table that was dropped answers like a
 * service that is away, or like one that refuses a record: whoever is refused asks here before anybody is blamed.
 */
export interface SinkInspection {
  /**
   * What is wrong with the tables themselves (missing, another one, changed), as a ContradictionError. Undefined where nothing is,
   * and where nothing can be learned: it does not wait for a service that is away. Never rejects for the service. A look that
   * found nothing wrong and is not older than `freshForMs` (0 unless given) will do.
   */
  wrongTables(freshForMs?: number): Promise<Error | undefined>;
  /** Rows that are fewer than the newest checkpoints count, as far as can be asked cheaply. Waits while the service is away. */
  lostInBulk(): Promise<Error | undefined>;
}

export type FinalizeOutcome =
  | { readonly state: 'finalized'; readonly rowCount: number }
  /**
   * It takes no rows and says no count: not known (any more), as it expired or the emulator was restarted; or finalized before,
   * and no count came with that. What the tables have of its rows is what there is.
   */
  | { readonly state: 'gone' };

/** Rows ready to be sent: encoded once, resent byte for byte. */
export interface EncodedRows {
  readonly rowCount: number;
  readonly byteLength: number;
  /** For the write client alone. */
  readonly payload: unknown;
  /**
   * To be called at most once, when nobody may send them any more: their memory is used again. Without it, it is left to the
   * garbage collector.
   */
  readonly done?: (() => void) | undefined;
}

/** What every appended row carries besides its own columns. */
export interface RowStamp {
  readonly partition: number;
  readonly writerEpoch: number;
  readonly processedAtMs: number;
}

/** The row type of each table that is appended to. */
export type AppendRows = DataRows & { checkpoint_log: Checkpoint };

/** What the rows of each table come in: accepted payments as columns, all else as objects. */
export interface AppendBatches {
  payment_transactions: AcceptedBatch;
  payment_transactions_fraud: AcceptedBatch;
  payment_metrics_partials: RowList<PartialRow>;
  payment_exceptions: RowList<ExceptionRow>;
  checkpoint_log: RowList<Checkpoint>;
}

export interface RowEncoder {
  /** Rows [from, to) of a batch; default: all. Never more bytes than one append may carry: the caller limits rows and bytes. */
  encode<T extends AppendTable>(
    table: T,
    rows: AppendBatches[T],
    stamp: RowStamp,
    from?: number,
    to?: number,
  ): EncodedRows;
}

/** Appends to one stream at explicit offsets, first in first out. */
export interface StreamAppender {
  /**
   * Sends the rows at the end of what was sent before. Resolves when they are durable and visible; reconnects and resends
   * by itself. Rejects, as do all later calls, with WriterLostError (someone finalized it, it is gone, or its answers make
   * no sense), RowsRefusedError (the content of one), SinkRefusedError (the append, for another reason), or UnreachableError.
   */
  append(rows: EncodedRows): Promise<void>;
  /** Ends the connection without waiting. Idempotent. */
  close(): void;
}

export interface WriteStreams {
  create(table: AppendTable): Promise<string>;
  /** Repeats until the answer is definite: NOT_FOUND counts as gone only for a stream old enough to have expired. */
  finalize(stream: StreamRef): Promise<FinalizeOutcome>;
  /** Connects on first use. */
  open(stream: StreamRef): StreamAppender;
}

// -- local state ------------------------------------------------------------------------------------------------------

/** A cache: it may fail, be empty or lie; the digest decides. None of its methods throws for what is on the disk. */
export interface StateStore {
  /** Undefined where there is nothing usable; the store has said why. */
  load(partition: number): Promise<StoredState | undefined>;
  /** Applies a delta if the store is exactly at delta.fromOffset; otherwise discards what it holds. */
  save(partition: number, delta: StateDelta): Promise<void>;
  /** Starts the partition over with this whole state. */
  replace(partition: number, state: StoredState): Promise<void>;
  discard(partition: number, why: string): Promise<void>;
  close(): Promise<void>;
}
