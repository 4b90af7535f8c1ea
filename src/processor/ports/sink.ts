/**
 * The sink port: what the protocol needs of the service that has the tables. docs/adr/0022-the-sink-is-a-port.md has the reasons.
 *
 * A sink promises: 1. of concurrent claims on one epoch one wins, and the outcome is decided when `claim` returns; 2.
 * once `fence` has returned, nothing of an earlier epoch can land; 3. an append that has landed and a checkpoint that
 * is written are durable, and every later read sees them; 4. each call waits with backoff while the service is away,
 * and rejects with UnreachableError past its limit.
 */
import type { AcceptedBatch } from '../../payments/accepted-batch.ts';
import type { StoredSchema } from '../../payments/event/schema/stored-schema.ts';
import type { RowBatch } from '../../payments/row-batch.ts';
import type {
  DataRows,
  DataTable,
  ExceptionRow,
  KnownPayment,
  PartialRow,
  SettingsEntry,
  TransactionRow,
} from '../../payments/types.ts';
import type { Checkpoint, Ownership, Seed } from './records.ts';

/** Reads of the tables, for processors and for operators' commands. */
export interface SinkReads {
  /** All rows of the topic, ascending by partition. Throws ContradictionError if a partition has two rows. */
  readOwnership(topic: string): Promise<Ownership[]>;
  /** The checkpoint with the greatest next_offset. */
  latestCheckpoint(topic: string, partition: number): Promise<Checkpoint | undefined>;
  /** Those of the tables that have rows with kafka_offset >= fromOffset and writer_epoch > 0. */
  tablesWithRows(tables: readonly DataTable[], partition: number, fromOffset: number): Promise<ReadonlySet<DataTable>>;
  /** Payments with kafka_offset < belowOffset, event time >= fromEventTimeMs, writer_epoch > 0, by kafka_offset. */
  payments(partition: number, belowOffset: number, fromEventTimeMs: number): AsyncIterable<readonly TransactionRow[]>;
  /** Payments of a list in known_payments with an event time >= fromEventTimeMs, in any order. */
  knownPayments(list: string, fromEventTimeMs: number): AsyncIterable<readonly KnownPayment[]>;
  /** The rows of event_schemas with these ids, as they stand: more than one of an id, or none. */
  readSchemas(ids: readonly number[]): Promise<StoredSchema[]>;
  /** Inserts the row if none has its id. The caller reads it back. Safe to call from several processes at once. */
  putSchema(schema: StoredSchema): Promise<void>;
  /** Inserts the ownership rows that are missing. Safe to call from several processes at once. */
  seed(topic: string, seeds: readonly Seed[]): Promise<void>;
}

/**
 * Whether the sink's tables are the ones they were, with the rows that were acknowledged. A table that was dropped
 * answers like a service that is away, or like one that refuses a record: a caller that is refused asks here for the
 * cause first.
 */
export interface SinkInspection {
  /**
   * What is wrong with the tables themselves (missing, replaced, changed), as a ContradictionError. Undefined if
   * nothing is wrong, or if nothing can be learned: it does not wait for a service that is away, and does not reject
   * because of it. Reuses a look that found nothing wrong and is at most `freshForMs` old (default 0).
   */
  wrongTables(freshForMs?: number): Promise<Error | undefined>;
  /** An error if a cheap query shows fewer rows than the newest checkpoints count. Waits while the service is away. */
  lostInBulk(): Promise<Error | undefined>;
}

/** What one append may carry. */
export interface AppendLimits {
  readonly maxAppendRows: number;
  /** As the processor estimates them, generously. */
  readonly maxAppendBytes: number;
}

export interface Sink extends SinkReads, SinkInspection {
  readonly appendLimits: AppendLimits;
  /** Topics that the dataset already has ownership rows of. */
  topics(): Promise<string[]>;
  /** These rows are likely to be claimed soon: the sink may prepare what a claim of them needs. */
  foresee(rows: readonly Ownership[]): void;
  /**
   * Claims these partitions, each on the condition that its epoch is still the row's. Returns when every claim was
   * applied, failed, or was cancelled and awaited: none may be applied later. The outcomes are in the order of the
   * rows.
   */
  claim(topic: string, owner: string, rows: readonly Ownership[]): Promise<readonly ClaimOutcome<WonClaim>[]>;
}

/** The outcome of one claim, according to the row as it was read afterwards. */
export interface ClaimOutcome<Won> {
  /** Undefined where the row is gone. */
  readonly row: Ownership | undefined;
  /** Where the row holds our claim id. */
  readonly won: Won | undefined;
}

/** A partition that is ours until somebody else claims it. Earlier owners can still write before `fence`. */
export interface HeldClaim {
  readonly ownership: Ownership;
  /**
   * Keeps earlier owners from writing, including their appends in flight, and then finds how far they got. Rejects with
   * ContradictionError('row_counts_differ') if row counts and queries still disagree after the settle timeout.
   */
  fence(terms: FenceTerms, signal: AbortSignal): Promise<Fenced>;
}

export interface WonClaim extends HeldClaim {
  /** Appends the entry to the settings history if the claim still holds. The caller reads it back. */
  addEntry(entry: SettingsEntry): Promise<void>;
  /** Opens the partition for writing under this claim, once it is fenced. Connects on first use. */
  open(): PartitionWriter;
}

export interface FenceTerms {
  /** How long row counts and queries may disagree before that is a contradiction. */
  readonly settleTimeoutMs: number;
  /** How long partitions that are fenced at the same time may wait for each other. */
  readonly gatherMs: number;
  /**
   * Called with the greatest checkpoint found, before anything past it is queried, and again if a greater one is found.
   * If it throws, the fence ends with that error.
   */
  readonly onCheckpoint: (checkpoint: Checkpoint | undefined, checkpointOffset: number) => void;
}

/** How far a partition got. Final as long as the claim holds. */
export interface Fenced {
  readonly checkpoint: Checkpoint | undefined;
  /** C: every record below it is in the tables. */
  readonly checkpointOffset: number;
  readonly reached: ReachedTables;
}

export type ReachedTables = { readonly [T in DataTable]: ReachedTable<T> };

/** How far one table got past the checkpoint: its rows are not written again. */
export interface ReachedTable<T extends DataTable> {
  /** No row of the table is at or past it; 0 where there are none past the checkpoint. */
  readonly next: number;
  /** Rows past the checkpoint, where the sink counts them; 0 otherwise. */
  readonly rows: number;
  /** Whether a row of the fold is there already. Called in fold order, once per row, up to the first missing one. */
  ask(row: DataRows[T]): RowAnswer;
  /** How many rows are there that a fold up to `nextOffset` has not yielded; offsets in a sink that counts no rows. */
  left(nextOffset: number): number;
}

/** `differs`: the row that is there in its place, and in what it differs, as the end of a sentence. */
export type RowAnswer = 'present' | 'missing' | { readonly differs: string };

/** The form in which the fold yields each table's rows: accepted payments as columns, all others as objects. */
export interface DataBatches {
  payment_transactions: AcceptedBatch;
  payment_transactions_fraud: AcceptedBatch;
  payment_metrics_partials: RowBatch<PartialRow>;
  payment_exceptions: RowBatch<ExceptionRow>;
}

/** Rows [from, to) of a batch. */
export interface BatchSlice<T extends DataTable> {
  readonly rows: DataBatches[T];
  readonly from: number;
  readonly to: number;
}

export interface Append {
  /** Of the rows as they are sent. */
  readonly byteLength: number;
  /** Resolves when they are durable and visible. */
  readonly landed: Promise<void>;
}

/**
 * Writes one partition under one claim. Rows of a table land in the order they were handed over: after a failure every
 * later append fails too. All rejections are WriterLostError (we were fenced, or the sink no longer knows us),
 * RowsRefusedError (the content of one row), SinkRefusedError (the append, for another reason), or UnreachableError.
 */
export interface PartitionWriter {
  /**
   * Takes the table's next rows. With them, all its rows of records below `toOffset` are handed over. It copies the
   * rows before it returns, because the caller reuses their memory.
   */
  append<T extends DataTable>(table: T, slice: BatchSlice<T>, toOffset: number): Append;
  /**
   * Notes what was handed over up to this moment. The function that it returns writes a checkpoint of exactly that; the
   * caller calls it once all of it is acknowledged.
   */
  beginCheckpoint(): (checkpoint: Checkpoint) => Promise<void>;
  /** Why the partition must be claimed again although no append was refused: the writer has become too old. */
  outlived(): Error | undefined;
  /** Ends connections without waiting. Idempotent. */
  close(): void;
}
