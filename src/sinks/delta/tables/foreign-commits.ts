/** Commits of others that changed rows: from then on nobody can say what the table holds, so nothing more is written. */
import { ContradictionError } from '../../../base/errors.ts';
import type { TableSnapshot } from '../ports.ts';

/** Throws ContradictionError where somebody else added or removed rows since this process looked first. */
export function checkOurs(table: string, snapshot: Pick<TableSnapshot, 'foreign'>): void {
  const error = foreignError(table, snapshot);
  if (error !== undefined) throw error;
}

export function foreignError(
  table: string,
  { foreign }: Pick<TableSnapshot, 'foreign'>,
): ContradictionError | undefined {
  const [first] = foreign;
  if (first === undefined) return undefined;
  const { version, operation, engine, addedFiles, removedFiles } = first;
  const by = engine === '' ? 'an unknown engine' : engine;
  const how = operation === '' ? 'an unnamed operation' : operation;
  return new ContradictionError(
    removedFiles > 0 ? 'rows_lost' : 'table_changed',
    `${table}: version ${version} (${how}, by ${by}) added ${addedFiles} files with rows and removed ${removedFiles}. Only provenonce may ` +
      `change rows of this table. Undo it (runbook, ${removedFiles > 0 ? 'rows_lost' : 'table_changed'}), then start again. ` +
      'Nothing was written past it.',
  );
}
