/**
 * What the column stream_offsets of a checkpoint says, as JSON: how many rows each data stream of its epoch held; which
 * checkpoint it is (`of`); and how many rows of earlier epochs the takeover of its owner found at or past the checkpoint that
 * it went on from (`found`). With these, which epoch wrote a row can be recomputed from the tables, and no cell of a
 * checkpoint can be another one unnoticed. A takeover reads the rows per stream and nothing else of it.
 */
import { DATA_TABLES, type DataTable } from '../payments/types.ts';
import type { Checkpoint, FoundRows } from './ports.ts';
import type { Position } from './position.ts';

export function streamOffsetsText(checkpoint: Checkpoint): string {
  const { streamOffsets, partition, writerEpoch, nextOffset, found } = checkpoint;
  const rows = Object.fromEntries(DATA_TABLES.map((table) => [table, streamOffsets[table]]));
  if (found === undefined) return JSON.stringify(rows);
  const of = { partition, epoch: writerEpoch, nextOffset, wentOnFrom: found.from };
  return JSON.stringify({ ...rows, of, found });
}

/** By epoch and table; epochs and tables without rows are left out. */
export function foundRowsOf({ checkpointOffset, rows }: Pick<Position, 'checkpointOffset' | 'rows'>): FoundRows {
  const counts: Record<string, Partial<Record<DataTable, number>>> = {};
  for (const table of DATA_TABLES)
    for (const { writerEpoch } of rows[table]) {
      const ofEpoch = counts[writerEpoch] ?? {};
      ofEpoch[table] = (ofEpoch[table] ?? 0) + 1;
      counts[writerEpoch] = ofEpoch;
    }
  return { from: checkpointOffset, rows: counts };
}
