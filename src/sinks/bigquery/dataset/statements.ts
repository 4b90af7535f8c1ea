/** The statements of sql/, for one dataset: what makes it, and what its tables must be. */
import { readFile } from 'node:fs/promises';
import { type Column, PAYMENT_COLUMNS } from '../../../payments/columns.ts';
import { BUILT_IN_LAYOUT, type RowLayout } from '../../../payments/row-layout.ts';
import { checkClustering, checkDataset, type DatasetRef } from '../identifiers.ts';
import { KNOWN_TABLE } from '../query/known-payments.ts';
import { FURTHER_IN_SINK, quotedColumn } from '../rows/further-columns.ts';
import { LOSSES_TABLE, TABLES, VIEWS } from './names.ts';
import { type WantedColumn, type WantedTable, wantedTable } from './wanted-tables.ts';

export const DEFAULT_CLUSTERING: readonly string[] = ['sender_account_id', 'currency'];

export interface SchemaOptions {
  readonly dataset: DatasetRef;
  /** Clustering columns of payment_transactions and payment_transactions_fraud; only tables that are made now get them. */
  readonly clustering?: readonly string[] | undefined;
  /** Of the rules that write to the dataset. Default: none do. */
  readonly layout?: RowLayout | undefined;
}

export interface DatasetStatements {
  readonly makeDataset: string;
  /** By name, in the order in which they are made; accepted_losses and known_payments among them, which are made when needed. */
  readonly tables: ReadonlyMap<string, string>;
  /** In the order in which they are made. They read tables only. */
  readonly views: readonly string[];
}

export async function datasetStatements(options: SchemaOptions): Promise<DatasetStatements> {
  const clustering = options.clustering ?? DEFAULT_CLUSTERING;
  checkDataset(options.dataset);
  checkClustering(clustering);
  const name = `${options.dataset.projectId}.${options.dataset.dataset}`;
  const read = async (file: string): Promise<string> => {
    const text = await readFile(new URL(`../../../../sql/${file}.sql`, import.meta.url), 'utf8');
    return withFurther(file, text, options.layout)
      .trimEnd()
      .replaceAll('{{dataset}}', name)
      .replaceAll('{{clustering}}', clustering.join(', '));
  };
  const names = [...TABLES, LOSSES_TABLE, KNOWN_TABLE];
  const [tables, views] = await Promise.all([
    Promise.all(names.map(async (table) => [table, await read(`tables/${table}`)] as const)),
    Promise.all(VIEWS.map((view) => read(`views/${view}`))),
  ]);
  return { makeDataset: `CREATE SCHEMA IF NOT EXISTS \`${name}\``, tables: new Map(tables), views };
}

/** What the tables must be, of which every dataset has all. */
export async function wantedTables(options: SchemaOptions): Promise<WantedTable[]> {
  const { tables } = await datasetStatements(options);
  const { layout = BUILT_IN_LAYOUT } = options;
  return TABLES.map((name) => byLayout(wantedTable(name, tables.get(name)!), layout));
}

/** Further columns come last: the order in which later ones are added. */
function withFurther(file: string, text: string, { further } = BUILT_IN_LAYOUT): string {
  if (file !== 'tables/payment_transactions' || further.length === 0) return text;
  const lines = further.map((column) => `,\n  ${quotedColumn(column.name)} ${FURTHER_IN_SINK[column.type].sql}`);
  return text.replace(/\n\)\n/, `${lines.join('')}\n)\n`);
}

const RELAXED: ReadonlySet<string> = new Set(
  (PAYMENT_COLUMNS as readonly Column[]).filter(({ nullable }) => nullable === 'by_rules').map(({ name }) => name),
);

/** What may still be as an earlier release made it, and what `schema apply` adds. */
function byLayout(table: WantedTable, { nullRoles, further }: RowLayout): WantedTable {
  if (table.name !== 'payment_transactions' && table.name !== 'payment_transactions_fraud') return table;
  const types = new Map(further.map(({ name, type }) => [name, FURTHER_IN_SINK[type].sql]));
  const columns = table.columns.map((column): WantedColumn => {
    if (RELAXED.has(column.name)) return { ...column, nullRole: nullRoles ? 'now' : 'later' };
    const furtherSql = types.get(column.name);
    return furtherSql === undefined ? column : { ...column, furtherSql };
  });
  return { ...table, columns };
}
