/** The statements of sql/, for one dataset: what makes it, and what its tables must be. */
import { readFile } from 'node:fs/promises';
import { checkClustering, checkDataset, type DatasetRef } from '../identifiers.ts';
import { KNOWN_TABLE } from '../query/known-payments.ts';
import { LOSSES_TABLE, TABLES, VIEWS } from './names.ts';
import { type WantedTable, wantedTable } from './wanted-tables.ts';

export const DEFAULT_CLUSTERING: readonly string[] = ['sender_account_id', 'currency'];

export interface SchemaOptions {
  readonly dataset: DatasetRef;
  /** Clustering columns of payment_transactions and payment_transactions_fraud; only tables that are made now get them. */
  readonly clustering?: readonly string[] | undefined;
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
    return text.trimEnd().replaceAll('{{dataset}}', name).replaceAll('{{clustering}}', clustering.join(', '));
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
  return TABLES.map((name) => wantedTable(name, tables.get(name)!));
}
