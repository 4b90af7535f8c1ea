/** G1: every record below next_offset has exactly one row in payment_transactions or payment_exceptions. */
import type { FindingLists } from '../findings.ts';
import type { ExceptionCells } from '../inputs/verify-inputs.ts';
import type { Step } from '../partition/walk-partition.ts';

const EXCEPTION_DISPOSITIONS = ['duplicate', 'late', 'rejected'];

export function checkOneDisposition(step: Step, findings: FindingLists): void {
  const { payment_transactions: transactions, payment_exceptions: exceptions } = step.rows;
  const rowCount = transactions.length + exceptions.length;
  const isExplained = step.outcome !== null || step.trusted;
  if (rowCount === 1 && isExplained && exceptions.every(isKnown)) return;
  const named = [...transactions, ...exceptions].map((row) => row.transaction_id).filter((id) => id !== null);
  const ids = [...new Set(named)];
  const report = (kind: string, message: string, transactionIds: readonly string[] = ids): void =>
    findings.add('G1', { kind, partition: step.partition, offsets: [step.offset], transactionIds, message });

  if (!isExplained) {
    if (rowCount > 0) report('phantom', 'a row, but no record in the log that explains it');
    return;
  }
  if (rowCount === 0) {
    if (step.below && step.outcome !== null) report('lost', 'no row for this record', expectedIds(step.outcome));
  } else if (transactions.length > 0 && exceptions.length > 0) {
    report('in_both_tables', 'rows in payment_transactions and in payment_exceptions for one record');
  } else if (rowCount > 1) {
    report('row_twice', `${rowCount} rows for one record`);
  }
  for (const row of exceptions) if (!isKnown(row)) report('disposition_unknown', `disposition ${row.disposition}`);
}

function isKnown({ disposition }: ExceptionCells): boolean {
  return EXCEPTION_DISPOSITIONS.includes(disposition);
}

function expectedIds(outcome: NonNullable<Step['outcome']>): string[] {
  return outcome.disposition === 'rejected' ? [] : [outcome.payment.transaction_id];
}
