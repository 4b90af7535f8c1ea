/**
 * The rows of one table from before a takeover, as a query read them back: the fold must yield them again, one by one.
 *
 * Invariant: as long as rows are left, the next row of the fold must equal the next of them.
 */
import { differenceOf } from '../../../payments/row-difference.ts';
import type { DataRows, DataTable } from '../../../payments/types.ts';
import type { ReachedTable, RowAnswer } from '../../../processor/ports.ts';
import type { WrittenRow } from '../ports.ts';

export class ReadBackRows<T extends DataTable> implements ReachedTable<T> {
  readonly table: T;
  /** At or past the checkpoint, in fold order. */
  readonly found: readonly WrittenRow<T>[];
  #compared = 0;

  constructor(table: T, found: readonly WrittenRow<T>[]) {
    this.table = table;
    this.found = found;
  }

  get next(): number {
    const last = this.found.at(-1);
    return last === undefined ? 0 : last.row.kafkaOffset + 1;
  }

  get rows(): number {
    return this.found.length;
  }

  ask(row: DataRows[T]): RowAnswer {
    const found = this.found[this.#compared]?.row;
    if (found === undefined) return 'missing';
    const difference = differenceOf(this.table, row, found);
    if (difference !== undefined) return { differs: `(offset ${found.kafkaOffset}): ${difference}` };
    this.#compared++;
    return 'present';
  }

  left(): number {
    return this.found.length - this.#compared;
  }
}
