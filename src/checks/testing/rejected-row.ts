/** What a rejected record's row differs in from what the judge says that it must be, for tests that read records twice. */
import { type CellValue, cellsByName } from '../../payments/row-cells.ts';
import type { ExceptionRow } from '../../payments/types.ts';
import { exceptionDifferences } from '../guarantees/row-differences.ts';
import type { ExceptionCells, TopicRecord } from '../inputs/verify-inputs.ts';
import type { RejectedMust } from '../oracle/judgement.ts';

export function rejectedDifferences(
  row: ExceptionRow,
  record: TopicRecord,
  must: RejectedMust,
): ReturnType<typeof exceptionDifferences> {
  const cells: Record<string, CellValue> = { ...cellsByName('payment_exceptions', row), writer_epoch: 1 };
  return exceptionDifferences(cells as unknown as ExceptionCells, {
    partition: 0,
    offset: record.offset,
    below: true,
    trusted: false,
    record,
    outcome: { disposition: 'rejected', must },
    rows: {
      payment_transactions: [],
      payment_transactions_fraud: [],
      payment_metrics_partials: [],
      payment_exceptions: [],
    },
    backfilled: { payments: [], partials: [] },
  });
}
