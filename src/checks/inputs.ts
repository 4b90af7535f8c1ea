/**
 * What `verify` looks at, as plain data: the topic, the tables, the ownership rows and the checkpoints. Real adapters and
 * the simulated world both provide it. Column names are those of the tables. Times are ms since the epoch (a fraction
 * where a column holds microseconds that no payment can have), money is the decimal string of the query.
 *
 * The types here are the checkers' own on purpose: nothing in src/checks/oracle or guarantees imports the fold or its types.
 */
export interface TopicRecord {
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
}

export interface RowPosition {
  readonly kafka_offset: number;
  readonly writer_epoch: number;
}

export interface TransactionCells extends RowPosition {
  readonly transaction_id: string;
  readonly sender_account_id: string;
  readonly receiver_account_id: string;
  readonly amount: string;
  readonly currency: string;
  readonly device_id: string;
  readonly ip_address: string;
  readonly event_time: number;
  readonly region: string;
  readonly payment_method: string;
}

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
  };
}

/** Which rules hold from an offset on, and how many partitions the topic has had since. */
export interface RulesFrom {
  readonly fromOffset: number;
  /** How values are read and what is kept of rejected ones. */
  readonly foldVersion: number;
  readonly decision: DecisionRules;
  readonly generation?: TopicGeneration;
}

/** The topic since its partition count was changed. */
export interface TopicGeneration {
  readonly partitions: number;
  /** Earlier payments are late in every partition from then on. */
  readonly floorMs: number;
  /** Where each partition before the change ended. */
  readonly sources: readonly { readonly partition: number; readonly offset: number }[];
}

/** Offsets [from, to) that an operator gave up. */
export interface GivenUp {
  readonly from: number;
  readonly to: number;
  readonly reason: string;
  readonly by: string;
  readonly atMs: number;
}

export interface OwnershipFacts {
  readonly partition: number;
  readonly epoch: number;
  readonly partitionCount: number;
  readonly startOffset: number;
  readonly fixed: FixedRules;
  /** Ascending by fromOffset: which decision rules hold from which offset on. */
  readonly history: readonly RulesFrom[];
  readonly skipped: readonly GivenUp[];
}

/** A transaction id with more than one row, over all partitions and epochs. */
export interface RepeatedId {
  readonly transaction_id: string;
  readonly rows: readonly {
    readonly partition: number;
    readonly kafka_offset: number;
    readonly writer_epoch: number;
  }[];
}

/** Rows of a partition with writer_epoch 0, all of them: a backfill is small beside the log. */
export interface BackfilledRows {
  readonly payments: readonly TransactionCells[];
  readonly partials: readonly PartialCells[];
}

export interface VerifyInputs {
  readonly topic: string;
  ownership(): Promise<OwnershipFacts[]>;
  /** Partitions that any data table or the checkpoint log has rows of, ascending. */
  partitionsWithRows(): Promise<number[]>;
  /** Lowest offset retained, and one past the last readable record. */
  bounds(partition: number): Promise<{ readonly startOffset: number; readonly endOffset: number }>;
  /** Every readable record in [fromOffset, toOffset), ascending, in bounded chunks. */
  records(partition: number, fromOffset: number, toOffset: number): AsyncIterable<readonly TopicRecord[]>;
  /** Resolves when the snapshot is taken. Rows with writer_epoch > 0, ascending by kafka_offset, in bounded chunks. */
  rows<T extends CheckedTable>(table: T, partition: number): Promise<AsyncIterable<readonly TableCells[T][]>>;
  /** Ascending by next_offset, then writer_epoch. */
  checkpoints(partition: number): Promise<CheckpointCells[]>;
  backfilled(partition: number): Promise<BackfilledRows>;
  /** Ids with more than one row in payment_transactions: how many there are, and up to `limit` of them. */
  repeatedIds(limit: number): Promise<{ readonly count: number; readonly repeated: readonly RepeatedId[] }>;
}
