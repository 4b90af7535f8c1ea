/** The columns of each table's rows, in the order of payments/columns.ts. */
import type { Data } from 'apache-arrow';
import { type AcceptedBatch, AMOUNT_WORDS, RISKS, ROW_NUMBER, ROW_NUMBERS } from '../../payments/accepted-batch.ts';
import { type ColumnKind, DATA_COLUMNS, PAYMENT_COLUMNS, type PaymentColumn } from '../../payments/columns.ts';
import { cellOf } from '../../payments/row-cells.ts';
import type { DataRows } from '../../payments/types.ts';
import {
  boolColumn,
  bytesTextColumn,
  chosenTextColumn,
  constantInt64Column,
  constantTimestampColumn,
  int64Column,
  numericColumn,
  stridedBoolColumn,
  stridedInt64Column,
  stridedTimestampColumn,
  textColumn,
  timestampColumn,
  wordsNumericColumn,
} from './arrow-columns.ts';
import type { Scratch } from './column-memory.ts';
import { furtherColumn } from './further-columns.ts';

/** What every row carries besides its own columns. */
export interface RowStamp {
  readonly partition: number;
  readonly writerEpoch: number;
  readonly processedAtMs: number;
}

function stampColumns(scratch: Scratch, rows: readonly { readonly kafkaOffset: number }[], stamp: RowStamp): Data[] {
  return [
    constantInt64Column(scratch, stamp.partition, rows.length),
    int64Column(rows.map((row) => row.kafkaOffset)),
    constantInt64Column(scratch, stamp.writerEpoch, rows.length),
    constantTimestampColumn(scratch, stamp.processedAtMs, rows.length),
  ];
}

/** Columns of rows [from, to), wrapped as they are where they can be: this is on the path of every payment. */
export function paymentColumns(
  scratch: Scratch,
  rows: AcceptedBatch,
  stamp: RowStamp,
  from: number,
  to: number,
): Data[] {
  const { numbers } = rows;
  const length = to - from;
  const first = from * ROW_NUMBERS;
  let text = 0;
  const ofPayment = ({ kind, nullable }: PaymentColumn): Data => {
    if (kind === 'decimal')
      return wordsNumericColumn(rows.amounts.subarray(from * AMOUNT_WORDS, to * AMOUNT_WORDS), length);
    if (kind === 'time')
      return stridedTimestampColumn(scratch, numbers, first + ROW_NUMBER.eventTimeMs, ROW_NUMBERS, length);
    const { bytes, offsets } = rows.texts[text++]!;
    // An empty text stands for NULL, and only rules let a text be missing.
    const isNullable = nullable === 'by_rules' && rows.layout.nullRoles;
    return bytesTextColumn(scratch, bytes, offsets, from, to, isNullable ? 'empty' : undefined);
  };
  return [
    constantInt64Column(scratch, stamp.partition, length),
    stridedInt64Column(scratch, numbers, first + ROW_NUMBER.kafkaOffset, ROW_NUMBERS, length),
    constantInt64Column(scratch, stamp.writerEpoch, length),
    constantTimestampColumn(scratch, stamp.processedAtMs, length),
    ...PAYMENT_COLUMNS.map(ofPayment),
  ];
}

/** What payment_transactions has behind paymentColumns. */
export function furtherColumns(scratch: Scratch, rows: AcceptedBatch, from: number, to: number): Data[] {
  return rows.layout.further.map((column, at) => furtherColumn(scratch, column, rows.furtherTexts(at), from, to));
}

/** What payment_transactions_fraud has besides paymentColumns. */
export function fraudColumns(scratch: Scratch, rows: AcceptedBatch, from: number, to: number): Data[] {
  const { numbers, risks } = rows;
  const length = to - from;
  const first = from * ROW_NUMBERS;
  const integers = (which: number) => stridedInt64Column(scratch, numbers, first + which, ROW_NUMBERS, length);
  return [
    chosenTextColumn(scratch, RISKS, risks.subarray(from, to), length),
    integers(ROW_NUMBER.txnCount5Min),
    integers(ROW_NUMBER.uniqueDevicesSender),
    integers(ROW_NUMBER.geographicRisk),
    integers(ROW_NUMBER.fraudScore),
    stridedBoolColumn(scratch, numbers, first + ROW_NUMBER.isHighRisk, ROW_NUMBERS, length),
  ];
}

/** The columns of rows that are objects. */
export function objectColumns<T extends 'payment_metrics_partials' | 'payment_exceptions'>(
  table: T,
  scratch: Scratch,
  rows: readonly DataRows[T][],
  stamp: RowStamp,
): Data[] {
  return [
    ...stampColumns(scratch, rows, stamp),
    ...DATA_COLUMNS[table].map((column) => MAKE[column.kind](rows.map(cellOf<T>(column)) as never)),
  ];
}

/** A column of values, by its kind. */
const MAKE = {
  text: textColumn,
  integer: int64Column,
  decimal: numericColumn,
  time: timestampColumn,
  truth: boolColumn,
} as const satisfies Record<ColumnKind, unknown>;
