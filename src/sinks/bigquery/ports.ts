/**
 * The seams inside the BigQuery sink: queries and updates, write streams, and the encoder. The adapters of query/, write/ and rows/
 * implement them, and so does the simulated world; what is above them (takeover/, the writers) is the same code in both.
 */
import type { Lease } from '../../base/memory/lease.ts';
import type { AcceptedBatch } from '../../payments/accepted-batch.ts';
import type { RowList } from '../../payments/row-batch.ts';
import type {
  AppendTable,
  DataRows,
  DataTable,
  ExceptionRow,
  PartialRow,
  SettingsEntry,
} from '../../payments/types.ts';
import type { Checkpoint, HistoryChange, Ownership, Seed, SinkReads, SkippedRange } from '../../processor/ports.ts';

export interface StreamRef {
  readonly epoch: number;
  readonly table: AppendTable;
  readonly name: string;
  /** By the clock of whoever created it: a stream that is days old may have expired. */
  readonly createdAtMs: number;
}

/** partition_ownership as it is stored. */
export interface OwnershipRow extends Ownership {
  /** Streams that may still take rows, or whose row counts a takeover needs: the owner's own and older ones. */
  readonly streams: readonly StreamRef[];
}

export interface Claim {
  readonly partition: number;
  readonly expectedEpoch: number;
  readonly claimId: string;
  readonly owner: string;
  /** The whole new list: what is kept of the old one, and the new streams at expectedEpoch + 1. */
  readonly streams: readonly StreamRef[];
}

/** checkpoint_log as it is stored. */
export interface CheckpointRow extends Checkpoint {
  /** Rows that each data stream of writerEpoch held when everything below nextOffset was in. */
  readonly streamOffsets: Readonly<Record<DataTable, number>>;
  /** Written, for `verify`; not read back. */
  readonly found?: FoundRows;
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
export interface SinkQueries extends SinkReads {
  readOwnership(topic: string): Promise<OwnershipRow[]>;
  latestCheckpoint(topic: string, partition: number): Promise<CheckpointRow | undefined>;
  topics(): Promise<string[]>;
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
  /** Rows with kafka_offset >= fromOffset and writer_epoch > 0, in fold order. Costs more than to learn that there are none. */
  rowsFrom<T extends DataTable>(table: T, partition: number, fromOffset: number): Promise<WrittenRow<T>[]>;
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
  /** Of the payload's memory: released when it is not sent again. */
  readonly lease?: Lease | undefined;
}

/** What every appended row carries besides its own columns. */
export interface RowStamp {
  readonly partition: number;
  readonly writerEpoch: number;
  readonly processedAtMs: number;
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
