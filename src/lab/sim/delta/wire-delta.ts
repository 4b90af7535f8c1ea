/**
 * What a simulated process is built of where the tables are on Delta Lake: the real sink, from its logs to its committers, on the
 * simulated store. Wiring only.
 */
import { ContradictionError, UnreachableError } from '../../../base/errors.ts';
import type { Runtime } from '../../../base/runtime.ts';
import { layoutOf, type RowLayout } from '../../../payments/row-layout.ts';
import type { LoadedRules } from '../../../payments/rules/rules.ts';
import type { Sink } from '../../../processor/ports.ts';
import type { HitDeltaPoint } from '../../../sinks/delta/crash-points.ts';
import { withDeltaCrashPoints } from '../../../sinks/delta/crash-points.ts';
import { DEFAULT_DELTA_LIMITS, type DeltaLimits } from '../../../sinks/delta/delta-limits.ts';
import { DeltaLogTable } from '../../../sinks/delta/log/log-table.ts';
import type { FileFormat, ObjectStore } from '../../../sinks/delta/ports.ts';
import { deltaProcessorSink } from '../../../sinks/delta/processor-sink.ts';
import { type DeltaSinkParts, deltaSinkParts } from '../../../sinks/delta/sink-parts.ts';
import { applyTables, type DeltaTables } from '../../../sinks/delta/tables/apply-tables.ts';
import { TableInspection } from '../../../sinks/delta/tables/inspection.ts';
import { DELTA_TABLES } from '../../../sinks/delta/tables/table-columns.ts';
import type { SimDeltaLimits } from './sim-delta-limits.ts';
import { LOG_CHECKPOINTS } from './sim-format.ts';

export interface DeltaWiring {
  readonly store: ObjectStore;
  readonly runtime: Runtime;
  readonly format: FileFormat;
  readonly rules?: LoadedRules | undefined;
  readonly limits: Partial<SimDeltaLimits>;
  /** Reports the sink's commits. */
  readonly hit: HitDeltaPoint;
}

export interface WiredDelta {
  readonly tables: DeltaTables;
  readonly parts: DeltaSinkParts;
  readonly layout: RowLayout;
}

export function wireDelta({ store, runtime, format, rules, limits, hit }: DeltaWiring): WiredDelta {
  const made = DELTA_TABLES.map((name) => {
    const options = { store, name, runtime, checkpoints: LOG_CHECKPOINTS, engineVersion: 'sim', limits };
    return [name, new DeltaLogTable(options)] as const;
  });
  const tables = withDeltaCrashPoints(Object.fromEntries(made) as unknown as DeltaTables, hit);
  const layout = layoutOf(rules === undefined ? [] : [rules.rules]);
  return { tables, parts: deltaSinkParts({ runtime, tables, format }), layout };
}

export function processorSinkOn({ tables, parts, layout }: WiredDelta, given: Partial<SimDeltaLimits>): Sink {
  const { runtime, ownershipTable: ownership, checkpoints } = parts;
  const inspection = new TableInspection({ tables, runtime, layout, ownership, checkpoints });
  return deltaProcessorSink({ parts, inspection, limits: sinkLimits(given) });
}

/** Makes the tables, with the columns of the rules, as an operator does before a process starts. Returns why it cannot be. */
export async function preparedTables({ tables, parts, layout }: WiredDelta): Promise<Error | undefined> {
  try {
    await applyTables({ tables, runtime: parts.runtime, layout }, { addsColumns: true });
    return undefined;
  } catch (error) {
    if (error instanceof ContradictionError || error instanceof UnreachableError) return error;
    throw error;
  }
}

/** Without those of the log. */
function sinkLimits(given: Partial<SimDeltaLimits>): Partial<DeltaLimits> {
  const names = Object.keys(DEFAULT_DELTA_LIMITS) as (keyof DeltaLimits)[];
  return Object.fromEntries(names.flatMap((name) => (given[name] === undefined ? [] : [[name, given[name]]])));
}
