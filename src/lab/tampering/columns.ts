/**
 * The columns of every table of a dataset, and what their cells may hold. A test holds them to sql/tables. No judgement here:
 * what a changed cell means is for `verify` to say.
 */

import { COLUMNS } from '../../checks/inputs/table-columns.ts';
import type { ColumnKind as ReadKind } from '../../payments/columns.ts';

/** `whole`: the text of a whole number of 64 bits. */
export type ColumnKind = ReadKind | 'json' | 'whole';

/** A cell as the table holds it: a time is ms since the epoch (a fraction for microseconds), a decimal its text. */
export type Cell = string | number | boolean | null;
export type Row = Readonly<Record<string, Cell>>;

const PLACE = {
  kafka_partition: 'integer',
  kafka_offset: 'integer',
  writer_epoch: 'integer',
  processed_at: 'time',
} as const;

export const TABLE_COLUMNS = {
  payment_transactions: { ...PLACE, ...COLUMNS.payment_transactions },
  payment_transactions_fraud: { ...PLACE, ...COLUMNS.payment_transactions_fraud },
  payment_metrics_partials: { ...PLACE, ...COLUMNS.payment_metrics_partials },
  payment_exceptions: { ...PLACE, ...COLUMNS.payment_exceptions },
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
  rules: { sha256: 'text', revision: 'integer', text: 'text', written_at: 'time' },
  event_schemas: { schema_id: 'integer', sha256: 'text', text: 'text', written_at: 'time' },
} as const satisfies Readonly<Record<string, Readonly<Record<string, ColumnKind>>>>;

export type TableName = keyof typeof TABLE_COLUMNS;
export const TABLE_NAMES = Object.keys(TABLE_COLUMNS) as TableName[];

/** Further columns that the rules of some datasets have, by the name that they have in all of them. */
export const FURTHER_COLUMNS: Readonly<Record<string, ColumnKind>> = {
  order_id: 'text',
  quantity: 'whole',
  fee: 'decimal',
  order_kind: 'text',
  received_at: 'time',
  is_gift: 'truth',
  order_json: 'json',
};

export function kindOf(table: TableName, column: string): ColumnKind {
  return columnsOf(table)[column] ?? FURTHER_COLUMNS[column]!;
}

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
