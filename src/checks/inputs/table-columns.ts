/** The columns of the tables that `verify` reads, and how; and by what their rows are read a part at a time. */

import type { PackedColumns } from './packed-rows.ts';
import type { CheckedTable } from './verify-inputs.ts';

const POSITION = { kafka_offset: 'integer', writer_epoch: 'integer' } as const;
const PAYMENT = {
  transaction_id: 'text',
  sender_account_id: 'text',
  receiver_account_id: 'text',
  amount: 'decimal',
  currency: 'text',
  device_id: 'text',
  ip_address: 'text',
  event_time: 'time',
  region: 'text',
  payment_method: 'text',
} as const;

export const COLUMNS: Readonly<Record<CheckedTable, PackedColumns>> = {
  payment_transactions: { ...POSITION, ...PAYMENT },
  payment_transactions_fraud: {
    ...POSITION,
    ...PAYMENT,
    risk_amount: 'text',
    txn_count_5min: 'integer',
    unique_devices_sender: 'integer',
    geographic_risk: 'integer',
    fraud_score: 'integer',
    is_high_risk: 'truth',
  },
  payment_metrics_partials: {
    ...POSITION,
    window_start: 'time',
    window_end: 'time',
    region: 'text',
    currency: 'text',
    transaction_count: 'integer',
    total_amount: 'decimal',
    min_amount: 'decimal',
    max_amount: 'decimal',
  },
  payment_exceptions: {
    ...POSITION,
    disposition: 'text',
    reason: 'text',
    transaction_id: 'text',
    event_time: 'time',
    record_time: 'time',
    first_kafka_offset: 'integer',
    conflict: 'truth',
    payload: 'text',
    payload_hash: 'text',
  },
};

/** The column whose days are the partitions of the table; null for the one that is partitioned by kafka_partition. */
export const DAY_COLUMNS: Readonly<Record<CheckedTable, string | null>> = {
  payment_transactions: 'event_time',
  payment_transactions_fraud: 'event_time',
  payment_metrics_partials: 'window_start',
  payment_exceptions: null,
};
