/** The sink port of the processor, on the tables of one location: real ones, or those of the simulated world. */
import { DATA_TABLES, type DataTable } from '../../payments/types.ts';
import type { Sink, SinkInspection } from '../../processor/ports.ts';
import { checkDeltaLimits, DEFAULT_DELTA_LIMITS, type DeltaLimits } from './delta-limits.ts';
import { DeltaRowEncoder } from './files/row-encoder.ts';
import { type DeltaSinkParts, deltaReads, deltaSinkParts, fenceParts } from './sink-parts.ts';
import { withNamedRefusals } from './tables/refusals.ts';
import { claimRows } from './takeover/claims.ts';
import { DeltaClaim, type WriterParts, whyNotOurs } from './takeover/delta-claim.ts';
import type { TablePosition } from './takeover/positions.ts';
import { CheckpointCommits } from './write/checkpoint-commits.ts';
import type { LanePlace } from './write/lane.ts';
import { TableCommitter } from './write/table-committer.ts';

export interface DeltaProcessorSinkParts {
  readonly parts: DeltaSinkParts;
  readonly inspection: SinkInspection;
  readonly limits?: Partial<DeltaLimits> | undefined;
}

/** One for each process: all its partitions share the committers of the tables. */
export function deltaProcessorSink({ parts: opened, inspection, limits: given }: DeltaProcessorSinkParts): Sink {
  const limits: DeltaLimits = { ...DEFAULT_DELTA_LIMITS, ...given };
  checkDeltaLimits(limits);
  const parts = deltaSinkParts({ ...opened, tables: withNamedRefusals(opened.tables) });
  const { runtime, tables, format, ownership, ownershipTable } = parts;
  const whyNot = (place: LanePlace, table: DataTable | 'checkpoint_log', found: TablePosition) =>
    whyNotOurs(ownership, place, table, found);
  const committer = (name: DataTable): TableCommitter =>
    new TableCommitter({ name, table: tables[name], format, runtime, limits, whyNot });
  const writerParts: WriterParts = {
    ...fenceParts(parts),
    runtime,
    encoder: new DeltaRowEncoder(),
    committers: Object.fromEntries(DATA_TABLES.map((table) => [table, committer(table)])) as Record<
      DataTable,
      TableCommitter
    >,
    checkpointCommits: new CheckpointCommits({ table: tables.checkpoint_log, format, runtime, whyNot }),
  };
  const { maxAppendRows, maxAppendBytes } = limits;
  return {
    ...deltaReads(parts),
    appendLimits: { maxAppendRows, maxAppendBytes },
    topics: () => ownershipTable.topics(),
    wrongTables: (freshForMs) => inspection.wrongTables(freshForMs),
    lostInBulk: () => inspection.lostInBulk(),
    // A claim needs nothing but the rows.
    foresee: () => {},
    claim: (topic, owner, rows) =>
      claimRows(
        topic,
        owner,
        rows,
        { runtime, table: ownershipTable, ownership },
        (row) => new DeltaClaim(row, writerParts),
      ),
  };
}
