/**
 * How many rows each epoch has in each table so far, going up the offsets, and where its rows begin and end. Where a count is
 * wrong, the row at fault is at one of these ends: epochs never go back within a table.
 */
import type { CheckedTable, RowPosition } from '../inputs/verify-inputs.ts';
import { CHECKED_TABLES, type Step } from '../partition/walk-partition.ts';

interface EpochRows {
  count: number;
  readonly first: number;
  last: number;
  /** The row of the table before its first; itself where there is none. */
  readonly before: number;
}

export class RowsByEpoch {
  readonly #tables = new Map<CheckedTable, Map<number, EpochRows>>(CHECKED_TABLES.map((table) => [table, new Map()]));
  /** Of any epoch, by table. */
  readonly #latest = new Map<CheckedTable, number>();

  step({ offset, rows }: Step): void {
    for (const table of CHECKED_TABLES) {
      for (const { writer_epoch: epoch } of rows[table] as readonly RowPosition[]) {
        const seen = this.#tables.get(table)!.get(epoch);
        if (seen === undefined) {
          const before = this.#latest.get(table) ?? offset;
          this.#tables.get(table)!.set(epoch, { count: 1, first: offset, last: offset, before });
        } else {
          seen.count++;
          seen.last = offset;
        }
        this.#latest.set(table, offset);
      }
    }
  }

  count(table: CheckedTable, epoch: number): number {
    return this.#tables.get(table)!.get(epoch)?.count ?? 0;
  }

  epochs(table: CheckedTable): readonly number[] {
    return [...this.#tables.get(table)!.keys()];
  }

  /** Offsets at which a row may have another epoch than it should, where this one has too few or too many. */
  ends(table: CheckedTable, epoch: number): number[] {
    const seen = this.#tables.get(table)!.get(epoch);
    const latest = this.#latest.get(table);
    const ends = [seen?.before, seen?.first, seen?.last, latest].filter((offset) => offset !== undefined);
    return [...new Set(ends)];
  }

  /** The counts as they are now. */
  snapshot(): ReadonlyMap<string, number> {
    return new Map(
      CHECKED_TABLES.flatMap((table) =>
        this.epochs(table).map((epoch) => [`${epoch} ${table}`, this.count(table, epoch)] as const),
      ),
    );
  }
}
