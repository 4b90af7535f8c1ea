/**
 * Rows of one table in fold order, whether they are objects or columns: who writes them does not see which. Only the
 * encoder of a table knows what its batch is made of.
 */
import type { DataRows, DataTable, ExceptionRow, PartialRow } from './types.ts';

/** Rows in order. An array is one. */
export interface RowList<Row> extends Iterable<Row> {
  readonly length: number;
  at(index: number): Row | undefined;
}

export interface RowBatch<Row> extends RowList<Row> {
  /** Kafka offsets of rows [from, to), as a copy. */
  kafkaOffsets(from: number, to: number): Float64Array;
  /** UTF-8 bytes of all texts that can be long, or an upper bound. */
  readonly textBytes: number;
}

/** A batch of rows that are objects. */
export class RowObjects<Row extends PartialRow | ExceptionRow> implements RowBatch<Row> {
  readonly #rows: readonly Row[];

  constructor(rows: readonly Row[]) {
    this.#rows = rows;
  }

  get length(): number {
    return this.#rows.length;
  }

  get textBytes(): number {
    return this.#rows.reduce((sum, row) => sum + maxTextBytes(row), 0);
  }

  at(index: number): Row | undefined {
    return this.#rows[index];
  }

  kafkaOffsets(from: number, to: number): Float64Array {
    return Float64Array.from(this.#rows.slice(from, to), (row) => row.kafkaOffset);
  }

  [Symbol.iterator](): Iterator<Row> {
    return this.#rows[Symbol.iterator]();
  }
}

const MAX_BYTES_PER_UNIT = 3;

/** An upper bound of the UTF-8 bytes of a row's texts that can be long. */
export function maxTextBytes(row: DataRows[DataTable]): number {
  if ('payload' in row) return MAX_BYTES_PER_UNIT * (row.payload?.length ?? 0);
  if (!('payment' in row)) return 0;
  let units = 0;
  for (const value of Object.values(row.payment)) if (typeof value === 'string') units += value.length;
  return MAX_BYTES_PER_UNIT * units;
}
