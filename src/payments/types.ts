/**
 * The data of the pipeline: what a record may become, and the rows that say so. Types only; the rules are in fold.ts and
 * its neighbours. Names of columns follow docs/reference (sql/ holds the tables). Offsets are safe integers, times are
 * milliseconds since the epoch (UTC), money is a bigint of billionths ("nanos"): 1.50 is 1_500_000_000n.
 */

import type { FRAUD_COLUMNS, PAYMENT_COLUMNS, ValuesOf } from './columns.ts';
import type { FraudRules, LoadedRules } from './rules/rules.ts';

export type { FraudRules } from './rules/rules.ts';

/** Billionths of a currency unit: BigQuery's NUMERIC has nine decimals, so every amount is a whole number of these. */
export type Nanos = bigint;

/** The tables that one folded record may add rows to, in fold order. */
export const DATA_TABLES = [
  'payment_transactions',
  'payment_transactions_fraud',
  'payment_metrics_partials',
  'payment_exceptions',
] as const;
export type DataTable = (typeof DATA_TABLES)[number];
export const CHECKPOINT_TABLE = 'checkpoint_log';
export type AppendTable = DataTable | typeof CHECKPOINT_TABLE;
export const APPEND_TABLES: readonly AppendTable[] = [...DATA_TABLES, CHECKPOINT_TABLE];

export const DISPOSITIONS = ['accepted', 'duplicate', 'late', 'rejected'] as const;
export type Disposition = (typeof DISPOSITIONS)[number];

/** Why a record was rejected, in the order of the checks; docs/reference/reason-codes.md lists them. */
export const REASON_CODES = [
  'no_value',
  'value_too_large',
  /** Of fold version 1 alone: version 2 tells the causes apart. */
  'not_utf8_json',
  'byte_order_mark',
  'schema_registry_format',
  'compressed_value',
  'binary_format',
  'not_utf8',
  'not_json',
  'not_an_object',
  'duplicate_member',
  'not_wire_format',
  'schema_rejected',
  'value_undecodable',
  'not_a_payment',
  'field_missing',
  'field_invalid',
  'currency_unknown',
  'amount_not_exact',
  'amount_out_of_range',
  'timestamp_not_exact',
  'record_time_missing',
  'event_time_in_future',
  'event_time_too_old',
  'key_missing',
  'key_not_sender',
  'key_not_transaction',
  'key_not_path',
  'key_wrong_partition',
  'column_invalid',
] as const;
export type ReasonCode = (typeof REASON_CODES)[number];

/** One record as the log holds it. `value` and `key` are the raw bytes. */
export interface LogRecord {
  readonly offset: number;
  /** The record's own Kafka timestamp (CreateTime or LogAppendTime). */
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Of a record too large to be held: `key` and `value` are then only as much of their beginnings as rows need. */
  readonly oversized?: OversizedFacts;
  /**
   * The value of the last header of this name; null if there is none, or its value is null, or the record has more than
   * 1 MiB of headers. Left out where a log has no headers.
   */
  header?(name: string): Buffer | null;
}

/** What is known of a record that was read in pieces, over all of its bytes. */
export interface OversizedFacts {
  /** 0 where the value is null. */
  readonly valueByteLength: number;
  /** As hashBytes gives it for the whole value. */
  readonly valueHash: { readonly high: number; readonly low: number };
  /** As recordFingerprint gives it for the whole record. */
  readonly fingerprint: string;
}

/** A valid payment event: the columns of PAYMENT_COLUMNS, and what the rules keep beside them. */
export interface Payment extends ValuesOf<typeof PAYMENT_COLUMNS> {
  /** Further columns of payment_transactions by name, in canonical text form; without those that are NULL. Not hashed. */
  readonly further?: Readonly<Record<string, string>>;
}

export interface FraudAssessment extends ValuesOf<typeof FRAUD_COLUMNS> {
  readonly riskAmount: 'HIGH' | 'MEDIUM' | 'LOW';
}

/** A row of payment_transactions. */
export interface TransactionRow {
  readonly kafkaOffset: number;
  readonly payment: Payment;
}

/** A row of payment_transactions_fraud; the fold yields this one object for both tables. */
export interface AcceptedRow extends TransactionRow {
  readonly fraud: FraudAssessment;
}

/** A row of payment_metrics_partials: one closed window of one partition, region and currency. */
export interface PartialRow {
  /** Offset of the record that moved the watermark past the window's end. */
  readonly kafkaOffset: number;
  readonly windowStartMs: number;
  readonly windowEndMs: number;
  readonly region: string;
  readonly currency: string;
  readonly transactionCount: number;
  readonly totalAmount: Nanos;
  readonly minAmount: Nanos;
  readonly maxAmount: Nanos;
}

/** A row of payment_exceptions. */
export interface ExceptionRow {
  readonly kafkaOffset: number;
  readonly disposition: Exclude<Disposition, 'accepted'>;
  /** A reason code with what it is about, as `field_missing: currency`; null unless rejected. */
  readonly reason: string | null;
  readonly transactionId: string | null;
  readonly eventTimeMs: number | null;
  readonly recordTimeMs: number;
  /** For a duplicate: the offset of the record that was accepted; null if another pipeline wrote the payment. */
  readonly firstKafkaOffset: number | null;
  /** For a duplicate: whether a business field differs from the accepted one. */
  readonly conflict: boolean;
  /**
   * Duplicate and late: the canonical columns as JSON (backfill needs them). Rejected: the raw value, decoded, card
   * numbers masked, cut at 64 KiB of UTF-8; null where there is no value.
   */
  readonly payload: string | null;
  /** 16 hex digits. Duplicate and late: hash of the canonical columns. Rejected: hash of the raw value. */
  readonly payloadHash: string | null;
}

/** The row type of each data table, as read back or as the fold yields it. */
export interface DataRows {
  payment_transactions: TransactionRow;
  payment_transactions_fraud: AcceptedRow;
  payment_metrics_partials: PartialRow;
  payment_exceptions: ExceptionRow;
}

export interface Counters {
  consumed: number;
  accepted: number;
  duplicates: number;
  late: number;
  rejected: number;
}

/** What the state depends on: fixed when a partition is seeded. */
export interface FixedSettings {
  /** An id stays known while its event time >= watermark - idHorizonMs. Default 0: while it is not late. */
  readonly idHorizonMs: number;
  readonly windowMs: number;
  /** Span of the sender activity that the fraud rules count. */
  readonly activitySpanMs: number;
  readonly minEventTimeMs: number;
}

/** What decisions depend on: may change between runs; the ownership row keeps their history. */
export interface DecisionSettings {
  readonly watermarkDelayMs: number;
  readonly allowedSkewMs: number;
  /** Greatest amount accepted, a decimal string. */
  readonly maxAmount: string;
  /** `murmur2`: reject a record whose key hashes to another partition (the Java client's default partitioner). */
  readonly partitioner: 'any' | 'murmur2';
  readonly fraud: FraudRules;
}

/** One entry of the settings history: records at and past `fromOffset` are folded with it. */
export interface SettingsEntry {
  readonly fromOffset: number;
  readonly foldVersion: number;
  /** Of an entry with rules, `fraud` is theirs. */
  readonly decision: DecisionSettings;
  /** Which change of the settings it is: anybody who changes them raises it. Without it: 0 (entries of older releases). */
  readonly revision?: number;
  /** How a record becomes a payment. Without them: the built-in event. */
  readonly rules?: LoadedRules;
  /** Set where the topic had another number of partitions from this offset on. */
  readonly generation?: Generation;
}

/** The topic since its partition count was changed: keys may go to other partitions than before. */
export interface Generation {
  readonly partitions: number;
  /** The greatest watermark of any partition at the change: earlier payments are late everywhere, and no id below it is missed. */
  readonly floorMs: number;
  /** The partitions before the change, and where each ended: what they accepted is remembered by all. */
  readonly sources: readonly { readonly partition: number; readonly offset: number }[];
  /** What another pipeline had written before this topic was first processed: remembered by all partitions, too. */
  readonly known?: KnownList;
}

/** A payment that stands in a table of another pipeline. */
export interface KnownPayment {
  readonly transactionId: string;
  readonly eventTimeMs: number;
}

/** A list in known_payments. What can be known at the start is what it has from `fromMs` on. */
export interface KnownList {
  /** Names its rows. */
  readonly list: string;
  /** Event times of the payments that can be known: [fromMs, toMs]. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Of those payments: their number, and an order-free digest (known-elsewhere.ts). */
  readonly count: number;
  readonly digest: string;
}

/** One remembered payment: a known id and one piece of sender activity. */
export interface RememberedPayment {
  readonly offset: number;
  readonly transactionId: string;
  readonly eventTimeMs: number;
  /** Hash of the canonical columns, two unsigned 32-bit lanes. */
  readonly hashHigh: number;
  readonly hashLow: number;
  readonly senderAccountId: string;
  readonly deviceId: string;
}

/** Remembered payments in offset order, to be gone through once or more. */
export interface RememberedList extends Iterable<RememberedPayment> {
  readonly length: number;
}

export interface OpenWindow {
  readonly windowStartMs: number;
  readonly region: string;
  readonly currency: string;
  readonly transactionCount: number;
  readonly totalAmount: Nanos;
  readonly minAmount: Nanos;
  readonly maxAmount: Nanos;
}

/** Everything that describes a state at one offset but its entries. */
export interface StateHead {
  /** Every record below it is folded in. */
  readonly nextOffset: number;
  readonly watermarkMs: number;
  readonly counters: Readonly<Counters>;
  /** `v<DIGEST_VERSION>:<hex>`: order-free over the live entries; see state-head.ts. */
  readonly digest: string;
}

/** What a local store must write to move from one head to the next. */
export interface StateDelta {
  readonly fromOffset: number;
  readonly head: StateHead;
  /** Payments accepted since, in offset order. */
  readonly remembered: RememberedList;
  /** Open windows that changed since, whole. */
  readonly windows: readonly OpenWindow[];
  /** Windows that start below this are closed (their end <= the head's watermark), for good. */
  readonly windowsLiveFromMs: number;
  /** Entries with an event time below these are dead, for good. */
  readonly idsLiveFromMs: number;
  readonly activityLiveFromMs: number;
}

/** A state as a local store returns it. Entries may come in any order; dead ones may be among them. */
export interface StoredState {
  readonly head: StateHead;
  readonly ids: Iterable<Pick<RememberedPayment, 'offset' | 'transactionId' | 'eventTimeMs' | 'hashHigh' | 'hashLow'>>;
  readonly activity: Iterable<
    Pick<RememberedPayment, 'offset' | 'eventTimeMs' | 'hashHigh' | 'hashLow' | 'senderAccountId' | 'deviceId'>
  >;
  readonly windows: Iterable<OpenWindow>;
}
