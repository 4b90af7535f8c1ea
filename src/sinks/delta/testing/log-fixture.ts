/** A table on a store, and what tests put into its log. */
import { DeltaLogTable, type LogTableOptions } from '../log/log-table.ts';
import type { CommitActions, DataFile, ObjectStore, TableMetadata } from '../ports.ts';
import { BusyRuntime } from './busy-runtime.ts';
import { PLAIN_CHECKPOINTS } from './plain-checkpoints.ts';

export const METADATA: Omit<TableMetadata, 'id'> = {
  schemaString: JSON.stringify({
    type: 'struct',
    fields: [{ name: 'a', type: 'long', nullable: true, metadata: {} }],
  }),
  partitionColumns: [],
  configuration: {},
};

export function tableOn(store: ObjectStore, options: Partial<LogTableOptions> = {}): DeltaLogTable {
  const runtime = new BusyRuntime();
  return new DeltaLogTable({
    store,
    name: 't',
    runtime,
    checkpoints: PLAIN_CHECKPOINTS,
    engineVersion: '0',
    ...options,
  });
}

export function fileNamed(path: string, rowCount = 1): DataFile {
  const stats = { rowCount, min: { a: 1 }, max: { a: rowCount }, nullCount: { a: 0 } };
  return { path, byteLength: 10, modifiedAtMs: 1_767_323_045_000, dataChange: true, stats };
}

export function write(path: string, txns: Readonly<Record<string, number>> = {}): CommitActions {
  return { operation: 'WRITE', adds: [fileNamed(path)], txns: new Map(Object.entries(txns)) };
}

/** Lines of a commit as another engine writes them. */
export function lines(...actions: readonly object[]): Uint8Array {
  return Buffer.from(actions.map((action) => `${JSON.stringify(action)}\n`).join(''));
}
