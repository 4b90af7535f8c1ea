/**
 * The tables and views of sql/, applied and printed. Idempotent, also from several processes at once: tables are created if
 * missing and never changed or dropped (rows of a table that was dropped would be gone; streams would be refused), views are
 * replaced.
 */
import { readFile } from 'node:fs/promises';
import { APPEND_TABLES } from '../payments/types.ts';
import type { Runtime } from '../processor/ports.ts';
import { checkClustering, checkDataset, type DatasetRef, quotedTable } from './identifiers.ts';
import { JobFailedError, type QueryJobLimits, QueryJobs } from './query-job.ts';
import { type RestCalls, RestError } from './rest-client.ts';
import type { WaitingObserver } from './waiting.ts';

export const TABLES = [...APPEND_TABLES, 'partition_ownership', 'backfill_turns'] as const;
export const VIEWS = [
  'payment_metrics',
  'payment_metrics_live',
  'deduplication_audit',
  'late_events',
  'error_log',
  'daily_reconciliation',
  'fraud_summary',
  'deduplication_effectiveness',
  'pipeline_health',
  'skipped_offsets',
] as const;
export const DEFAULT_CLUSTERING: readonly string[] = ['sender_account_id', 'currency'];

export interface SchemaOptions {
  readonly dataset: DatasetRef;
  /** Clustering columns of payment_transactions and payment_transactions_fraud; only tables that are made now get them. */
  readonly clustering?: readonly string[];
}

export interface ApplySchemaOptions extends SchemaOptions, WaitingObserver {
  readonly rest: RestCalls;
  readonly runtime: Runtime;
  readonly limits: QueryJobLimits;
}

/** The statements in the order in which they apply: dataset, tables, views. */
export async function schemaStatements(options: SchemaOptions): Promise<string[]> {
  const clustering = options.clustering ?? DEFAULT_CLUSTERING;
  checkDataset(options.dataset);
  checkClustering(clustering);
  const name = `${options.dataset.projectId}.${options.dataset.dataset}`;
  const files = [...TABLES.map((table) => `tables/${table}`), ...VIEWS.map((view) => `views/${view}`)];
  const texts = await Promise.all(
    files.map((file) => readFile(new URL(`../../sql/${file}.sql`, import.meta.url), 'utf8')),
  );
  return [
    `CREATE SCHEMA IF NOT EXISTS \`${name}\``,
    ...texts.map((text) =>
      text.trimEnd().replaceAll('{{dataset}}', name).replaceAll('{{clustering}}', clustering.join(', ')),
    ),
  ];
}

/** As a script for `bq query --use_legacy_sql=false`. */
export async function printSchema(options: SchemaOptions): Promise<string> {
  return `${(await schemaStatements(options)).join(';\n\n')};\n`;
}

/** Waits, with backoff, while the service is away. */
export async function applySchema(options: ApplySchemaOptions): Promise<void> {
  const jobs = new QueryJobs({ ...options, nothing: 'SELECT 1' });
  for (const sql of await schemaStatements(options)) {
    const what = /^CREATE.*$/m.exec(sql)?.[0] ?? 'schema';
    try {
      await jobs.change({ what, sql });
    } catch (error) {
      // Another process made it in between.
      if (!(error instanceof JobFailedError && isAlreadyThere(error))) throw error;
    }
  }
}

/**
 * Applies the schema where the last thing that it makes is missing: one query instead of sixteen statements at every start.
 * A newer release's views come with `provenonce schema apply`.
 */
export async function ensureSchema(options: ApplySchemaOptions): Promise<void> {
  try {
    await readLastView(options);
  } catch (error) {
    if (!(error instanceof RestError) || error.isTransient) throw error;
    // Whatever else is wrong with the dataset, applying the schema will say it.
    await applySchema(options);
  }
}

/** One attempt to see whether there is nothing to apply. Never rejects: whatever is in the way, ensureSchema will meet and say it. */
export async function isSchemaThere(options: Omit<ApplySchemaOptions, keyof WaitingObserver>): Promise<boolean> {
  const limits = { ...options.limits, unreachableAfterMs: 0 };
  return readLastView({ ...options, limits, onWaiting: () => {} }).then(
    () => true,
    () => false,
  );
}

async function readLastView(options: ApplySchemaOptions): Promise<void> {
  const jobs = new QueryJobs({ ...options, nothing: 'SELECT 1' });
  const last = VIEWS.at(-1)!;
  await jobs.read({ what: 'schema', sql: `SELECT topic FROM ${quotedTable(options.dataset, last)} LIMIT 0` });
}

function isAlreadyThere(error: JobFailedError): boolean {
  return error.isDuplicate || /already exists/i.test(error.message);
}
