/**
 * Writes one partition under one claim: encodes its rows, hands them to the committers of the tables, and notes for its checkpoints how far each
 * table is.
 */
import type { Runtime } from '../../../base/runtime.ts';
import { DATA_TABLES, type DataRows, type DataTable } from '../../../payments/types.ts';
import type { Append, BatchSlice, Checkpoint, PartitionWriter } from '../../../processor/ports.ts';
import type { DeltaRowEncoder } from '../files/row-encoder.ts';
import { checkpointRow, type ReachedRows } from '../takeover/checkpoint-rows.ts';
import { printOf } from '../takeover/prints.ts';
import type { CheckpointCommits } from './checkpoint-commits.ts';
import type { Lane, LanePlace } from './lane.ts';

export interface DeltaPartitionWriterOptions {
  readonly place: LanePlace;
  readonly runtime: Runtime;
  readonly encoder: DeltaRowEncoder;
  readonly lanes: Readonly<Record<DataTable, Lane>>;
  readonly checkpoints: CheckpointCommits;
  /** Rows that the table has of this partition besides those that this writer hands over: asked once the replay is over. */
  readonly rowsBefore: (table: DataTable) => number;
  /** Lets go of a lane. */
  readonly close: (table: DataTable, lane: Lane) => void;
}

export class DeltaPartitionWriter implements PartitionWriter {
  readonly #options: DeltaPartitionWriterOptions;
  readonly #rows: Record<DataTable, number> = ofEach(() => 0);

  constructor(options: DeltaPartitionWriterOptions) {
    this.#options = options;
  }

  append<T extends DataTable>(table: T, slice: BatchSlice<T>, toOffset: number): Append {
    const { place, runtime, encoder, lanes } = this.#options;
    const { partition, epoch } = place;
    const rows = encoder.encode(table, slice, { partition, writerEpoch: epoch, processedAtMs: runtime.nowMs() });
    const last = slice.rows.at(slice.to - 1) as DataRows[T];
    const byteLength = rows.recordBatchBytes.reduce((sum, { length }) => sum + length, 0);
    this.#rows[table] += rows.rowCount;
    // Of a commit's many pieces only the last one's print is asked for. The row is an object of its own.
    const print = (): number => printOf(table, last);
    const landed = lanes[table].add({ rows, byteLength, lastOffset: last.kafkaOffset, toOffset, print });
    return { byteLength, landed };
  }

  beginCheckpoint(): (checkpoint: Checkpoint) => Promise<void> {
    const { place, runtime, lanes, checkpoints, rowsBefore } = this.#options;
    const reached: ReachedRows = {
      next: ofEach((table) => lanes[table].nextAtEnd),
      rows: ofEach((table) => rowsBefore(table) + this.#rows[table]),
    };
    for (const table of DATA_TABLES) lanes[table].await();
    return (checkpoint) =>
      checkpoints.write({
        place,
        nextOffset: checkpoint.nextOffset,
        row: checkpointRow(checkpoint, reached, runtime.nowMs()),
      });
  }

  /** Nothing here expires. */
  outlived(): undefined {
    return undefined;
  }

  close(): void {
    for (const table of DATA_TABLES) this.#options.close(table, this.#options.lanes[table]);
  }
}

function ofEach<Value>(of: (table: DataTable) => Value): Record<DataTable, Value> {
  return Object.fromEntries(DATA_TABLES.map((table) => [table, of(table)])) as Record<DataTable, Value>;
}
