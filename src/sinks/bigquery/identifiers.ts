/** Names that become part of SQL text. Everything else reaches a query as a parameter. */
import { ConfigurationError } from '../../base/errors.ts';
import { TABLE_COLUMNS } from '../../payments/columns.ts';

/** Project ids: RFC 1035 labels, with an optional `domain:` in front. */
const PROJECT = /^(?:[a-z0-9.-]{1,60}:)?[a-z][a-z0-9-]{0,61}[a-z0-9]$/;
const DATASET = /^[A-Za-z0-9_]{1,1024}$/;

/** Of both tables of payments, so that either can be clustered by them (CLUSTERING_COLUMNS). In the order of the tables. */
export const PAYMENT_COLUMNS: readonly string[] = TABLE_COLUMNS.payment_transactions.map(({ name }) => name);

export interface DatasetRef {
  readonly projectId: string;
  readonly dataset: string;
}

/** Throws ConfigurationError, one line per wrong name. */
export function checkDataset(ref: DatasetRef): void {
  const problems: string[] = [];
  if (!PROJECT.test(ref.projectId)) {
    problems.push(`BigQuery project ${JSON.stringify(ref.projectId)}: lower case letters, digits and hyphens only`);
  }
  if (!DATASET.test(ref.dataset)) {
    problems.push(`BigQuery dataset ${JSON.stringify(ref.dataset)}: letters, digits and underscores only`);
  }
  if (problems.length > 0) throw new ConfigurationError(problems);
}

/** Throws ConfigurationError for what payments cannot be clustered by. */
export function checkClustering(columns: readonly string[]): void {
  const problems = clusteringProblems(columns).map((problem) => `clustering: ${problem}`);
  if (problems.length > 0) throw new ConfigurationError(problems);
}

/** Why payments cannot be clustered by these: one to four of their columns, none of them twice. */
export function clusteringProblems(columns: readonly string[]): string[] {
  const problems = columns
    .filter((column) => !PAYMENT_COLUMNS.includes(column))
    .map((column) => `${JSON.stringify(column)} is no column of the payments; there are ${PAYMENT_COLUMNS.join(', ')}`);
  if (columns.length < 1 || columns.length > 4) problems.push(`expected 1 to 4 columns, not ${columns.length}`);
  if (new Set(columns).size < columns.length) problems.push(`${columns.join(', ')} names a column twice`);
  return problems;
}

/** `project.dataset.table` in backticks. `ref` was checked. */
export function quotedTable(ref: DatasetRef, table: string): string {
  return `\`${ref.projectId}.${ref.dataset}.${table}\``;
}

/** A whole number from 0 on, as SQL text: for filters that must be constant for the service to prune partitions. */
export function integerLiteral(value: number): string {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not a whole number from 0 on: ${value}`);
  return String(value);
}
