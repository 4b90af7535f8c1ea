/**
 * The columns of the tables that are appended to: one row a column, in the order of sql/tables. Encoder, readers, hash, comparison
 * and the inputs of `verify` follow this table. sql/ and docs/reference/schema.md are written by hand for readers: tests hold them
 * equal. `verify` judges by a list of its own (checks/oracle).
 *
 * Invariant: what is `hashed`, and in which place, never changes: payload_hash and state digests of older releases depend on it.
 */

export type ColumnKind = 'text' | 'integer' | 'decimal' | 'time' | 'truth';

export interface Column {
  readonly name: string;
  readonly kind: ColumnKind;
  /** Where a row object has the value: a decimal in billionths, a time in ms since the epoch. */
  readonly field: string;
  /** `by_rules`: NULL only where rules leave a role out; the built-in event has all of them. */
  readonly nullable?: true | 'by_rules';
}

export interface PaymentColumn extends Column {
  /** The member of the built-in event; default: the column's name. */
  readonly member?: string;
  /** Its place in the hash of a payment: texts first, then the time, then the amount. Default: not hashed. */
  readonly hashed?: number;
}

/** What a payment is: columns of both tables of payments. */
export const PAYMENT_COLUMNS = [
  { name: 'transaction_id', kind: 'text', field: 'transactionId', hashed: 0 },
  { name: 'sender_account_id', kind: 'text', field: 'senderAccountId', hashed: 1 },
  { name: 'receiver_account_id', kind: 'text', field: 'receiverAccountId', nullable: 'by_rules', hashed: 2 },
  { name: 'amount', kind: 'decimal', field: 'amount', hashed: 9 },
  { name: 'currency', kind: 'text', field: 'currency', hashed: 3 },
  { name: 'device_id', kind: 'text', field: 'deviceId', nullable: 'by_rules', hashed: 4 },
  { name: 'ip_address', kind: 'text', field: 'ipAddress', nullable: 'by_rules', hashed: 5 },
  { name: 'event_time', kind: 'time', field: 'eventTimeMs', member: 'timestamp', hashed: 8 },
  { name: 'region', kind: 'text', field: 'region', nullable: 'by_rules', hashed: 6 },
  { name: 'payment_method', kind: 'text', field: 'paymentMethod', nullable: 'by_rules', hashed: 7 },
] as const satisfies readonly PaymentColumn[];

/** The texts of a payment, by the numbers that a payment's bytes and a batch's columns have for them. */
export const TEXT_COLUMNS: readonly PaymentColumn[] = PAYMENT_COLUMNS.filter(({ kind }) => kind === 'text');

/** The numbers of the texts that are hashed, in their order. */
export const HASHED_TEXTS: readonly number[] = [...TEXT_COLUMNS.keys()]
  .filter((text) => TEXT_COLUMNS[text]!.hashed !== undefined)
  .sort((a, b) => TEXT_COLUMNS[a]!.hashed! - TEXT_COLUMNS[b]!.hashed!);

/** The number of a text. */
export function textNumber(name: PaymentColumnName): number {
  return TEXT_COLUMNS.findIndex((column) => column.name === name);
}

export function memberOf({ name, member = name }: PaymentColumn): string {
  return member;
}

export type PaymentColumnName = (typeof PAYMENT_COLUMNS)[number]['name'];

/** What the fraud rules add to a payment. */
export const FRAUD_COLUMNS = [
  { name: 'risk_amount', kind: 'text', field: 'riskAmount' },
  { name: 'txn_count_5min', kind: 'integer', field: 'txnCount5Min' },
  { name: 'unique_devices_sender', kind: 'integer', field: 'uniqueDevicesSender' },
  { name: 'geographic_risk', kind: 'integer', field: 'geographicRisk' },
  { name: 'fraud_score', kind: 'integer', field: 'fraudScore' },
  { name: 'is_high_risk', kind: 'truth', field: 'isHighRisk' },
] as const satisfies readonly Column[];

export const PARTIAL_COLUMNS = [
  { name: 'window_start', kind: 'time', field: 'windowStartMs' },
  { name: 'window_end', kind: 'time', field: 'windowEndMs' },
  { name: 'region', kind: 'text', field: 'region' },
  { name: 'currency', kind: 'text', field: 'currency' },
  { name: 'transaction_count', kind: 'integer', field: 'transactionCount' },
  { name: 'total_amount', kind: 'decimal', field: 'totalAmount' },
  { name: 'min_amount', kind: 'decimal', field: 'minAmount' },
  { name: 'max_amount', kind: 'decimal', field: 'maxAmount' },
] as const satisfies readonly Column[];

export const EXCEPTION_COLUMNS = [
  { name: 'disposition', kind: 'text', field: 'disposition' },
  { name: 'reason', kind: 'text', field: 'reason', nullable: true },
  { name: 'transaction_id', kind: 'text', field: 'transactionId', nullable: true },
  { name: 'event_time', kind: 'time', field: 'eventTimeMs', nullable: true },
  { name: 'record_time', kind: 'time', field: 'recordTimeMs' },
  { name: 'first_kafka_offset', kind: 'integer', field: 'firstKafkaOffset', nullable: true },
  { name: 'conflict', kind: 'truth', field: 'conflict' },
  { name: 'payload', kind: 'text', field: 'payload', nullable: true },
  { name: 'payload_hash', kind: 'text', field: 'payloadHash', nullable: true },
] as const satisfies readonly Column[];

/** Which record a row is of, and who wrote it: the first columns of every data table. */
export const STAMP_COLUMNS = [
  { name: 'kafka_partition', kind: 'integer', field: 'partition' },
  { name: 'kafka_offset', kind: 'integer', field: 'kafkaOffset' },
  { name: 'writer_epoch', kind: 'integer', field: 'writerEpoch' },
  { name: 'processed_at', kind: 'time', field: 'processedAtMs' },
] as const satisfies readonly Column[];

export const CHECKPOINT_COLUMNS = [
  { name: 'kafka_partition', kind: 'integer', field: 'partition' },
  { name: 'writer_epoch', kind: 'integer', field: 'writerEpoch' },
  { name: 'processed_at', kind: 'time', field: 'processedAtMs' },
  { name: 'topic', kind: 'text', field: 'topic' },
  { name: 'owner', kind: 'text', field: 'owner' },
  { name: 'next_offset', kind: 'integer', field: 'nextOffset' },
  { name: 'watermark', kind: 'time', field: 'watermarkMs' },
  { name: 'consumed', kind: 'integer', field: 'consumed' },
  { name: 'accepted', kind: 'integer', field: 'accepted' },
  { name: 'duplicates', kind: 'integer', field: 'duplicates' },
  { name: 'late', kind: 'integer', field: 'late' },
  { name: 'rejected', kind: 'integer', field: 'rejected' },
  { name: 'stream_offsets', kind: 'text', field: 'streamOffsets' },
  { name: 'state_digest', kind: 'text', field: 'stateDigest' },
  { name: 'record_fingerprint', kind: 'text', field: 'recordFingerprint', nullable: true },
  { name: 'written_at', kind: 'time', field: 'processedAtMs' },
] as const satisfies readonly Column[];

type DataTable =
  | 'payment_transactions'
  | 'payment_transactions_fraud'
  | 'payment_metrics_partials'
  | 'payment_exceptions';

/** The columns of each data table behind STAMP_COLUMNS. */
export const DATA_COLUMNS: { readonly [T in DataTable]: readonly Column[] } = {
  payment_transactions: PAYMENT_COLUMNS,
  payment_transactions_fraud: [...PAYMENT_COLUMNS, ...FRAUD_COLUMNS],
  payment_metrics_partials: PARTIAL_COLUMNS,
  payment_exceptions: EXCEPTION_COLUMNS,
};

/** All columns of each table, in the order of sql/tables. */
export const TABLE_COLUMNS: { readonly [T in DataTable | 'checkpoint_log']: readonly Column[] } = {
  payment_transactions: [...STAMP_COLUMNS, ...DATA_COLUMNS.payment_transactions],
  payment_transactions_fraud: [...STAMP_COLUMNS, ...DATA_COLUMNS.payment_transactions_fraud],
  payment_metrics_partials: [...STAMP_COLUMNS, ...DATA_COLUMNS.payment_metrics_partials],
  payment_exceptions: [...STAMP_COLUMNS, ...DATA_COLUMNS.payment_exceptions],
  checkpoint_log: CHECKPOINT_COLUMNS,
};

interface KindValues {
  text: string;
  integer: number;
  decimal: bigint;
  time: number;
  truth: boolean;
}

/** The object of one value a column; where a column is nullable and has none, the member is missing. */
export type ValuesOf<Columns extends readonly Column[]> = {
  readonly [C in Columns[number] as C extends { nullable: true | 'by_rules' }
    ? never
    : C['field']]: KindValues[C['kind']];
} & {
  readonly [C in Columns[number] as C extends { nullable: true | 'by_rules' }
    ? C['field']
    : never]?: KindValues[C['kind']];
};
