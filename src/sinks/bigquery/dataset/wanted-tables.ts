/**
 * What each table must be, as data, read from the statements of sql/tables: one place says it. The statements are our own and
 * plain: one column a line, then PARTITION BY and CLUSTER BY.
 */

export interface WantedColumn {
  readonly name: string;
  /** As tables.get spells it: INTEGER, BOOLEAN, NUMERIC, STRING, TIMESTAMP, JSON. */
  readonly type: string;
  readonly mode: 'REQUIRED' | 'NULLABLE';
  /** An optional role, which an earlier release made REQUIRED. `now`: the rules let it be NULL. */
  readonly nullRole?: 'later' | 'now';
  /** A further column of the rules: `schema apply` adds it. In SQL it has this type. */
  readonly furtherSql?: string;
}

export type Partitioning =
  | { readonly kind: 'none' }
  | { readonly kind: 'day'; readonly column: string }
  | {
      readonly kind: 'range';
      readonly column: string;
      readonly start: number;
      readonly end: number;
      readonly interval: number;
    };

export interface WantedTable {
  readonly name: string;
  readonly columns: readonly WantedColumn[];
  readonly partitioning: Partitioning;
  /** In their order; none where the table is not clustered. */
  readonly clustering: readonly string[];
}

/** BigQuery's REST answers use the names of legacy SQL (tables resource, TableFieldSchema.type). */
const REST_TYPES: Readonly<Record<string, string>> = { INT64: 'INTEGER', BOOL: 'BOOLEAN', FLOAT64: 'FLOAT' };

const COLUMN = /^ {2}`?([a-z0-9_]+)`? ([A-Z0-9]+)(?:\([0-9, ]+\))?( NOT NULL)?,?$/gm;

/** Throws where the statement is not of that form. */
export function wantedTable(name: string, createTable: string): WantedTable {
  const columns = [...createTable.matchAll(COLUMN)].map(
    ([, column, type, required]): WantedColumn => ({
      name: column!,
      type: REST_TYPES[type!] ?? type!,
      mode: required === undefined ? 'NULLABLE' : 'REQUIRED',
    }),
  );
  const lines = /\(\n((?:.|\n)*?)\n\)/.exec(createTable)?.[1]?.split('\n').length;
  if (columns.length === 0 || columns.length !== lines)
    throw new Error(`sql/tables/${name}.sql: not one column a line`);
  const clustering = /^CLUSTER BY (.+)$/m.exec(createTable)?.[1]?.split(', ') ?? [];
  return { name, columns, partitioning: partitioningOf(name, createTable), clustering };
}

function partitioningOf(name: string, createTable: string): Partitioning {
  const by = /^PARTITION BY (.+)$/m.exec(createTable)?.[1];
  if (by === undefined) return { kind: 'none' };
  const day = /^DATE\(([a-z_]+)\)$/.exec(by)?.[1];
  if (day !== undefined) return { kind: 'day', column: day };
  const range = /^RANGE_BUCKET\(([a-z_]+), GENERATE_ARRAY\((\d+), (\d+), (\d+)\)\)$/.exec(by);
  if (range === null) throw new Error(`sql/tables/${name}.sql: PARTITION BY ${by}`);
  const [, column, start, end, interval] = range;
  return { kind: 'range', column: column!, start: Number(start), end: Number(end), interval: Number(interval) };
}
