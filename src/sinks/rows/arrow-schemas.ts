/** Arrow schemas of the tables that are appended to, by payments/columns.ts and the layout of a partition's rows. */
import { Field, Schema } from 'apache-arrow';
import { TABLE_COLUMNS } from '../../payments/columns.ts';
import { BUILT_IN_LAYOUT, type RowLayout } from '../../payments/row-layout.ts';
import type { AppendTable } from '../../payments/types.ts';
import { COLUMN_TYPES } from './arrow-columns.ts';
import { furtherField } from './further-columns.ts';

/** Without rules no role is NULL: a field that may be NULL does not fit a table in which it is still REQUIRED. */
export function arrowSchema(table: AppendTable, { nullRoles, further }: RowLayout = BUILT_IN_LAYOUT): Schema {
  const fields = TABLE_COLUMNS[table].map(
    ({ name, kind, nullable }) =>
      new Field(name, COLUMN_TYPES[kind], nullable === true || (nullable === 'by_rules' && nullRoles)),
  );
  return new Schema(table === 'payment_transactions' ? [...fields, ...further.map(furtherField)] : fields);
}
