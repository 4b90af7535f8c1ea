/** Histories written as Delta tables into a folder, through the sink's log and file format: what the checks must read back. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { systemRuntime } from '../../../../base/system-runtime.ts';
import type { CellValue } from '../../../../payments/row-cells.ts';
import type { RowObject } from '../../../../sinks/delta/files/arrow-objects.ts';
import { ParquetFormat } from '../../../../sinks/delta/files/parquet-format.ts';
import { PARQUET_CHECKPOINTS } from '../../../../sinks/delta/log/checkpoint/parquet-checkpoint.ts';
import type { DeltaLogTable } from '../../../../sinks/delta/log/log-table.ts';
import { uploadRows } from '../../../../sinks/delta/rows/row-files.ts';
import { DiskStore } from '../../../../sinks/delta/store/disk-store.ts';
import {
  DELTA_COLUMNS,
  DELTA_TABLES,
  type DeltaTableName,
  deltaField,
  schemaString,
  type TableColumn,
} from '../../../../sinks/delta/tables/table-columns.ts';
import { tableOn } from '../../../../sinks/delta/testing/log-fixture.ts';
import { nanosFromText } from '../../../../sinks/rows/cell-texts.ts';
import { CHECKED_TABLES } from '../../../partition/walk-partition.ts';
import type { PartitionHistory } from '../../../testing/history.ts';
import type { RowPosition } from '../../verify-inputs.ts';

export const TOPIC = 'payment-events';
const PROCESSED_MS = Date.UTC(2026, 0, 15, 13);

export class DeltaLocation {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'provenonce-delta-test-'));
  readonly #store = new DiskStore(this.folder, systemRuntime);
  readonly #checkpointEvery: number;
  readonly #format = new ParquetFormat();
  readonly #tables = new Map<DeltaTableName, DeltaLogTable>();

  /** `checkpointEvery`: commits from one log checkpoint to the next. */
  constructor(checkpointEvery = 100) {
    this.#checkpointEvery = checkpointEvery;
  }

  static async make(checkpointEvery?: number): Promise<DeltaLocation> {
    const location = new DeltaLocation(checkpointEvery);
    for (const name of DELTA_TABLES) {
      const fields = (DELTA_COLUMNS[name] as readonly TableColumn[]).map((column) => deltaField(column));
      await location.table(name).ensure({
        schemaString: schemaString(fields),
        partitionColumns: [],
        configuration: {},
      });
    }
    return location;
  }

  table(name: DeltaTableName): DeltaLogTable {
    const limits = { checkpointEveryCommits: this.#checkpointEvery };
    const options = { name, runtime: systemRuntime, checkpoints: PARQUET_CHECKPOINTS, limits };
    const known = this.#tables.get(name) ?? tableOn(this.#store, options);
    this.#tables.set(name, known);
    return known;
  }

  /** Every row and checkpoint, some `rowsPerCommit` to a commit, with the positions that a sink sets. `extraRows`: remembered too many. */
  async write(histories: readonly PartitionHistory[], rowsPerCommit = 500, extraRows = 0): Promise<void> {
    for (const history of histories) {
      const { ownership } = history;
      const { partition, epoch } = ownership;
      for (const table of CHECKED_TABLES) {
        const rows = (history[table] as readonly RowPosition[]).map((row) =>
          rowObject(table, { ...row, kafka_partition: partition, processed_at: PROCESSED_MS }),
        );
        for (let from = 0; from < rows.length; from += rowsPerCommit) {
          const some = rows.slice(from, from + rowsPerCommit);
          await this.add(table, some, positions(partition, epoch, Number(some.at(-1)!.kafka_offset) + 1));
        }
      }
      const checkpoints = history.checkpoints.map((checkpoint) => {
        const { writer_epoch, next_offset } = checkpoint;
        const of = {
          partition,
          epoch: writer_epoch,
          nextOffset: next_offset,
          wentOnFrom: ownership.startOffset,
          fixed: ownership.fixed,
        };
        const stream_offsets = JSON.stringify({ ...reached(history, next_offset, extraRows), of });
        return rowObject('checkpoint_log', {
          ...checkpoint,
          stream_offsets,
          kafka_partition: partition,
          processed_at: PROCESSED_MS,
          written_at: PROCESSED_MS,
          topic: TOPIC,
          owner: 'somebody',
        });
      });
      if (checkpoints.length > 0)
        await this.add(
          'checkpoint_log',
          checkpoints,
          positions(partition, epoch, history.checkpoints.at(-1)!.next_offset),
        );
      await this.add('partition_ownership', [ownershipRow(history)]);
    }
  }

  async add(name: DeltaTableName, rows: readonly RowObject[], txns = new Map<string, number>()): Promise<void> {
    const table = this.table(name);
    const adds = await uploadRows({ table, format: this.#format }, rows);
    await table.commit(({ files }) => (files.has(adds[0]!.path) ? undefined : { operation: 'WRITE', adds, txns }));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function positions(partition: number, epoch: number, next: number): Map<string, number> {
  const of = `provenonce/${TOPIC}/${partition}`;
  return new Map([
    [`${of}/epoch`, epoch],
    [`${of}/next`, next],
    [`${of}/print`, 1],
  ]);
}

/** How far each table was, and its rows below that, when everything below the offset was in. */
function reached(history: PartitionHistory, belowOffset: number, extraRows: number) {
  const entries = CHECKED_TABLES.map((table) => {
    const offsets = (history[table] as readonly RowPosition[])
      .map(({ kafka_offset }) => kafka_offset)
      .filter((offset) => offset < belowOffset);
    return [table, { next: (offsets.at(-1) ?? -1) + 1, rows: offsets.length + extraRows }] as const;
  });
  return {
    next: Object.fromEntries(entries.map(([table, { next }]) => [table, next])),
    rows: Object.fromEntries(entries.map(([table, { rows }]) => [table, rows])),
  };
}

function ownershipRow({ ownership }: PartitionHistory): RowObject {
  return {
    topic: TOPIC,
    kafka_partition: ownership.partition,
    epoch: ownership.epoch,
    owner: 'somebody',
    claim_id: ownership.claimId,
    claimed_at: PROCESSED_MS,
    streams: '[]',
    partition_count: ownership.partitionCount,
    start_offset: ownership.startOffset,
    fixed_settings: JSON.stringify(ownership.fixed),
    settings_history: JSON.stringify(ownership.history),
    skipped: JSON.stringify(ownership.skipped),
  };
}

function rowObject(table: DeltaTableName, cells: Readonly<Record<string, unknown>>): RowObject {
  const columns: readonly TableColumn[] = DELTA_COLUMNS[table];
  const values = columns.map(({ name, kind }) => {
    const value = (cells[name] ?? null) as CellValue;
    return [name, kind === 'decimal' && value !== null ? nanosFromText(String(value)) : value];
  });
  return Object.fromEntries(values);
}
