/**
 * Columns that a table has and that the rules given do not name: those of other rules of the same dataset, with their revision, and
 * those that somebody else added. Nothing is asked where there are none.
 */
import { rulesFromCanonical } from '../../../payments/rules/rules-document.ts';
import { type DatasetRef, quotedTable } from '../identifiers.ts';
import type { QueryJobs } from '../query/query-job.ts';
import type { DatasetLook } from './look-at-dataset.ts';
import { RULES_TABLE } from './names.ts';

export interface ExtraColumn {
  readonly table: string;
  readonly name: string;
}

interface AskedWith {
  readonly jobs: Pick<QueryJobs, 'read'>;
  readonly dataset: DatasetRef;
}

/** One line for each. */
export async function extraColumnWarnings(
  extra: readonly ExtraColumn[],
  { tables }: DatasetLook,
  ports: AskedWith,
): Promise<string[]> {
  const mayBeOurs =
    extra.some(({ table }) => table === 'payment_transactions') && tables.get(RULES_TABLE) !== undefined;
  const revisions = mayBeOurs ? await revisionsByColumn(ports) : new Map<string, number>();
  return extra.map(({ table, name }) => {
    const revision = table === 'payment_transactions' ? revisions.get(name.toLowerCase()) : undefined;
    return revision === undefined ? `${table} has a column of somebody else: ${name}` : oursText(name, revision);
  });
}

function oursText(name: string, revision: number): string {
  return (
    `payment_transactions has the column ${name} of the rules of revision ${revision} of this dataset, and the rules given here do not ` +
    'have it. It stays, with its values. If it was not taken out on purpose, give the RULES_FILE that has it'
  );
}

/** The newest revision that has a column. A text that cannot be read says nothing here: takeovers refuse it. */
async function revisionsByColumn({ jobs, dataset }: AskedWith): Promise<Map<string, number>> {
  const { rows } = await jobs.read({
    what: 'columns of the rules',
    sql: `SELECT text FROM ${quotedTable(dataset, RULES_TABLE)}`,
    columns: ['text'],
  });
  const newest = new Map<string, number>();
  for (const [text] of rows) {
    try {
      const { revision, columns } = rulesFromCanonical(String(text));
      for (const { name } of columns) newest.set(name, Math.max(revision, newest.get(name) ?? 0));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  return newest;
}
