/**
 * Whether the tables are the ones they were: there, with their columns, not replaced since this process looked first, and changed by nobody else.
 * And whether they have the rows that the newest checkpoints remember.
 */
import { ContradictionError } from '../../../base/errors.ts';
import { DATA_TABLES } from '../../../payments/types.ts';
import type { SinkInspection } from '../../../processor/ports.ts';
import { errorOf, type TableFinding } from '../../findings.ts';
import type { Checkpoints } from '../takeover/checkpoints.ts';
import type { OwnershipTable } from '../takeover/ownership-table.ts';
import { type LocationParts, lookAtTables } from './apply-tables.ts';
import { missingColumns } from './compare-table.ts';
import { foreignError } from './foreign-commits.ts';
import { requireSnapshot } from './small-table.ts';
import { DELTA_TABLES } from './table-columns.ts';

/** A store that does not answer within this time says nothing. */
const LOOK_MS = 10_000;

export interface InspectionParts extends LocationParts {
  readonly ownership: OwnershipTable;
  readonly checkpoints: Checkpoints;
}

export class TableInspection implements SinkInspection {
  readonly #parts: InspectionParts;
  /** Of each table, as it was seen first. */
  readonly #ids = new Map<string, string>();
  #goodAtMs = Number.NEGATIVE_INFINITY;

  constructor(parts: InspectionParts) {
    this.#parts = parts;
  }

  async wrongTables(freshForMs = 0): Promise<Error | undefined> {
    const { runtime } = this.#parts;
    if (runtime.monotonicMs() - this.#goodAtMs < freshForMs) return undefined;
    const over = new AbortController();
    const late = runtime.sleep(LOOK_MS, over.signal).then(
      () => 'late' as const,
      () => 'late' as const,
    );
    const looking = this.#look().catch((error: unknown) =>
      error instanceof ContradictionError ? error : ('late' as const),
    );
    const wrong = await Promise.race([looking, late]);
    over.abort();
    if (wrong === 'late') return undefined;
    if (wrong === undefined) this.#goodAtMs = runtime.monotonicMs();
    return wrong;
  }

  async #look(): Promise<ContradictionError | undefined> {
    const { found, missing, findings, toAdd } = await lookAtTables(this.#parts);
    const all: TableFinding[] = [
      ...findings,
      ...[...toAdd].flatMap(([name, columns]) => missingColumns(name, columns)),
    ];
    for (const name of missing) {
      if (all.some(({ table, code }) => table === name && code === 'table_missing')) continue;
      const mend = 'Make it with `provenonce schema apply`, or restore the folder that was there.';
      all.push({ code: 'table_missing', table: name, what: 'the table is not there', mend });
    }
    for (const [name, { metadata }] of found) {
      const first = this.#ids.get(name);
      if (first === undefined) this.#ids.set(name, metadata.id);
      else if (first !== metadata.id)
        all.push({
          code: 'table_replaced',
          table: name,
          what: `its id is ${metadata.id}, and it was ${first}: the table was dropped and made again`,
          mend: 'Restore the table that was here (runbook, table_replaced).',
        });
    }
    const error = errorOf(all);
    if (error !== undefined) return error;
    for (const name of DELTA_TABLES) {
      const snapshot = found.get(name);
      const foreign = snapshot === undefined ? undefined : foreignError(name, snapshot);
      if (foreign !== undefined) return foreign;
    }
    return undefined;
  }

  /** By the counts of the files, which the log has: no file is read but the newest checkpoints'. */
  async lostInBulk(): Promise<ContradictionError | undefined> {
    const { tables, ownership, checkpoints } = this.#parts;
    const remembered = Object.fromEntries(DATA_TABLES.map((table) => [table, 0])) as Record<string, number>;
    for (const topic of await ownership.topics()) {
      for (const { partition } of await ownership.readOwnership(topic)) {
        const checkpoint = await checkpoints.latest({ topic, partition });
        if (checkpoint !== undefined)
          for (const table of DATA_TABLES) remembered[table]! += checkpoint.reached.rows[table];
      }
    }
    const findings: TableFinding[] = [];
    for (const table of DATA_TABLES) {
      const { files } = requireSnapshot(table, await tables[table].refresh());
      let rows = 0;
      // A file without a count says nothing: it may have all that is missing.
      for (const { stats } of files.values()) rows += stats?.rowCount ?? Number.POSITIVE_INFINITY;
      if (rows < remembered[table]!)
        findings.push({
          code: 'rows_lost',
          table,
          what: `it has ${rows} rows, and the newest checkpoints remember ${remembered[table]}`,
          mend: 'Restore the table as it was (runbook, rows_lost).',
        });
    }
    return errorOf(findings);
  }
}
