/**
 * What a takeover knows of one table: the rows of records below `next` are there. They are neither read nor compared; the last of them is held
 * against the table's print. A table with rows that the fold does not yield at all is of another log, too; one that has none of the rows
 * that it says it has was changed by somebody else. Where it lost only some of them, `lostInBulk` finds that after the next checkpoint.
 */
import { ContradictionError } from '../../../base/errors.ts';
import type { DataRows, DataTable } from '../../../payments/types.ts';
import type { ReachedTable, RowAnswer } from '../../../processor/ports.ts';
import { printOf } from './prints.ts';

export interface ReachedFacts {
  readonly partition: number;
  /** No row of the table is at or past it. */
  readonly next: number;
  /** Of the last row; 0 where it is not known, or where that row was given up. */
  readonly print: number;
  /** It has rows at or past the checkpoint: the fold must yield them. */
  readonly hasRows: boolean;
}

export class ReachedByPosition<T extends DataTable> implements ReachedTable<T> {
  readonly table: T;
  readonly next: number;
  readonly rows = 0;
  readonly #partition: number;
  readonly #checkpointOffset: number;
  readonly #print: number;
  readonly #hasRows: boolean;
  #present = 0;
  #last: DataRows[T] | undefined;

  /** `checkpointOffset`: rows below it are not asked about. */
  constructor(table: T, { partition, next, print, hasRows }: ReachedFacts, checkpointOffset: number) {
    this.table = table;
    this.#partition = partition;
    this.#checkpointOffset = checkpointOffset;
    this.next = next > checkpointOffset ? next : 0;
    this.#print = print;
    this.#hasRows = hasRows;
  }

  /** Rows of the fold that are there already. */
  get present(): number {
    return this.#present;
  }

  ask(row: DataRows[T]): RowAnswer {
    if (row.kafkaOffset < this.next) {
      if (!this.#hasRows) throw this.#rowsLost(row.kafkaOffset);
      this.#present += 1;
      this.#last = row;
      return 'present';
    }
    if (!this.#differs()) return 'missing';
    const last = this.#last === undefined ? 'there is none' : `of offset ${this.#last.kafkaOffset}`;
    return { differs: `in its content (the last row below offset ${this.next}, ${last})` };
  }

  left(nextOffset: number): number {
    if (nextOffset < this.next) return this.next - nextOffset;
    return this.#differs() ? 1 : 0;
  }

  /** An older version was restored, or rows were deleted: the txn actions stay, and say that the rows are there. */
  #rowsLost(offset: number): ContradictionError {
    return new ContradictionError(
      'rows_lost',
      `partition ${this.#partition}, ${this.table}: the log yields a row for offset ${offset}. The table says that it has all rows below ` +
        `offset ${this.next}, and has none from offset ${this.#checkpointOffset} on: somebody deleted them, or restored an older version. ` +
        'Restore the table as it was (runbook, rows_lost). Nothing was written.',
    );
  }

  #differs(): boolean {
    if (this.#print === 0) return false;
    return this.#last === undefined ? this.#hasRows : printOf(this.table, this.#last) !== this.#print;
  }
}
