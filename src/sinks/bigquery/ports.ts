/**
 * The interfaces inside the BigQuery sink: queries and updates, write streams, and the encoder. The adapters in query/,
 * write/ and rows/ implement them, and so does the simulated world. The code above them (takeover/, the writers) is the
 * same in both.
 */
import type { Lease } from '../../base/memory/lease.ts';
import type { AcceptedBatch } from '../../payments/accepted-batch.ts';
import type { RowList } from '../../payments/row-batch.ts';
import type { FurtherColumn } from '../../payments/rules/rules.ts';
import type { AppendTable, DataRows, DataTable, ExceptionRow, PartialRow } from '../../payments/types.ts';
import type { Checkpoint, Ownership, SinkReads, SkippedRange } from '../../processor/ports.ts';
import type {
  RulesRow,
  StoredEntry,
  StoredHistoryChange,
  StoredSeed,
  WithStoredHistory,
} from '../ownership/stored-ownership.ts';
import type { RowStamp } from '../rows/row-columns.ts';

export type { RowStamp, RulesRow, StoredEntry, StoredHistoryChange, StoredSeed };

export interface StreamRef {
  readonly epoch: number;
  readonly table: AppendTable;
  readonly name: string;
  /** By the clock of the process that created it. A stream that is days old may have expired. */
  readonly createdAtMs: number;
}

/** partition_ownership as it is stored, with the streams of an OwnershipRow. */
export type StoredOwnership = WithStoredHistory<OwnershipRow>;

/** partition_ownership, with the rules of its histories. */
export interface OwnershipRow extends Ownership {
  /** Streams that may still take rows, or whose row counts a takeover needs: the owner's own and older ones. */
  readonly streams: readonly StreamRef[];
}

export interface Claim {
  readonly partition: number;
  readonly expectedEpoch: number;
  readonly claimId: string;
  readonly owner: string;
  /** The whole new list: the streams kept from the old one, and the new streams at expectedEpoch + 1. */
  readonly streams: readonly StreamRef[];
}

/** checkpoint_log as it is stored. */
export interface CheckpointRow extends Checkpoint {
  /** Rows that each data stream of writerEpoch held when everything below nextOffset was in. */
  readonly streamOffsets: Readonly<Record<DataTable, number>>;
  /** Written, for `verify`; not read back. */
  readonly found?: FoundRows;
}

/** Rows of earlier epochs that an owner's takeover found at or past the offset it resumed from, by epoch and table. */
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
export interface SinkQueries extends Omit<SinkReads, 'readOwnership' | 'seed'> {
  readOwnership(topic: string): Promise<StoredOwnership[]>;
  /** The rows of the table `rules` with these digests, as they stand: more than one of a digest, or none. */
  readRules(sha256s: readonly string[]): Promise<RulesRow[]>;
  /** Inserts the row if none has its digest. Same terms as claim. */
  putRules(row: RulesRow): Promise<void>;
  latestCheckpoint(topic: string, partition: number): Promise<CheckpointRow | undefined>;
  topics(): Promise<string[]>;
  seed(topic: string, seeds: readonly StoredSeed[]): Promise<void>;
  /**
   * Sends the claims in one conditional UPDATE. Returns when the UPDATE has been applied, has failed, or was cancelled
   * and has ended: it can never be applied later. Does not return who won: read ownership back.
   */
  claim(topic: string, claims: readonly Claim[]): Promise<void>;
  /** UPDATE ... WHERE claim_id = claimId: appends the entry. Same terms as claim. */
  addSettings(topic: string, partition: number, claimId: string, entry: StoredEntry): Promise<void>;
  /** UPDATE ... WHERE claim_id = claimId: puts the whole lists of ranges given up and streams. Same terms as claim. */
  putSkipped(
    topic: string,
    partition: number,
    claimId: string,
    skipped: readonly SkippedRange[],
    streams: readonly StreamRef[],
  ): Promise<void>;
  /**
   * Replaces the histories of these partitions in one UPDATE: of all of them, if each still has the claim named here,
   * or of none. Same terms as claim.
   */
  putHistories(topic: string, changes: readonly StoredHistoryChange[]): Promise<void>;
  /** DELETE of a data table's rows of offsets [from, to), writer_epoch > 0. Only for a range that was given up. */
  removeRows(table: DataTable, partition: number, from: number, to: number): Promise<void>;
  /**
   * Rows with kafka_offset >= fromOffset and writer_epoch > 0, in fold order; of payment_transactions with these further columns.
   * Costs more than tablesWithRows.
   */
  rowsFrom<T extends DataTable>(
    table: T,
    partition: number,
    fromOffset: number,
    further?: readonly FurtherColumn[],
  ): Promise<WrittenRow<T>[]>;
}

export type FinalizeOutcome =
  | { readonly state: 'finalized'; readonly rowCount: number }
  /**
   * The stream takes no rows, and its row count is unknown: it expired, the emulator was restarted, or the stream was
   * finalized earlier and the answer had no count. The rows that a query finds in the tables are all of its rows.
   */
  | { readonly state: 'gone' };

/** Rows ready to be sent: encoded once, resent byte for byte. */
export interface EncodedRows {
  readonly rowCount: number;
  readonly byteLength: number;
  /** For the write client alone. */
  readonly payload: unknown;
  /** Of the payload's memory. Released once the payload is never sent again. */
  readonly lease?: Lease | undefined;
}

/** The row type of each table that is appended to. */
export type AppendRows = DataRows & { checkpoint_log: CheckpointRow };

/** What the rows of each table come in: accepted payments as columns, all else as objects. */
export interface AppendBatches {
  payment_transactions: AcceptedBatch;
  payment_transactions_fraud: AcceptedBatch;
  payment_metrics_partials: RowList<PartialRow>;
  payment_exceptions: RowList<ExceptionRow>;
  checkpoint_log: RowList<CheckpointRow>;
}

export interface RowEncoder {
  /** Encodes rows [from, to) of a batch; default: all. The caller keeps rows and bytes within an append's limits. */
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
   * Sends the rows after those of earlier calls. Reconnects and resends by itself. Resolves when the rows are durable
   * and visible. Rejects, as do all later calls, with WriterLostError (the stream was finalized, is gone, or gives
   * answers that contradict it), RowsRefusedError (a row's content), SinkRefusedError (another refusal), or
   * UnreachableError.
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
