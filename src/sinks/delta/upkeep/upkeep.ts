/** Upkeep of all tables of a location: `provenonce delta compact` and `provenonce delta vacuum`. One table after the other. */
import type { Runtime } from '../../../base/runtime.ts';
import type { DeltaUpkeep } from '../../opened-sink.ts';
import type { DeltaLogTable } from '../log/log-table.ts';
import type { FileFormat, ObjectStore } from '../ports.ts';
import { compactTable } from './compact.ts';
import { checkRetention, vacuumTable } from './vacuum.ts';

export interface UpkeepParts {
  readonly tables: readonly DeltaLogTable[];
  readonly store: ObjectStore;
  readonly format: FileFormat;
  readonly runtime: Pick<Runtime, 'nowMs'>;
}

export function deltaUpkeep({ tables, store, format, runtime }: UpkeepParts): DeltaUpkeep {
  const wanted = (names: readonly string[] | undefined): readonly DeltaLogTable[] =>
    tables.filter(({ name }) => names === undefined || names.includes(name));
  return {
    async compact(order) {
      const done = [];
      for (const table of wanted(order.tables)) done.push(await compactTable(table, format, order));
      return done;
    },
    async vacuum(order) {
      checkRetention(order.retentionMs);
      const done = [];
      for (const table of wanted(order.tables)) done.push(await vacuumTable({ table, store, runtime }, order));
      return done;
    },
  };
}
