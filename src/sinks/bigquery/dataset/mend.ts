/** What to do about a table that is missing, another one, or short of rows: commands to paste. docs/runbook.md has the whole story. */
import type { DatasetRef } from '../identifiers.ts';

interface Told {
  readonly what: string;
  readonly mend: string;
}

/** Rows that nothing else can be made from: a loss of them cannot be accepted beside rows. */
export const IRREPLACEABLE: ReadonlySet<string> = new Set([
  'payment_transactions',
  'checkpoint_log',
  'partition_ownership',
  'rules',
]);

export function mendMissing(dataset: DatasetRef, table: string): Told {
  return { what: `the table is missing from ${nameOf(dataset)}, and was there before`, mend: restore(dataset, table) };
}

export function mendReplaced(dataset: DatasetRef, table: string): Told {
  return {
    what: `the table in ${nameOf(dataset)} is another one than it was: it was dropped and made again, replaced, restored or copied`,
    mend: `If it was restored: \`provenonce schema apply --accept-restored ${table}\` takes it if its rows match the counters. Otherwise: ${restore(dataset, table)}`,
  };
}

export function mendRows(dataset: DatasetRef, table: string): string {
  return restore(dataset, table, true);
}

function restore(dataset: DatasetRef, table: string, isThere = false): string {
  const source = `${dataset.projectId}:${dataset.dataset}.${table}`;
  const accept =
    IRREPLACEABLE.has(table) && !(isThere && table === 'payment_transactions')
      ? ''
      : `, or give the rows up with \`provenonce schema apply --accept-loss ${table} --reason WHY\``;
  return (
    `Stop the processors, restore the table as it was at MS, a moment just before the loss (ms since the epoch, at most 7 days ago), with ` +
    `\`bq cp -f '${source}@MS' '${source}'\`, then run \`provenonce schema apply --accept-restored ${table}\`${accept}.`
  );
}

function nameOf({ projectId, dataset }: DatasetRef): string {
  return `${projectId}.${dataset}`;
}
