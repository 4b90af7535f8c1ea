/** How many rows there must be at or past a checkpoint, by the row counts of the earlier owners' streams. Pure. */
import { DATA_TABLES, type DataTable } from '../../../payments/types.ts';
import type { CheckpointRow, FinalizeOutcome, StreamRef, WrittenRow } from '../ports.ts';
import type { RowsAlreadyThere } from './stream-offsets.ts';

/** The older streams and the answers to their finalizes. */
export interface FinalizedStreams {
  readonly olderStreams: readonly StreamRef[];
  /** By the name of the stream. */
  readonly outcomes: ReadonlyMap<string, FinalizeOutcome>;
}

export interface CountDifference {
  readonly table: DataTable;
  readonly promised: number;
  readonly found: number;
}

/** The first table in which a query found another number of rows than its streams counted. */
export function firstDifference(
  streams: FinalizedStreams,
  checkpoint: CheckpointRow | undefined,
  rows: RowsAlreadyThere,
): CountDifference | undefined {
  for (const table of DATA_TABLES) {
    const promised = promisedRows(table, streams, checkpoint, rows[table]);
    if (promised !== rows[table].length) return { table, promised, found: rows[table].length };
  }
  return undefined;
}

/** Whether the streams' counts alone prove that the table has no rows at or past the checkpoint. */
export function promisesNone(
  table: DataTable,
  streams: FinalizedStreams,
  checkpoint: CheckpointRow | undefined,
): boolean {
  const { olderStreams, outcomes } = streams;
  const isGone = (stream: StreamRef): boolean => stream.table === table && outcomes.get(stream.name)!.state === 'gone';
  return !olderStreams.some(isGone) && promisedRows(table, streams, checkpoint, []) === 0;
}

/** Rows of a table that there must be at or past the checkpoint. For a stream that is gone: those the query found. */
function promisedRows(
  table: DataTable,
  { olderStreams, outcomes }: FinalizedStreams,
  checkpoint: CheckpointRow | undefined,
  found: readonly WrittenRow<DataTable>[],
): number {
  const checkpointEpoch = checkpoint?.writerEpoch ?? 0;
  let promised = 0;
  for (const stream of olderStreams) {
    if (stream.table !== table || stream.epoch < checkpointEpoch) continue;
    const outcome = outcomes.get(stream.name)!;
    if (outcome.state === 'finalized') {
      promised += outcome.rowCount - (stream.epoch === checkpointEpoch ? checkpoint!.streamOffsets[table] : 0);
    } else {
      promised += found.filter((row) => row.writerEpoch === stream.epoch).length;
    }
  }
  return promised;
}
