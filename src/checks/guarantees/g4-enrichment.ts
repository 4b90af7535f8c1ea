/** G4: exactly one row in payment_transactions_fraud per accepted payment, with the values that the rules give. */

import type { FindingLists } from '../findings.ts';
import type { TransactionCells } from '../inputs/verify-inputs.ts';
import { businessText, storedPayment } from '../oracle/recompute.ts';
import type { Step } from '../partition/walk-partition.ts';
import { describe, fraudDifferences } from './row-differences.ts';

export function checkEnrichment(step: Step, findings: FindingLists): void {
  const rows = step.rows.payment_transactions_fraud;
  const { outcome, partition, offset } = step;
  const report = (
    kind: string,
    ids: readonly string[],
    message: string,
    sides: { expected?: string; actual?: string } = {},
  ) => findings.add('G4', { kind, partition, offsets: [offset], transactionIds: ids, ...sides, message });

  if (step.trusted) {
    // The record is gone: that both tables have the same payments is still to be seen.
    const { payment_transactions: payments } = step.rows;
    const text = (list: readonly TransactionCells[]): string => JSON.stringify(list.map(paymentOf));
    if (text(rows) === text(payments)) return;
    report(
      'enrichment_differs',
      [...new Set(payments.map(({ transaction_id }) => transaction_id))],
      'enriched rows are not those of payment_transactions',
    );
    return;
  }
  if (outcome?.disposition !== 'accepted') {
    for (const row of rows)
      report('enrichment_phantom', [row.transaction_id], 'an enriched row where the topic has no accepted payment');
    return;
  }
  const { payment, fraud } = outcome;
  const ids = [payment.transaction_id];
  if (rows.length === 0 && step.below) report('enrichment_missing', ids, 'no enriched row for an accepted payment');
  if (rows.length > 1) report('enrichment_twice', ids, `${rows.length} enriched rows for one payment`);
  for (const row of rows) {
    const differences = fraudDifferences(row, payment, fraud);
    if (differences.length === 0) continue;
    const { columns, ...sides } = describe(differences);
    report('enrichment_differs', ids, `enriched row differs in ${columns}`, sides);
  }
}

function paymentOf(row: TransactionCells): string {
  return `${row.transaction_id} ${businessText(storedPayment(row))}`;
}
