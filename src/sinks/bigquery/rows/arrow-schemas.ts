/** Column names, types and nullability of the tables that are appended to, in the order of sql/tables. */
import { Field, Schema } from 'apache-arrow';
import type { AppendTable } from '../../../payments/types.ts';
import { COLUMN_TYPES } from './arrow-columns.ts';

type ColumnType = keyof typeof COLUMN_TYPES;
/** [name, type], nullable with a third element. */
type Column = readonly [string, ColumnType] | readonly [string, ColumnType, 'nullable'];

const STAMP: readonly Column[] = [
  ['kafka_partition', 'int64'],
  ['kafka_offset', 'int64'],
  ['writer_epoch', 'int64'],
  ['processed_at', 'timestamp'],
];

const PAYMENT: readonly Column[] = [
  ['transaction_id', 'text'],
  ['sender_account_id', 'text'],
  ['receiver_account_id', 'text'],
  ['amount', 'numeric'],
  ['currency', 'text'],
  ['device_id', 'text'],
  ['ip_address', 'text'],
  ['event_time', 'timestamp'],
  ['region', 'text'],
  ['payment_method', 'text'],
];

export const COLUMNS: Readonly<Record<AppendTable, readonly Column[]>> = {
  payment_transactions: [...STAMP, ...PAYMENT],
  payment_transactions_fraud: [
    ...STAMP,
    ...PAYMENT,
    ['risk_amount', 'text'],
    ['txn_count_5min', 'int64'],
    ['unique_devices_sender', 'int64'],
    ['geographic_risk', 'int64'],
    ['fraud_score', 'int64'],
    ['is_high_risk', 'bool'],
  ],
  payment_metrics_partials: [
    ...STAMP,
    ['window_start', 'timestamp'],
    ['window_end', 'timestamp'],
    ['region', 'text'],
    ['currency', 'text'],
    ['transaction_count', 'int64'],
    ['total_amount', 'numeric'],
    ['min_amount', 'numeric'],
    ['max_amount', 'numeric'],
  ],
  payment_exceptions: [
    ...STAMP,
    ['disposition', 'text'],
    ['reason', 'text', 'nullable'],
    ['transaction_id', 'text', 'nullable'],
    ['event_time', 'timestamp', 'nullable'],
    ['record_time', 'timestamp'],
    ['first_kafka_offset', 'int64', 'nullable'],
    ['conflict', 'bool'],
    ['payload', 'text', 'nullable'],
    ['payload_hash', 'text', 'nullable'],
  ],
  checkpoint_log: [
    ['kafka_partition', 'int64'],
    ['writer_epoch', 'int64'],
    ['processed_at', 'timestamp'],
    ['topic', 'text'],
    ['owner', 'text'],
    ['next_offset', 'int64'],
    ['watermark', 'timestamp'],
    ['consumed', 'int64'],
    ['accepted', 'int64'],
    ['duplicates', 'int64'],
    ['late', 'int64'],
    ['rejected', 'int64'],
    ['stream_offsets', 'text'],
    ['state_digest', 'text'],
    ['record_fingerprint', 'text', 'nullable'],
    ['written_at', 'timestamp'],
  ],
};

export function arrowSchema(table: AppendTable): Schema {
  return new Schema(
    COLUMNS[table].map(([name, type, nullable]) => new Field(name, COLUMN_TYPES[type], nullable !== undefined)),
  );
}
