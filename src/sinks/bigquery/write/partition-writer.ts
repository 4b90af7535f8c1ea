/**
 * Writes one partition to the streams of its epoch: encodes, appends, and counts the rows of each stream for the checkpoints.
 *
 * Invariant: a checkpoint says how many rows its epoch's streams hold below it; the next takeover reckons with that.
 */
import { WriterLostError } from '../../../base/errors.ts';
import type { Runtime } from '../../../base/runtime.ts';
import { APPEND_TABLES, type AppendTable, DATA_TABLES, type DataTable } from '../../../payments/types.ts';
import type { Append, BatchSlice, Checkpoint, PartitionWriter } from '../../../processor/ports.ts';
import type { CheckpointRow, FoundRows, RowEncoder, RowStamp, StreamAppender } from '../ports.ts';

export interface StreamPartitionWriterOptions {
  readonly partition: number;
  readonly writerEpoch: number;
  readonly runtime: Runtime;
  readonly encoder: RowEncoder;
  readonly streamMaxIdleMs: number;
  /** What the takeover found of earlier epochs. */
  readonly found: FoundRows;
  readonly open: (table: AppendTable) => StreamAppender;
}

export class StreamPartitionWriter implements PartitionWriter {
  readonly #options: StreamPartitionWriterOptions;
  readonly #appenders: Readonly<Record<AppendTable, StreamAppender>>;
  /** Rows that each data stream holds when everything sent is acknowledged. */
  readonly #sentRows: Record<DataTable, number>;
  readonly #lastSentAtMs: Record<DataTable, number>;

  constructor(options: StreamPartitionWriterOptions) {
    this.#options = options;
    const nowMs = options.runtime.nowMs();
    this.#appenders = ofEach(APPEND_TABLES, options.open);
    this.#sentRows = ofEach(DATA_TABLES, () => 0);
    this.#lastSentAtMs = ofEach(DATA_TABLES, () => nowMs);
  }

  append<T extends DataTable>(table: T, { rows, from, to }: BatchSlice<T>): Append {
    const stamp = this.#stamp();
    const encoded = this.#options.encoder.encode<DataTable>(table, rows, stamp, from, to);
    this.#sentRows[table] += to - from;
    this.#lastSentAtMs[table] = stamp.processedAtMs;
    return { byteLength: encoded.byteLength, landed: this.#appenders[table].append(encoded) };
  }

  beginCheckpoint(): (checkpoint: Checkpoint) => Promise<void> {
    const streamOffsets = { ...this.#sentRows };
    return (checkpoint) => {
      const row: CheckpointRow = { ...checkpoint, streamOffsets, found: this.#options.found };
      return this.#appenders.checkpoint_log.append(
        this.#options.encoder.encode('checkpoint_log', [row], this.#stamp()),
      );
    };
  }

  outlived(): WriterLostError | undefined {
    const { partition, runtime, streamMaxIdleMs } = this.#options;
    const oldestSentAtMs = Math.min(...DATA_TABLES.map((table) => this.#lastSentAtMs[table]));
    if (runtime.nowMs() - oldestSentAtMs < streamMaxIdleMs) return undefined;
    const text = `partition ${partition}: a write stream was idle for long and is replaced before it expires`;
    return new WriterLostError('gone', text);
  }

  close(): void {
    for (const table of APPEND_TABLES) this.#appenders[table].close();
  }

  #stamp(): RowStamp {
    const { partition, writerEpoch, runtime } = this.#options;
    return { partition, writerEpoch, processedAtMs: runtime.nowMs() };
  }
}

function ofEach<Table extends AppendTable, Value>(
  tables: readonly Table[],
  of: (table: Table) => Value,
): Record<Table, Value> {
  return Object.fromEntries(tables.map((table) => [table, of(table)])) as Record<Table, Value>;
}
