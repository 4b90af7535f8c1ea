/** Rows that are objects to Arrow: for the small tables, whose rows are few. Values by column name. */
import { type Data, Field, makeData, RecordBatch, Schema, Struct } from 'apache-arrow';
import type { ColumnKind } from '../../../payments/columns.ts';
import type { CellValue } from '../../../payments/row-cells.ts';
import {
  boolColumn,
  COLUMN_TYPES,
  decimalColumn,
  int64Column,
  textColumn,
  timestampColumn,
} from '../../rows/arrow-columns.ts';
import { joined, lengthOf, MessageParts } from '../../rows/message-parts.ts';
import type { ArrowRows } from '../ports.ts';
import { DELTA_COLUMNS, type DeltaTableName, type TableColumn } from '../tables/table-columns.ts';
import { type RowStats, spanOf } from './statistics.ts';

/** A decimal is in billionths, a time in ms since the epoch. */
export type RowObject = Readonly<Record<string, CellValue>>;

const MAKE = {
  text: textColumn,
  integer: int64Column,
  decimal: decimalColumn,
  time: timestampColumn,
  truth: boolColumn,
} as const satisfies Record<ColumnKind, unknown>;

/** `further`: columns that the table has besides those of sql/tables. */
export function arrowOfObjects(
  table: DeltaTableName,
  rows: readonly RowObject[],
  further: readonly TableColumn[] = [],
): ArrowRows {
  const columns: readonly TableColumn[] = [...DELTA_COLUMNS[table], ...further];
  const schema = new Schema(columns.map(({ name, kind, nullable }) => new Field(name, COLUMN_TYPES[kind], nullable)));
  const children = columns.map(({ name, kind }): Data => MAKE[kind](rows.map((row) => row[name] ?? null) as never));
  const data = makeData({ type: new Struct(schema.fields), length: rows.length, nullCount: 0, children });
  const written = new MessageParts();
  written.write(new RecordBatch(schema, data));
  return {
    table,
    rowCount: rows.length,
    schemaBytes: joined(written.schema, Buffer.allocUnsafeSlow(lengthOf(written.schema))),
    recordBatchBytes: [joined(written.batch, Buffer.allocUnsafeSlow(lengthOf(written.batch)))],
  };
}

/** Statistics of these rows: of every column of numbers or times. */
export function statsOfObjects(table: DeltaTableName, rows: readonly RowObject[]): RowStats {
  const columns = (DELTA_COLUMNS[table] as readonly TableColumn[]).filter(
    ({ kind }) => kind === 'integer' || kind === 'time',
  );
  return {
    rowCount: rows.length,
    spans: Object.fromEntries(
      columns.map(({ name, kind }) => [
        name,
        spanOf(rows.length, (i) => (rows[i]![name] ?? null) as number | null, kind === 'time'),
      ]),
    ),
  };
}
