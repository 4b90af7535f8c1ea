/** A table of the location against what this release writes: its columns, and whether it is one of the set that was made together. */
import type { RowLayout } from '../../../payments/row-layout.ts';
import type { TableFinding } from '../../findings.ts';
import type { TableMetadata } from '../ports.ts';
import {
  DELTA_COLUMNS,
  type DeltaField,
  type DeltaTableName,
  deltaField,
  fieldsOf,
  furtherTableColumn,
  type TableColumn,
} from './table-columns.ts';

/** Of all tables of a location: made up when the first of them is made. */
export const SET_PROPERTY = 'provenonce.set';

export interface TableComparison {
  readonly findings: readonly TableFinding[];
  /** Columns of the rules that the table does not have yet. */
  readonly toAdd: readonly TableColumn[];
  /** Columns that no rules given here name. */
  readonly extra: readonly string[];
}

const APPLY = 'Run `provenonce schema apply --sink delta` with the same rules.';
const RESTORE = 'Restore the table as it was (runbook, table_changed), or use another DELTA_LOCATION.';

/** `set`: that of partition_ownership. */
export function compareTable(
  name: DeltaTableName,
  metadata: TableMetadata,
  set: string | undefined,
  layout: RowLayout,
): TableComparison {
  const changed = (what: string, mend = RESTORE): TableFinding => ({ code: 'table_changed', table: name, what, mend });
  const findings: TableFinding[] = [];
  let fields: readonly DeltaField[] = [];
  try {
    fields = fieldsOf(metadata.schemaString);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return { findings: [changed(error.message)], toAdd: [], extra: [] };
  }
  if (metadata.partitionColumns.length > 0)
    findings.push(changed(`it is partitioned by ${metadata.partitionColumns.join(', ')}`));
  if (metadata.configuration['delta.setTransactionRetentionDuration'] !== undefined)
    findings.push(
      changed(
        'delta.setTransactionRetentionDuration is set, so positions will be forgotten',
        `Remove it: ALTER TABLE ${name} UNSET TBLPROPERTIES ('delta.setTransactionRetentionDuration').`,
      ),
    );
  if (set !== undefined && metadata.configuration[SET_PROPERTY] !== set)
    findings.push({
      code: 'table_replaced',
      table: name,
      what: 'it was not made together with partition_ownership: the table that was here was replaced',
      mend: 'Restore the table that was here (runbook, table_replaced), or use another DELTA_LOCATION.',
    });
  const byName = new Map(fields.map((field) => [field.name.toLowerCase(), field]));
  const further = name === 'payment_transactions' ? layout.further.map(furtherTableColumn) : [];
  const toAdd = further.filter((column) => !byName.has(column.name.toLowerCase()));
  const wanted = [...DELTA_COLUMNS[name], ...further.filter((column) => !toAdd.includes(column))];
  for (const column of wanted)
    findings.push(...columnFindings(deltaField(column), byName.get(column.name.toLowerCase()), changed));
  const names = new Set(wanted.map((column) => column.name.toLowerCase()));
  const extra = fields.filter((field) => !names.has(field.name.toLowerCase()));
  for (const field of extra)
    if (!field.nullable)
      findings.push(changed(`column ${field.name} was added and may not be NULL, so no row can be written`));
  return { findings, toAdd, extra: extra.map((field) => field.name) };
}

/** For a process, which adds no columns: those of its rules must be there. */
export function missingColumns(name: DeltaTableName, toAdd: readonly TableColumn[]): TableFinding[] {
  return toAdd.map((column) => ({
    code: 'table_changed',
    table: name,
    what: `column ${column.name} of the rules is missing`,
    mend: APPLY,
  }));
}

function columnFindings(
  wanted: DeltaField,
  found: DeltaField | undefined,
  changed: (what: string, mend?: string) => TableFinding,
): TableFinding[] {
  if (found === undefined) return [changed(`column ${wanted.name} is missing`)];
  const problems: TableFinding[] = [];
  if (found.name !== wanted.name) problems.push(changed(`column ${wanted.name} is spelled ${found.name}`));
  if (found.type !== wanted.type) {
    const mend =
      'The type of a column never changes: give the column of the rules another name, or use another DELTA_LOCATION.';
    problems.push(changed(`column ${wanted.name} is ${JSON.stringify(found.type)}, and must be ${wanted.type}`, mend));
  }
  if (wanted.nullable && !found.nullable) problems.push(changed(`column ${wanted.name} may not be NULL, and must`));
  return problems;
}
