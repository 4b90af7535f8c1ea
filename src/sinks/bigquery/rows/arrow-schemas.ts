/** Arrow schemas of the tables that are appended to, by payments/columns.ts. */
import { Field, Schema } from 'apache-arrow';
import { TABLE_COLUMNS } from '../../../payments/columns.ts';
import type { AppendTable } from '../../../payments/types.ts';
import { COLUMN_TYPES } from './arrow-columns.ts';

export function arrowSchema(table: AppendTable): Schema {
  return new Schema(
    TABLE_COLUMNS[table].map(({ name, kind, nullable }) => new Field(name, COLUMN_TYPES[kind], nullable ?? false)),
  );
}
