/**
 * A store that refuses for good (no permission, expired credentials, read-only) in the errors of the processor: the partition stops by name, and the
 * process does not take it for a bug.
 */
import { ContradictionError, SinkRefusedError } from '../../../base/errors.ts';
import { overriding } from '../../../processor/crash-points.ts';
import { type DeltaTable, StoreRefusedError } from '../ports.ts';
import type { DeltaTables } from './apply-tables.ts';
import type { DeltaTableName } from './table-columns.ts';

/** The same tables. */
export function withNamedRefusals(tables: DeltaTables): DeltaTables {
  const named = Object.entries(tables) as [DeltaTableName, DeltaTable][];
  return Object.fromEntries(named.map(([name, table]) => [name, naming(table)])) as DeltaTables;
}

function naming(table: DeltaTable): DeltaTable {
  const ofRead = (error: StoreRefusedError): Error =>
    new ContradictionError(
      'append_refused',
      `${table.name} cannot be read: ${error.message}. Give this process the permission, then start again (runbook, append_refused). Nothing was ` +
        'written.',
      { cause: error },
    );
  const ofWrite = (error: StoreRefusedError): Error =>
    new SinkRefusedError(table.name, error.message, { cause: error });
  return overriding(table, {
    refresh: () => named(table.refresh(), ofRead),
    read: (path) => named(table.read(path), ofRead),
    commit: (prepare) => named(table.commit(prepare), ofWrite),
    upload: (bytes) => named(table.upload(bytes), ofWrite),
    ensure: (metadata) => named(table.ensure(metadata), ofWrite),
  });
}

async function named<T>(asked: Promise<T>, nameOf: (error: StoreRefusedError) => Error): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    throw error instanceof StoreRefusedError ? nameOf(error) : error;
  }
}
