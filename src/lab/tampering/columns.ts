/**
 * The columns of every table of a dataset, and what their cells may hold. A test holds them to sql/tables. No judgement here:
 * what a changed cell means is for `verify` to say.
 */
export type ColumnKind = 'text' | 'integer' | 'decimal' | 'time' | 'truth' | 'json';

/** A cell as the table holds it: a time is ms since the epoch (a fraction for microseconds), a decimal its text. */
export type Cell = string | number | boolean | null;
export type Row = Readonly<Record<string, Cell>>;

const PLACE = {
  kafka_partition: 'integer',
  kafka_offset: 'integer',
  writer_epoch: 'integer',
  processed_at: 'time',
} as const;

const PAYMENT = {
  ...PLACE,
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

export const TABLE_COLUMNS = {
  payment_transactions: PAYMENT,
  payment_transactions_fraud: {
    ...PAYMENT,
    risk_amount: 'text',
    txn_count_5min: 'integer',
    unique_devices_sender: 'integer',
    geographic_risk: 'integer',
    fraud_score: 'integer',
    is_high_risk: 'truth',
  },
  payment_metrics_partials: {
    ...PLACE,
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
    ...PLACE,
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
  checkpoint_log: {
    kafka_partition: 'integer',
    writer_epoch: 'integer',
    processed_at: 'time',
    topic: 'text',
    owner: 'text',
    next_offset: 'integer',
    watermark: 'time',
    consumed: 'integer',
    accepted: 'integer',
    duplicates: 'integer',
    late: 'integer',
    rejected: 'integer',
    stream_offsets: 'json',
    state_digest: 'text',
    record_fingerprint: 'text',
    written_at: 'time',
  },
  partition_ownership: {
    topic: 'text',
    kafka_partition: 'integer',
    epoch: 'integer',
    owner: 'text',
    claim_id: 'text',
    claimed_at: 'time',
    streams: 'json',
    partition_count: 'integer',
    start_offset: 'integer',
    fixed_settings: 'json',
    settings_history: 'json',
    skipped: 'json',
  },
  backfill_turns: {
    topic: 'text',
    turn: 'integer',
    turn_id: 'text',
    owner: 'text',
    taken_at: 'time',
    pending: 'text',
  },
  accepted_losses: {
    table_name: 'text',
    kafka_partition: 'integer',
    rows_lost: 'integer',
    below_offset: 'integer',
    reason: 'text',
    accepted_by: 'text',
    accepted_at: 'time',
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, ColumnKind>>>>;

export type TableName = keyof typeof TABLE_COLUMNS;
export const TABLE_NAMES = Object.keys(TABLE_COLUMNS) as TableName[];

export function columnsOf(table: TableName): Readonly<Record<string, ColumnKind>> {
  return TABLE_COLUMNS[table];
}

/** Those that a run of the pipeline writes: what `verify` reads. */
export const APPENDED_OR_OWNED: readonly TableName[] = [
  'payment_transactions',
  'payment_transactions_fraud',
  'payment_metrics_partials',
  'payment_exceptions',
  'checkpoint_log',
  'partition_ownership',
];
