/** The columns of payments that a backfill inserts: how each travels as a parameter, and the value made of it. */
import { type Column, PAYMENT_COLUMNS } from '../../../payments/columns.ts';
import { type CellValue, cellsByName } from '../../../payments/row-cells.ts';
import type { FurtherColumn, FurtherType } from '../../../payments/rules/rules.ts';
import type { Payment } from '../../../payments/types.ts';
import type { BackfilledPayment } from '../../../processor/ports.ts';
import { quotedColumn } from '../rows/further-columns.ts';
import type { QueryType } from './query-values.ts';

/** A column of an inserted row: the member of the parameter that it comes as, and its value made of it. */
export interface InsertedColumn {
  /** In SQL. */
  readonly name: string;
  readonly parameter: string;
  readonly type: QueryType;
  readonly value: string;
  readonly cellOf: (payment: Payment, cells: Readonly<Record<string, CellValue>>) => CellValue | undefined;
}

const PARAMETER_TYPES = {
  text: 'STRING',
  integer: 'INT64',
  // As its decimal text: exact. (A CAST from STRING keeps three decimals in the emulator.)
  decimal: 'NUMERIC',
  time: 'INT64',
  truth: 'BOOL',
} as const;
/** Columns travel as they are, but times: in ms, by the name `<column>_ms`. */
const COLUMNS = (PAYMENT_COLUMNS as readonly Column[]).map(({ name, kind }): InsertedColumn => {
  const parameter = kind === 'time' ? `${name}_ms` : name;
  const value = kind === 'time' ? `TIMESTAMP_MILLIS(p.${parameter})` : `p.${parameter}`;
  return { name, parameter, type: PARAMETER_TYPES[kind], value, cellOf: (_, cells) => cells[name] };
});
const FURTHER_TYPES = {
  string: 'STRING',
  json: 'STRING',
  int64: 'INT64',
  numeric: 'NUMERIC',
  timestamp: 'INT64',
  bool: 'BOOL',
} as const satisfies Record<FurtherType, QueryType>;
export const PLACE_TYPES: Readonly<Record<string, QueryType>> = {
  kafka_partition: 'INT64',
  kafka_offset: 'INT64',
  now_ms: 'INT64',
};
/** All of payment_transactions behind writer_epoch and processed_at, with these further columns. */
export function insertedColumns(further: readonly FurtherColumn[]): InsertedColumn[] {
  return [...COLUMNS, ...further.map(insertedFurther)];
}

/** In its canonical text, which is what the parameter takes. A name of its own: the column's may be a word of SQL. */
function insertedFurther({ name, type }: FurtherColumn, index: number): InsertedColumn {
  const parameter = `further_${index}`;
  return {
    name: quotedColumn(name),
    parameter,
    type: FURTHER_TYPES[type],
    value: type === 'timestamp' ? `TIMESTAMP_MILLIS(p.${parameter})` : `p.${parameter}`,
    cellOf: ({ further }) => (further !== undefined && Object.hasOwn(further, name) ? further[name] : null),
  };
}

export function paymentCells(
  { partition, offset, payment }: BackfilledPayment,
  nowMs: number,
  columns: readonly InsertedColumn[],
) {
  const cells = cellsByName('payment_transactions', { kafkaOffset: offset, payment });
  return {
    kafka_partition: partition,
    kafka_offset: offset,
    now_ms: nowMs,
    ...Object.fromEntries(
      columns.map(({ parameter, cellOf }) => [parameter, (cellOf(payment, cells) ?? null) as string | number | null]),
    ),
  };
}
