/**
 * The print of a row: 53 bits of the digest of its offset and its own columns, without who wrote it and when. A takeover compares the print of
 * the last row of a table with the row that the fold yields in its place: a log that was written anew is found out without a read.
 *
 * Invariant: what goes into a print never changes, since prints stand in tables.
 */
import { createHash } from 'node:crypto';
import { DATA_COLUMNS } from '../../../payments/columns.ts';
import { type CellValue, cellOf } from '../../../payments/row-cells.ts';
import type { DataRows, DataTable } from '../../../payments/types.ts';

const LOW_BITS = 2 ** 32;
const HIGH_BITS = 2 ** 21;

/** From 1 to 2^53 - 1. */
export function printOf<T extends DataTable>(table: T, row: DataRows[T]): number {
  const cells: (CellValue | readonly (readonly [string, string])[])[] = [row.kafkaOffset];
  for (const column of DATA_COLUMNS[table]) cells.push(cellOf<T>(column)(row));
  if (table === 'payment_transactions' && 'payment' in row) {
    const further = Object.entries(row.payment.further ?? {});
    cells.push(further.sort(([a], [b]) => (a < b ? -1 : 1)));
  }
  const text = JSON.stringify(cells, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value));
  const digest = createHash('sha256').update(text, 'utf8').digest();
  return Math.max(1, (digest.readUInt32BE(0) % HIGH_BITS) * LOW_BITS + digest.readUInt32BE(4));
}
