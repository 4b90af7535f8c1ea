/**
 * RowEncoder of the simulated world: the payload is a copy of the rows. As with encoded bytes, later changes by the
 * caller do not reach the sink.
 */
import type { AppendTable, DataRows } from '../../../payments/types.ts';
import type { AppendRows, RowEncoder, RowStamp } from '../../../sinks/bigquery/ports.ts';

/** EncodedRows.payload of the simulated world. */
export interface SimPayload {
  readonly table: AppendTable;
  readonly rows: readonly AppendRows[AppendTable][];
  readonly stamp: RowStamp;
}

/** About the size of an Arrow row, so that limits in bytes have an effect. */
const ROW_BYTES = 200;
/** An offset past every log. */
const NO_RECORD = 1e9;

export const simRowEncoder: RowEncoder = {
  encode(table, rows, stamp, from = 0, to = rows.length) {
    const copies = Array.from({ length: to - from }, (_, index) => copy(columnsOf(table, rows.at(from + index)!)));
    const payload: SimPayload = { table, rows: copies, stamp: copy(stamp) };
    // Rows sent after their release belong to no record: the checks report them, and the missing ones.
    const release = (): void => {
      for (const [index, row] of copies.entries()) copies[index] = { ...row, kafkaOffset: NO_RECORD };
    };
    return { rowCount: copies.length, byteLength: ROW_BYTES * copies.length, payload, lease: { release } };
  },
};

/**
 * The fold yields one object for both tables of payments; only one of them has the columns of the fraud rules, and only the other
 * one further columns.
 */
function columnsOf(table: AppendTable, row: AppendRows[AppendTable]): AppendRows[AppendTable] {
  if (table === 'payment_transactions') {
    const { kafkaOffset, payment } = row as DataRows['payment_transactions'];
    return { kafkaOffset, payment };
  }
  if (table !== 'payment_transactions_fraud') return row;
  const { payment, ...enriched } = row as DataRows['payment_transactions_fraud'];
  const { further: _, ...columns } = payment;
  return { ...enriched, payment: columns };
}

/** A deep copy of plain data. */
export function copy<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copy) as T;
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(value)) result[key] = copy((value as Record<string, unknown>)[key]);
  return result as T;
}
