/**
 * The newest checkpoint of a partition: its offset is the table's own position, so one file is read, which its statistics tell.
 *
 * Invariant: a position without its row is a contradiction, never a start from the beginning.
 */
import { ContradictionError } from '../../../base/errors.ts';
import { CHECKPOINT_TABLE } from '../../../payments/types.ts';
import type { DecodedRow } from '../files/arrow-decode.ts';
import { mayHold } from '../files/file-choice.ts';
import type { DeltaTable, FileFormat, TableSnapshot } from '../ports.ts';
import { decodeFile, requireSnapshot } from '../tables/small-table.ts';
import { checkpointOf, type StoredCheckpoint } from './checkpoint-rows.ts';
import { type PartitionRef, positionIn } from './positions.ts';

/** Files whose rows are kept: partitions that are taken over together have their rows in few. */
const KEPT_FILES = 32;

export class Checkpoints {
  readonly #table: DeltaTable;
  readonly #format: FileFormat;
  readonly #kept = new Map<string, Promise<readonly DecodedRow[]>>();

  constructor(table: DeltaTable, format: FileFormat) {
    this.#table = table;
    this.#format = format;
  }

  async latest(of: PartitionRef): Promise<StoredCheckpoint | undefined> {
    const snapshot = requireSnapshot(CHECKPOINT_TABLE, await this.#table.refresh());
    return this.latestIn(snapshot, of);
  }

  async latestIn(snapshot: TableSnapshot, of: PartitionRef): Promise<StoredCheckpoint | undefined> {
    const { next } = positionIn(snapshot, of);
    if (next === 0) return undefined;
    const { topic, partition } = of;
    for (const file of snapshot.files.values()) {
      if (!mayHold(file, { kafka_partition: partition, next_offset: next })) continue;
      const rows = await this.#rowsOf(file.path);
      const found = rows.find(
        (row) => row.topic === topic && row.kafka_partition === partition && row.next_offset === next,
      );
      if (found !== undefined) return checkpointOf(found);
    }
    throw new ContradictionError(
      'rows_lost',
      `partition ${partition}: checkpoint_log was written up to offset ${next}, and the row of that checkpoint is not in it. Somebody deleted ` +
        'it. Restore the table as it was (runbook, rows_lost). Nothing was written.',
    );
  }

  async #rowsOf(path: string): Promise<readonly DecodedRow[]> {
    const known = this.#kept.get(path);
    if (known !== undefined) return known;
    const reading = decodeFile(this.#table, this.#format, path);
    this.#kept.set(path, reading);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= KEPT_FILES) break;
      this.#kept.delete(oldest);
    }
    try {
      return await reading;
    } catch (error) {
      this.#kept.delete(path);
      throw error;
    }
  }
}
