/**
 * A table as it must be, against the table as it is. Pure. Columns that somebody added are fine where they may be null: nothing
 * of ours reads or writes them. Anything else is a finding about the table, with the statement that mends it.
 */
import { type DatasetRef, quotedTable } from '../identifiers.ts';
import { quotedColumn } from '../rows/further-columns.ts';
import type { ExtraColumn } from './extra-columns.ts';
import type { Alteration, Finding } from './findings.ts';
import type { DatasetResource, FieldResource, TableResource } from './look-at-dataset.ts';
import type { WantedColumn, WantedTable } from './wanted-tables.ts';

export interface CompareOptions {
  readonly dataset: DatasetRef;
  /**
   * An emulator does not say how a table is partitioned and clustered, and calls JSON a STRING: what it leaves out is not
   * compared there.
   */
  readonly isEmulator: boolean;
}

export interface Comparison {
  readonly findings: readonly Finding[];
  /** What costs time or money, or could become a problem, and breaks nothing now. */
  readonly warnings: readonly string[];
  /** Columns that it has beside ours. */
  readonly extra: readonly ExtraColumn[];
}

/** `found` is there; whether it is the same table as before is not asked here. */
export function compareTable(wanted: WantedTable, found: TableResource, options: CompareOptions): Comparison {
  const table = quotedTable(options.dataset, wanted.name);
  const problems: Problem[] = [
    ...typeProblems(wanted, found),
    ...rulesProblems(wanted, found, table, options),
    ...columnProblems(wanted, found, table, options),
    ...partitioningProblems(wanted, found, options),
    ...expiryProblems(found, table),
    ...collationProblems(wanted, found),
  ];
  const findings = problems.map((problem): Finding => ({ code: 'table_changed', table: wanted.name, ...problem }));
  return { findings, warnings: warningsOf(wanted, found, options), extra: extraOf(wanted, found) };
}

/** Defaults of the dataset that a table which is made now would inherit; ours say otherwise. Nothing to refuse, good to know. */
export function datasetWarnings(found: DatasetResource): string[] {
  const hours = Number(found.maxTimeTravelHours ?? 168);
  return [
    ...(found.defaultTableExpirationMs === undefined && found.defaultPartitionExpirationMs === undefined
      ? []
      : ['the dataset has a default expiration: a table that is made by hand would lose its rows by it']),
    ...(isSet(found.defaultCollation) ? [`the dataset has the default collation ${found.defaultCollation}`] : []),
    ...(hours < 168
      ? [`time travel of the dataset reaches back ${hours} hours only: a lost table can be restored no longer`]
      : []),
  ];
}

interface Problem {
  readonly what: string;
  readonly mend: string;
  readonly alteration?: Alteration;
}

const APPLY = 'Run `provenonce schema apply` with this RULES_FILE.';

/** What the rules need of columns: roles that an earlier release made REQUIRED, and further columns that are not there. */
function rulesProblems(wanted: WantedTable, found: TableResource, table: string, options: CompareOptions): Problem[] {
  const byName = fieldsByName(found);
  return wanted.columns.flatMap((column): Problem[] => {
    const { name, nullRole, furtherSql } = column;
    const field = byName.get(name);
    if (nullRole === 'now' && isRequiredRole(column, field, options)) {
      const sql = `ALTER TABLE ${table} ALTER COLUMN ${name} DROP NOT NULL`;
      const alteration = { table: wanted.name, sql, what: `column ${name} may be NULL` };
      return [{ what: `column ${name} is REQUIRED, and the rules let it be NULL`, mend: APPLY, alteration }];
    }
    if (furtherSql === undefined || field !== undefined) return [];
    const sql = `ALTER TABLE ${table} ADD COLUMN IF NOT EXISTS ${quotedColumn(name)} ${furtherSql}`;
    const alteration = { table: wanted.name, sql, what: `column ${name} ${furtherSql} is added` };
    return [{ what: `column ${name} of the rules is missing`, mend: APPLY, alteration }];
  });
}

/** As an earlier release made it; without rules that is fine. */
function isRequiredRole(column: WantedColumn, field: FieldResource | undefined, options: CompareOptions): boolean {
  if (column.nullRole === undefined || field === undefined) return false;
  return modeOf(field) === 'REQUIRED' && hasType(column, field, options);
}

/** Column names are case-insensitive there. */
function fieldsByName(found: TableResource): ReadonlyMap<string, FieldResource> {
  return new Map((found.schema?.fields ?? []).map((field) => [field.name.toLowerCase(), field]));
}

const MAKE_ANEW =
  'Stop the processors, copy its rows into a table made by the statement of `provenonce schema print` under another name, ' +
  'put that in its place, and run `provenonce schema apply --accept-restored TABLE`.';

function makeAnew(table: string): string {
  return MAKE_ANEW.replace('TABLE', table);
}

function typeProblems(wanted: WantedTable, { type }: TableResource): Problem[] {
  if (type === undefined || type === 'TABLE') return [];
  return [{ what: `it is a ${type}, not a table that can be written to`, mend: makeAnew(wanted.name) }];
}

function columnProblems(wanted: WantedTable, found: TableResource, table: string, options: CompareOptions): Problem[] {
  const fields = found.schema?.fields ?? [];
  const byName = fieldsByName(found);
  const names = new Set(wanted.columns.map(({ name }) => name));
  const extra = fields.filter(({ name }) => !names.has(name.toLowerCase()));
  const missing = wanted.columns.filter(({ name, furtherSql }) => !byName.has(name) && furtherSql === undefined);
  const problems: Problem[] = [];
  const renamed = new Set<string>();
  for (const column of missing) {
    const candidates = extra.filter((field) => isSame(column, field, options) && !renamed.has(field.name));
    const one = candidates.length === 1 ? candidates[0] : undefined;
    if (one !== undefined) renamed.add(one.name);
    problems.push({ what: `column ${column.name} is missing`, mend: mendMissing(column, one, wanted.name, table) });
  }
  for (const column of wanted.columns) {
    const field = byName.get(column.name);
    if (field !== undefined && !isSame(column, field, options) && !isRequiredRole(column, field, options)) {
      problems.push({
        what: `column ${column.name} is ${typeOf(field)} ${modeOf(field)}, and must be ${column.type} ${column.mode}`,
        mend:
          modeOf(field) === 'REQUIRED' && hasType(column, field, options)
            ? `Run \`ALTER TABLE ${bare(table)} ALTER COLUMN ${column.name} DROP NOT NULL\`.`
            : column.furtherSql === undefined
              ? makeAnew(wanted.name)
              : 'The type of a column never changes: give the column another name in the rules. Where no row was written yet, use another BIGQUERY_DATASET.',
      });
    }
  }
  for (const field of extra) {
    if (modeOf(field) !== 'REQUIRED' || renamed.has(field.name)) continue;
    problems.push({
      what: `column ${field.name} was added and is REQUIRED, so no row of ours can be written`,
      mend: `Run \`ALTER TABLE ${bare(table)} ALTER COLUMN ${field.name} DROP NOT NULL\`.`,
    });
  }
  return problems;
}

function mendMissing(column: WantedColumn, renamed: FieldResource | undefined, name: string, table: string): string {
  if (renamed !== undefined) {
    return `If ${renamed.name} is that column: \`ALTER TABLE ${bare(table)} RENAME COLUMN ${renamed.name} TO ${column.name}\`.`;
  }
  if (column.mode === 'NULLABLE') {
    return `Run \`ALTER TABLE ${bare(table)} ADD COLUMN ${column.name} ${column.type}\`, and restore its values.`;
  }
  return makeAnew(name);
}

function isSame(column: WantedColumn, field: FieldResource, options: CompareOptions): boolean {
  return hasType(column, field, options) && modeOf(field) === column.mode;
}

function hasType({ type }: WantedColumn, field: FieldResource, { isEmulator }: CompareOptions): boolean {
  if (type === 'NUMERIC' && Number(field.scale ?? 9) < 9) return false;
  return field.type === type || (isEmulator && type === 'JSON' && field.type === 'STRING');
}

function typeOf({ type, precision, scale }: FieldResource): string {
  return precision === undefined ? type : `${type}(${precision}${scale === undefined ? '' : `, ${scale}`})`;
}

function modeOf({ mode }: FieldResource): string {
  return mode ?? 'NULLABLE';
}

function partitioningProblems(wanted: WantedTable, found: TableResource, { isEmulator }: CompareOptions): Problem[] {
  const { timePartitioning: time, rangePartitioning: range } = found;
  if (isEmulator && time === undefined && range === undefined) return [];
  const is = partitioningText(found);
  const must = wantedText(wanted.partitioning);
  return is === must ? [] : [{ what: `it is ${is}, and must be ${must}`, mend: makeAnew(wanted.name) }];
}

function partitioningText({ timePartitioning: time, rangePartitioning: range }: TableResource): string {
  if (time !== undefined) return `partitioned by ${time.type ?? 'DAY'} of ${time.field ?? 'arrival'}`;
  if (range === undefined) return 'not partitioned';
  const { start = '0', end, interval } = range.range ?? {};
  return `partitioned by ranges of ${range.field} from ${start} to ${end} by ${interval}`;
}

function wantedText(partitioning: WantedTable['partitioning']): string {
  if (partitioning.kind === 'none') return 'not partitioned';
  if (partitioning.kind === 'day') return `partitioned by DAY of ${partitioning.column}`;
  const { column, start, end, interval } = partitioning;
  return `partitioned by ranges of ${column} from ${start} to ${end} by ${interval}`;
}

function expiryProblems(found: TableResource, table: string): Problem[] {
  const set = (option: string): string => `Run \`ALTER TABLE ${bare(table)} SET OPTIONS (${option})\`.`;
  const { expirationTime, timePartitioning: time } = found;
  const problems: Problem[] = [];
  if (isSet(expirationTime)) {
    const at = new Date(Number(expirationTime)).toISOString();
    problems.push({ what: `it expires at ${at}, with all rows`, mend: set('expiration_timestamp = NULL') });
  }
  if (isSet(time?.expirationMs) && time?.expirationMs !== '0') {
    const days = Number(time?.expirationMs) / 86_400_000;
    problems.push({ what: `its partitions expire after ${days} days`, mend: set('partition_expiration_days = NULL') });
  }
  if (found.requirePartitionFilter === true || time?.requirePartitionFilter === true) {
    problems.push({
      what: 'it takes only queries that filter by its partitioning column',
      mend: set('require_partition_filter = FALSE'),
    });
  }
  return problems;
}

/** By a collation, ids that differ in case alone would be one id to DISTINCT, joins and MERGE. */
function collationProblems(wanted: WantedTable, found: TableResource): Problem[] {
  const names = new Set(wanted.columns.map(({ name }) => name));
  const collated = (found.schema?.fields ?? []).filter(({ name, collation }) => names.has(name) && isSet(collation));
  if (collated.length === 0) return [];
  const columns = collated.map(({ name, collation }) => `${name} (${collation})`).join(', ');
  return [{ what: `strings are compared by a collation in ${columns}`, mend: makeAnew(wanted.name) }];
}

function warningsOf(wanted: WantedTable, found: TableResource, { isEmulator }: CompareOptions): string[] {
  const clustered = found.clustering?.fields ?? [];
  const isClusteredElse = clustered.join() !== wanted.clustering.join() && !(isEmulator && clustered.length === 0);
  return [
    ...(isClusteredElse
      ? [`${wanted.name} is clustered by ${clustered.join(', ') || 'nothing'}, not by ${wanted.clustering.join(', ')}`]
      : []),
  ];
}

function extraOf(wanted: WantedTable, found: TableResource): ExtraColumn[] {
  const names = new Set(wanted.columns.map(({ name }) => name));
  return (found.schema?.fields ?? [])
    .filter(({ name }) => !names.has(name.toLowerCase()))
    .map(({ name }) => ({ table: wanted.name, name }));
}

function isSet(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}

/** For a statement within backticks of Markdown and shells: the name without its own. */
function bare(table: string): string {
  return table.replaceAll('`', '');
}
