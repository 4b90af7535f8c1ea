/**
 * The columns of the eleven tables, in the order of sql/tables, and what they are in Delta Lake: NUMERIC is decimal(38,9), TIMESTAMP is
 * timestamp (microseconds, UTC), INT64 is long, JSON is text. A test holds the names, types and NULLs equal to sql/tables.
 */
import { type Column, type ColumnKind, TABLE_COLUMNS } from '../../../payments/columns.ts';
import type { FurtherColumn, FurtherType } from '../../../payments/rules/rules.ts';

/** A column of a table, without where a row object has its value. */
export interface TableColumn {
  readonly name: string;
  readonly kind: ColumnKind;
  readonly nullable: boolean;
}

const column = (name: string, kind: ColumnKind, nullable = false): TableColumn => ({ name, kind, nullable });
const ofColumns = (columns: readonly Column[]): readonly TableColumn[] =>
  columns.map(({ name, kind, nullable }) => ({ name, kind, nullable: nullable !== undefined }));

export const DELTA_COLUMNS = {
  payment_transactions: ofColumns(TABLE_COLUMNS.payment_transactions),
  payment_transactions_fraud: ofColumns(TABLE_COLUMNS.payment_transactions_fraud),
  payment_metrics_partials: ofColumns(TABLE_COLUMNS.payment_metrics_partials),
  payment_exceptions: ofColumns(TABLE_COLUMNS.payment_exceptions),
  checkpoint_log: ofColumns(TABLE_COLUMNS.checkpoint_log),
  partition_ownership: [
    column('topic', 'text'),
    column('kafka_partition', 'integer'),
    column('epoch', 'integer'),
    column('owner', 'text'),
    column('claim_id', 'text'),
    column('claimed_at', 'time'),
    column('streams', 'text'),
    column('partition_count', 'integer'),
    column('start_offset', 'integer'),
    column('fixed_settings', 'text'),
    column('settings_history', 'text'),
    column('skipped', 'text'),
  ],
  rules: [
    column('sha256', 'text'),
    column('revision', 'integer'),
    column('text', 'text'),
    column('written_at', 'time'),
  ],
  event_schemas: [
    column('schema_id', 'integer'),
    column('sha256', 'text'),
    column('text', 'text'),
    column('written_at', 'time'),
  ],
  known_payments: [column('list', 'text'), column('transaction_id', 'text'), column('event_time', 'time')],
  backfill_turns: [
    column('topic', 'text'),
    column('turn', 'integer'),
    column('turn_id', 'text'),
    column('owner', 'text'),
    column('taken_at', 'time'),
    column('pending', 'text'),
  ],
  accepted_losses: [
    column('table_name', 'text'),
    column('kafka_partition', 'integer', true),
    column('rows_lost', 'integer'),
    column('below_offset', 'integer', true),
    column('reason', 'text'),
    column('accepted_by', 'text'),
    column('accepted_at', 'time'),
  ],
} as const satisfies Readonly<Record<string, readonly TableColumn[]>>;

export type DeltaTableName = keyof typeof DELTA_COLUMNS;
export const DELTA_TABLES = Object.keys(DELTA_COLUMNS) as readonly DeltaTableName[];

const DELTA_TYPES: Readonly<Record<ColumnKind, string>> = {
  text: 'string',
  integer: 'long',
  decimal: 'decimal(38,9)',
  time: 'timestamp',
  truth: 'boolean',
};

const FURTHER_KINDS: Readonly<Record<FurtherType, ColumnKind>> = {
  string: 'text',
  int64: 'integer',
  numeric: 'decimal',
  timestamp: 'time',
  bool: 'truth',
  json: 'text',
};

/** A further column of payment_transactions: always nullable. */
export function furtherTableColumn({ name, type }: FurtherColumn): TableColumn {
  return { name, kind: FURTHER_KINDS[type], nullable: true };
}

/** A field of a Delta schema. Fields may have more members than these. */
export interface DeltaField {
  readonly name: string;
  readonly type: unknown;
  readonly nullable: boolean;
  readonly metadata: Readonly<Record<string, unknown>>;
}

export function deltaField({ name, kind, nullable }: TableColumn): DeltaField {
  return { name, type: DELTA_TYPES[kind], nullable, metadata: {} };
}

/** The text of a schema, as metaData has it. */
export function schemaString(fields: readonly DeltaField[]): string {
  return JSON.stringify({ type: 'struct', fields });
}

/** Throws RangeError for text that is not a schema. */
export function fieldsOf(text: string): readonly DeltaField[] {
  let schema: unknown;
  try {
    schema = JSON.parse(text);
  } catch {
    throw new RangeError('its schema is not JSON');
  }
  const fields = (schema as { fields?: unknown } | null)?.fields;
  const isField = (field: unknown): field is DeltaField =>
    typeof field === 'object' && field !== null && typeof (field as DeltaField).name === 'string';
  if (!Array.isArray(fields) || !fields.every(isField)) throw new RangeError('its schema is not a struct of fields');
  return fields;
}
