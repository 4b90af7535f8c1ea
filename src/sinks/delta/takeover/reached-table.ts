/**
 * What a takeover knows of one table: the rows of records below `next` are there. They are neither read nor compared; the last of them is held
 * against the table's print. A table with rows that the fold does not yield at all is of another log, too.
 */
import type { DataRows, DataTable } from '../../../payments/types.ts';
import type { ReachedTable, RowAnswer } from '../../../processor/ports.ts';
import { printOf } from './prints.ts';

export interface ReachedFacts {
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
  readonly #print: number;
  readonly #hasRows: boolean;
  #present = 0;
  #last: DataRows[T] | undefined;

  /** `checkpointOffset`: rows below it are not asked about. */
  constructor(table: T, { next, print, hasRows }: ReachedFacts, checkpointOffset: number) {
    this.table = table;
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

  #differs(): boolean {
    if (this.#print === 0) return false;
    return this.#last === undefined ? this.#hasRows : printOf(this.table, this.#last) !== this.#print;
  }
}
