/**
 * The JSON of a checkpoint's column stream_offsets:
 * - the number of rows that each data stream of its epoch held;
 * - `of`: which checkpoint it is, and what its state depends on;
 * - `found`: the rows of earlier epochs that its owner's takeover found at or past the checkpoint it resumed from.
 *
 * With these `verify` recomputes from the tables which epoch wrote a row, and detects a changed cell of a checkpoint.
 */

import { DATA_TABLES, type DataTable } from '../../../payments/types.ts';
import type { CheckpointRow, FoundRows, WrittenRow } from '../ports.ts';

export function streamOffsetsText({ streamOffsets, of, found }: CheckpointRow): string {
  const rows = Object.fromEntries(DATA_TABLES.map((table) => [table, streamOffsets[table]]));
  return JSON.stringify(of === undefined ? rows : { ...rows, of, found });
}

/** The rows of each table, at or past a checkpoint, as a query found them. In fold order. */
export type RowsAlreadyThere = { readonly [T in DataTable]: readonly WrittenRow<T>[] };

/** By epoch and table; epochs and tables without rows are left out. */
export function foundRowsOf(checkpointOffset: number, rows: RowsAlreadyThere): FoundRows {
  const counts: Record<string, Partial<Record<DataTable, number>>> = {};
  for (const table of DATA_TABLES)
    for (const { writerEpoch } of rows[table]) {
      const ofEpoch = counts[writerEpoch] ?? {};
      ofEpoch[table] = (ofEpoch[table] ?? 0) + 1;
      counts[writerEpoch] = ofEpoch;
    }
  return { from: checkpointOffset, rows: counts };
}
