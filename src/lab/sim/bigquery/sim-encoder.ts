/**
 * RowEncoder of the simulated world: the payload is the rows themselves, copied at that moment, as bytes would be: what the
 * caller changes afterwards does not reach the sink.
 */
import type { AppendTable, DataRows } from '../../../payments/types.ts';
import type { AppendRows, RowEncoder, RowStamp } from '../../../sinks/bigquery/ports.ts';

/** EncodedRows.payload of the simulated world. */
export interface SimPayload {
  readonly table: AppendTable;
  readonly rows: readonly AppendRows[AppendTable][];
  readonly stamp: RowStamp;
}

/** Near enough to an Arrow row for limits in bytes to matter. */
const ROW_BYTES = 200;
/** Past every log. */
const NO_RECORD = 1e9;

export const simRowEncoder: RowEncoder = {
  encode(table, rows, stamp, from = 0, to = rows.length) {
    const copies = Array.from({ length: to - from }, (_, index) => copy(columnsOf(table, rows.at(from + index)!)));
    const payload: SimPayload = { table, rows: copies, stamp: copy(stamp) };
    // Whoever sends them after that sends rows of no record: the checks find those, and miss the others.
    const release = (): void => {
      for (const [index, row] of copies.entries()) copies[index] = { ...row, kafkaOffset: NO_RECORD };
    };
    return { rowCount: copies.length, byteLength: ROW_BYTES * copies.length, payload, lease: { release } };
  },
};

/** The fold yields one object for both tables of payments; only one of them has the columns of the fraud rules. */
function columnsOf(table: AppendTable, row: AppendRows[AppendTable]): AppendRows[AppendTable] {
  if (table !== 'payment_transactions') return row;
  const { kafkaOffset, payment } = row as DataRows['payment_transactions'];
  return { kafkaOffset, payment };
}

/** A deep copy of plain data. */
export function copy<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copy) as T;
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(value)) result[key] = copy((value as Record<string, unknown>)[key]);
  return result as T;
}
