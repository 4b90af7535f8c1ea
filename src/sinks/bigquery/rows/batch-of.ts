/** Rows that are objects as what the encoder takes for their table: for callers with a few rows, such as probes and tests. */
import { AcceptedBatch } from '../../../payments/accepted-batch.ts';
import type { RowLayout } from '../../../payments/row-layout.ts';
import type { AcceptedRow, AppendTable } from '../../../payments/types.ts';
import type { AppendBatches, AppendRows } from '../ports.ts';

export function batchOf<T extends AppendTable>(
  table: T,
  rows: readonly AppendRows[T][],
  layout?: RowLayout,
): AppendBatches[T] {
  const isAccepted = table === 'payment_transactions' || table === 'payment_transactions_fraud';
  return (isAccepted ? AcceptedBatch.of(rows as readonly AcceptedRow[], layout) : rows) as AppendBatches[T];
}
