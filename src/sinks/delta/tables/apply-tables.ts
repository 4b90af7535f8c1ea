/**
 * Makes what is missing of a location, and nothing beside rows of before. Idempotent, also from several processes at once. Tables are never dropped,
 * and no row is changed: columns are only added, and only when an operator asks.
 *
 * Invariant: partition_ownership is made first and carries the id of the set; a table that is missing beside rows of it was lost.
 */
import type { Runtime } from '../../../base/runtime.ts';
import type { RowLayout } from '../../../payments/row-layout.ts';
import { errorOf, type TableFinding } from '../../findings.ts';
import type { DeltaTable, TableMetadata, TableSnapshot } from '../ports.ts';
import { compareTable, missingColumns, SET_PROPERTY } from './compare-table.ts';
import { foreignError } from './foreign-commits.ts';
import {
  DELTA_COLUMNS,
  DELTA_TABLES,
  type DeltaTableName,
  deltaField,
  fieldsOf,
  furtherTableColumn,
  schemaString,
  type TableColumn,
} from './table-columns.ts';

export type DeltaTables = Readonly<Record<DeltaTableName, DeltaTable>>;

const CONTROL = 'partition_ownership';
/** Made when they are first needed in other sinks: that they are missing means nothing. */
const OPTIONAL: ReadonlySet<DeltaTableName> = new Set(['known_payments', 'backfill_turns', 'accepted_losses']);

export interface LocationParts {
  readonly tables: DeltaTables;
  readonly runtime: Runtime;
  readonly layout: RowLayout;
}

/** The tables as one look found them. */
export interface LocationLook {
  readonly found: ReadonlyMap<DeltaTableName, TableSnapshot>;
  readonly missing: readonly DeltaTableName[];
  readonly findings: readonly TableFinding[];
  /** By table; of payment_transactions alone. */
  readonly toAdd: ReadonlyMap<DeltaTableName, readonly TableColumn[]>;
  readonly warnings: readonly string[];
}

/** Rejects while the store is away for too long, and with ContradictionError for a log that cannot be read. */
export async function lookAtTables({ tables, layout }: LocationParts): Promise<LocationLook> {
  // Others may be making the tables: what a look says of two of them holds only in this order. Rows of the first say that the others
  // were there before; what the others have says that the first was there before.
  const before = await tables[CONTROL].refresh();
  const others = DELTA_TABLES.filter((name) => name !== CONTROL);
  const snapshots = await Promise.all(others.map((name) => tables[name].refresh()));
  const control = before ?? (await tables[CONTROL].refresh());
  const found = new Map<DeltaTableName, TableSnapshot>();
  if (control !== undefined) found.set(CONTROL, control);
  for (const [i, name] of others.entries()) if (snapshots[i] !== undefined) found.set(name, snapshots[i]);
  const missing = DELTA_TABLES.filter((name) => !found.has(name));
  const set = found.get(CONTROL)?.metadata.configuration[SET_PROPERTY];
  const findings: TableFinding[] = [];
  const toAdd = new Map<DeltaTableName, readonly TableColumn[]>();
  const warnings: string[] = [];
  for (const [name, snapshot] of found) {
    const comparison = compareTable(name, snapshot.metadata, set, layout);
    findings.push(...comparison.findings);
    if (comparison.toAdd.length > 0) toAdd.set(name, comparison.toAdd);
    for (const column of comparison.extra)
      warnings.push(`${name} has a column that the rules given here do not name: ${column}`);
  }
  findings.push(...lostTables(found, missing, before));
  return { found, missing, findings, toAdd, warnings };
}

function lostTables(
  found: ReadonlyMap<DeltaTableName, TableSnapshot>,
  missing: readonly DeltaTableName[],
  controlBefore: TableSnapshot | undefined,
): TableFinding[] {
  const lost = (table: DeltaTableName, what: string): TableFinding => ({
    code: 'table_missing',
    table,
    what,
    mend: 'Restore the folder of the table as it was (runbook, table_missing), or use another DELTA_LOCATION.',
  });
  const control = found.get(CONTROL);
  if (control === undefined) {
    const used = [...found].filter(([, { files, txns }]) => files.size + txns.size > 0).map(([name]) => name);
    return used.length === 0 ? [] : [lost(CONTROL, `the table is gone, and these have rows: ${used.join(', ')}`)];
  }
  if ((controlBefore?.files.size ?? 0) === 0) return [];
  return missing
    .filter((name) => !OPTIONAL.has(name))
    .map((name) => lost(name, 'the table is gone, and partition_ownership has rows'));
}

export interface AppliedTables {
  readonly madeTables: readonly DeltaTableName[];
  readonly alteredColumns: readonly string[];
  readonly warnings: readonly string[];
}

export interface ApplyOptions {
  /** Adds the columns of the rules; otherwise they must be there. */
  readonly addsColumns: boolean;
  readonly dryRun?: boolean | undefined;
  /** Called before the first table is made, where there is none yet. If it rejects, nothing is made. */
  readonly beforeFirst?: (() => Promise<void>) | undefined;
}

/** Throws ContradictionError with what is wrong, before anything is made. */
export async function applyTables(parts: LocationParts, options: ApplyOptions): Promise<AppliedTables> {
  const look = await lookAtTables(parts);
  const { found, missing, findings, toAdd, warnings } = look;
  const unmended = options.addsColumns ? [] : [...toAdd].flatMap(([name, columns]) => missingColumns(name, columns));
  const error = errorOf([...findings, ...unmended]);
  if (error !== undefined) throw error;
  for (const [name, snapshot] of found) {
    const foreign = foreignError(name, snapshot);
    if (foreign !== undefined) throw foreign;
  }
  const alteredColumns = [...toAdd].flatMap(([name, columns]) =>
    columns.map((column) => `${name}: column ${column.name} ${String(deltaField(column).type)} is added`),
  );
  const applied: AppliedTables = { madeTables: missing, alteredColumns, warnings };
  if (options.dryRun) return applied;
  if (found.size === 0) await options.beforeFirst?.();
  const madeByOthers = missing.length > 0 ? await makeTables(parts, missing, options) : [];
  for (const [name, columns] of [...toAdd, ...madeByOthers]) await addColumns(parts.tables[name], columns);
  return applied;
}

/** Returns the columns that tables lack which another process made meanwhile, by other rules. */
async function makeTables(
  { tables, runtime, layout }: LocationParts,
  missing: readonly DeltaTableName[],
  { addsColumns }: ApplyOptions,
): Promise<[DeltaTableName, readonly TableColumn[]][]> {
  const control = await tables[CONTROL].ensure(metadataOf(CONTROL, layout, runtime.uuid()));
  // Another process may have made it: its set is the one.
  const set = control.metadata.configuration[SET_PROPERTY] ?? '';
  const others = missing.filter((name) => name !== CONTROL);
  const made = await Promise.all(others.map((name) => tables[name].ensure(metadataOf(name, layout, set))));
  const compared = others.map((name, i) => [name, compareTable(name, made[i]!.metadata, set, layout)] as const);
  const toAdd = compared.map(([name, comparison]): [DeltaTableName, readonly TableColumn[]] => [
    name,
    comparison.toAdd,
  ]);
  const unmended = addsColumns ? [] : toAdd.flatMap(([name, columns]) => missingColumns(name, columns));
  const error = errorOf([...compared.flatMap(([, { findings }]) => findings), ...unmended]);
  if (error !== undefined) throw error;
  return toAdd.filter(([, columns]) => columns.length > 0);
}

function metadataOf(name: DeltaTableName, layout: RowLayout, set: string): Omit<TableMetadata, 'id'> {
  const further = name === 'payment_transactions' ? layout.further.map(furtherTableColumn) : [];
  return {
    schemaString: schemaString([...DELTA_COLUMNS[name], ...further].map(deltaField)),
    partitionColumns: [],
    configuration: { [SET_PROPERTY]: set },
  };
}

async function addColumns(table: DeltaTable, columns: readonly TableColumn[]): Promise<void> {
  await table.commit(({ metadata }) => {
    const fields = fieldsOf(metadata.schemaString);
    const names = new Set(fields.map(({ name }) => name.toLowerCase()));
    const added = columns.filter(({ name }) => !names.has(name.toLowerCase())).map(deltaField);
    if (added.length === 0) return undefined;
    return { operation: 'ADD COLUMNS', metadata: { ...metadata, schemaString: schemaString([...fields, ...added]) } };
  });
}
