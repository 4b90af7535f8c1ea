/**
 * What `verify` looks at, as plain data: the topic, the tables, the ownership rows and the checkpoints. Real adapters and
 * the simulated world both provide it. Column names are those of the tables. Times are ms since the epoch (a fraction
 * where a column holds microseconds that no payment can have), money is the decimal string of the query.
 *
 * The types here are the checkers' own on purpose: nothing in src/checks/oracle or guarantees imports the fold or its types.
 */
import type { Finding, Guarantee } from '../findings.ts';

export interface TopicRecord {
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Uint8Array | null;
  /** The whole value; where `oversized` is set, only its head. */
  readonly value: Uint8Array | null;
  readonly oversized?: OversizedValue;
  /** In their order, without those whose name is not UTF-8: nothing asks for them. Not set where there are none. */
  readonly headers?: readonly TopicHeader[];
}

export interface TopicHeader {
  readonly name: string;
  readonly value: Uint8Array | null;
}

/** What is known of a record whose value (or key) was too large to be held in memory: `valueByteLength` says whether it was the value. */
export interface OversizedValue {
  /** Of the whole value; 0 where there is none. */
  readonly valueByteLength: number;
  /** 16 hex digits: xxHash64 (seed 0) over the whole value. */
  readonly valueHash: string;
  /** `<offset>:<16 hex digits>`: what `record_fingerprint` holds of the whole record. Null where the key is over 16 MiB. */
  readonly fingerprint: string | null;
}

export interface RowPosition {
  readonly kafka_offset: number;
  readonly writer_epoch: number;
}

export interface TransactionCells extends RowPosition {
  readonly transaction_id: string;
  readonly sender_account_id: string;
  readonly receiver_account_id: string | null;
  readonly amount: string;
  readonly currency: string;
  readonly device_id: string | null;
  readonly ip_address: string | null;
  readonly event_time: number;
  readonly region: string | null;
  readonly payment_method: string | null;
  /** Of payment_transactions alone; not set where there are none. */
  readonly columns?: FurtherCells;
}

/** Further columns of a payment that are not NULL, by name: each in its canonical text. */
export type FurtherCells = Readonly<Record<string, string>>;

export interface FraudCells extends TransactionCells {
  readonly risk_amount: string;
  readonly txn_count_5min: number;
  readonly unique_devices_sender: number;
  readonly geographic_risk: number;
  readonly fraud_score: number;
  readonly is_high_risk: boolean;
}

export interface PartialCells extends RowPosition {
  readonly window_start: number;
  readonly window_end: number;
  readonly region: string;
  readonly currency: string;
  readonly transaction_count: number;
  readonly total_amount: string;
  readonly min_amount: string;
  readonly max_amount: string;
}

export interface ExceptionCells extends RowPosition {
  readonly disposition: string;
  readonly reason: string | null;
  readonly transaction_id: string | null;
  readonly event_time: number | null;
  readonly record_time: number;
  readonly first_kafka_offset: number | null;
  readonly conflict: boolean | null;
  readonly payload: string | null;
  readonly payload_hash: string | null;
}

export interface TableCells {
  payment_transactions: TransactionCells;
  payment_transactions_fraud: FraudCells;
  payment_metrics_partials: PartialCells;
  payment_exceptions: ExceptionCells;
}
export type CheckedTable = keyof TableCells;

export interface CheckpointCells {
  readonly writer_epoch: number;
  readonly next_offset: number;
  readonly watermark: number;
  /** JSON text: by data table, how many rows the stream of writer_epoch held; on Delta Lake how far each table was, and its rows. */
  readonly stream_offsets: string;
  readonly state_digest: string;
  readonly record_fingerprint: string | null;
  readonly consumed: number;
  readonly accepted: number;
  readonly duplicates: number;
  readonly late: number;
  readonly rejected: number;
}

/** The rules as they are fixed for a partition, or as they hold from an offset on. */
export interface FixedRules {
  readonly idHorizonMs: number;
  readonly windowMs: number;
  readonly activitySpanMs: number;
  readonly minEventTimeMs: number;
}

export interface PointsOver<T> {
  readonly over: T;
  readonly points: number;
}

export interface DecisionRules {
  readonly watermarkDelayMs: number;
  readonly allowedSkewMs: number;
  readonly maxAmount: string;
  readonly partitioner: 'any' | 'murmur2';
  readonly fraud: {
    readonly amountHigh: PointsOver<string>;
    readonly amountMedium: PointsOver<string>;
    readonly amountLowPoints: number;
    readonly countHigh: PointsOver<number>;
    readonly countMedium: PointsOver<number>;
    readonly devices: PointsOver<number>;
    readonly regionPoints: Readonly<Record<string, number>>;
    readonly otherRegionPoints: number;
    readonly maxScore: number;
    readonly highRiskOver: number;
    /** `off`: what a sender did lately is not counted. Not set: on. */
    readonly activity?: 'off';
  };
}

/** Which rules hold from an offset on, and how many partitions the topic has had since. */
export interface RulesFrom {
  readonly fromOffset: number;
  /** How values are read and what is kept of rejected ones. */
  readonly foldVersion: number;
  readonly decision: DecisionRules;
  readonly generation?: TopicGeneration;
  /** Raised with each change of the settings; 0 where it is not set. */
  readonly revision?: number;
  /** Of a rules file. */
  readonly rules?: RulesOfEntry;
}

/** The rules that a settings entry names, and the text that the table `rules` has under that digest. */
export interface RulesOfEntry {
  readonly revision: number;
  /** 64 hex digits: SHA-256 of the text. */
  readonly sha256: string;
  /** Null where the table has none. */
  readonly text: string | null;
}

/** A schema of the table `event_schemas`: what a schema id of a record stands for. */
export interface StoredSchema {
  readonly kind: 'avro' | 'protobuf';
  readonly text: string;
  /** Each after those that it refers to itself. `name`: of Protobuf, the path in the import statement. */
  readonly references: readonly { readonly name: string; readonly text: string }[];
}

/** By schema id. */
export type StoredSchemas = ReadonlyMap<number, StoredSchema>;

/** The topic since its partition count was changed. */
export interface TopicGeneration {
  readonly partitions: number;
  /** Earlier payments are late in every partition from then on. */
  readonly floorMs: number;
  /** Where each partition before the change ended. */
  readonly sources: readonly { readonly partition: number; readonly offset: number }[];
  readonly known?: KnownListFacts;
}

/** A row of known_payments. */
export interface KnownCells {
  readonly transaction_id: string;
  readonly event_time: number;
}

/** A list in known_payments: what another pipeline had written, and what its entries from `fromMs` on come to. */
export interface KnownListFacts {
  readonly list: string;
  readonly fromMs: number;
  readonly count: number;
  /** 32 hex digits. */
  readonly digest: string;
}

/** Offsets [from, to) that an operator gave up. */
export interface GivenUp {
  readonly from: number;
  readonly to: number;
  readonly reason: string;
  readonly by: string;
  readonly atMs: number;
}

/** A write stream of an owner, as the ownership row lists it. */
export interface ListedStream {
  readonly epoch: number;
  readonly table: string;
  readonly name: string;
}

export interface OwnershipFacts {
  readonly partition: number;
  readonly epoch: number;
  /** `<epoch>:<name>`, with `hold:` before the name of an operator's; a name alone where an older release claimed. */
  readonly claimId: string;
  /** Not set: the sink has none (Delta Lake), and checkpoints hold positions instead. */
  readonly streams?: readonly ListedStream[];
  readonly partitionCount: number;
  readonly startOffset: number;
  readonly fixed: FixedRules;
  /** Ascending by fromOffset: which decision rules hold from which offset on. */
  readonly history: readonly RulesFrom[];
  readonly skipped: readonly GivenUp[];
  /** What the schema ids of its records stand for. Not set: no rules ask for any. */
  readonly schemas?: StoredSchemas;
}

/** A row of the table `event_schemas`. */
export interface SchemaRow {
  readonly schema_id: number;
  readonly sha256: string;
  /** JSON: the format, the schema's text, and those that it refers to. */
  readonly text: string;
}

/** A transaction id with more than one row, over all partitions and epochs. */
export interface RepeatedId {
  readonly transaction_id: string;
  /** All of its rows; `rows` may hold only the first of them. */
  readonly rowCount: number;
  readonly rows: readonly {
    readonly partition: number | null;
    readonly kafka_offset: number | null;
    readonly writer_epoch: number | null;
  }[];
}

/** Rows that the walk over no partition comes by. */
export interface ForeignRows {
  readonly table: CheckedTable | 'checkpoint_log' | 'partition_ownership';
  /** Null where the column is NULL. */
  readonly partition: number | null;
  readonly rowCount: number;
  /** Why: no ownership row for the partition, a NULL where the row's place should be, or another topic than this one. */
  readonly why: 'partition' | 'null' | 'topic';
  /** Some of them. `about`: the transaction id, or the topic. */
  readonly samples: readonly {
    readonly kafka_offset: number | null;
    readonly writer_epoch: number | null;
    readonly about: string | null;
  }[];
}

/** COUNT(*) of a table below the newest checkpoint of a partition (null: of rows without a partition), by the service. */
export interface TableCount {
  readonly table: CheckedTable;
  readonly partition: number | null;
  readonly rowCount: number;
}

export interface PartitionBounds {
  /** Lowest offset retained. */
  readonly startOffset: number;
  /** One past the last readable record. */
  readonly endOffset: number;
  /** One past the last record of any kind, where it is known: from endOffset on lie records of open transactions. */
  readonly highWatermark?: number;
}

/** In which partition a sender was first seen, by the number of partitions that the topic had. */
export interface SenderHomes {
  /** Its first partition; notes `partition` as that where the sender is new. */
  homeOf(partitions: number, sender: string, partition: number): number;
}

/** What only the store of the tables can show, besides their rows. */
export interface StoredFinding extends Finding {
  readonly guarantee: Guarantee;
}

/** The tables as they were at one time: checkpoints first, then rows. Iterables can be had again and again. */
export interface TablesSnapshot {
  /** Ascending by next_offset, then writer_epoch; of this topic. */
  checkpoints(partition: number): AsyncIterable<readonly CheckpointCells[]>;
  /**
   * Every row with this kafka_partition and an offset, of any epoch, ascending by kafka_offset, in bounded chunks. The
   * tables may hold NULL in any column, and so may a row.
   */
  rows<T extends CheckedTable>(table: T, partition: number): AsyncIterable<readonly TableCells[T][]>;
  /** What rows() has of none of the known partitions; at most `limit` samples of each. */
  foreignRows(known: ReadonlySet<number>, limit: number): Promise<readonly ForeignRows[]>;
  /** Counted by the service itself, after the rows were read. */
  readonly counts: readonly TableCount[];
  /** Ids with more than one row in payment_transactions: how many there are, and up to `limit` of them. */
  repeatedIds(limit: number): Promise<{ readonly count: number; readonly repeated: readonly RepeatedId[] }>;
  readonly senderHomes: SenderHomes;
  /** Rows of a list in known_payments with an event time from this on; undefined if the table is not there. */
  known(list: string, fromMs: number): Promise<readonly KnownCells[] | undefined>;
  /** Files and positions, where the sink has such. */
  stored?(ownership: readonly OwnershipFacts[]): Promise<readonly StoredFinding[]>;
  close(): Promise<void>;
}

export interface VerifyInputs {
  readonly topic: string;
  ownership(): Promise<OwnershipFacts[]>;
  /** Every partition that the topic has now, ascending, whether somebody reads it or not. */
  topicPartitions(): Promise<readonly number[]>;
  bounds(partition: number): Promise<PartitionBounds>;
  /** Every readable record in [fromOffset, toOffset), ascending, in bounded chunks. */
  records(partition: number, fromOffset: number, toOffset: number): AsyncIterable<readonly TopicRecord[]>;
  /** Reads the tables. To be closed. */
  tables(): Promise<TablesSnapshot>;
  /** The table `event_schemas`. Asked for if rules are of a format that has schemas. */
  schemas(): Promise<readonly SchemaRow[]>;
}
