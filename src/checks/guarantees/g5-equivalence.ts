/**
 * G5: the tables hold the rows of a run without faults: those of the recomputation, column for column apart from writer_epoch
 * and processed_at. Past next_offset rows may be missing, but only from some offset on in each table, as streams fill from
 * the front; epochs never go back in a table, or a fenced writer has written.
 */

import type { FindingLists } from '../findings.ts';
import type { CheckedTable, RowPosition } from '../inputs/verify-inputs.ts';
import { CHECKED_TABLES, type Step } from '../partition/walk-partition.ts';
import { describe, exceptionDifferences, fraudDifferences, transactionDifferences } from './row-differences.ts';

export class EquivalenceCheck {
  readonly #findings: FindingLists;
  readonly #ownerEpoch: number;
  /** Per table, the first offset past next_offset whose rows are not all there. */
  readonly #endedAt = new Map<CheckedTable, number>();
  /** Per table, the greatest epoch so far, and the last offset that had it. */
  readonly #lastEpoch = new Map<CheckedTable, { readonly epoch: number; readonly offset: number }>();

  constructor(ownerEpoch: number, findings: FindingLists) {
    this.#ownerEpoch = ownerEpoch;
    this.#findings = findings;
  }

  step(step: Step): void {
    for (const table of CHECKED_TABLES) {
      const rows: readonly RowPosition[] = step.rows[table];
      this.#checkEpochs(step, table, rows);
      if (!step.trusted) this.#checkCount(step, table, rows.length);
    }
    if (!step.trusted) this.#checkColumns(step);
  }

  #checkCount(step: Step, table: CheckedTable, actual: number): void {
    const expected = expectedCount(step, table);
    if (actual > expected) this.#report(step, 'rows_extra', table, `${actual} rows in ${table}, ${expected} expected`);
    if (step.below) {
      if (actual < expected)
        this.#report(step, 'rows_missing', table, `${actual} rows in ${table}, ${expected} expected`);
      return;
    }
    const endedAt = this.#endedAt.get(table);
    if (endedAt !== undefined && actual > 0)
      this.#report(step, 'rows_after_hole', table, `rows in ${table} though those of offset ${endedAt} are missing`, {
        besides: endedAt,
      });
    if (endedAt === undefined && actual < expected) this.#endedAt.set(table, step.offset);
  }

  #checkEpochs(step: Step, table: CheckedTable, rows: readonly RowPosition[]): void {
    if (rows.length === 0) return;
    const last = this.#lastEpoch.get(table) ?? { epoch: 1, offset: step.offset };
    let greatest = last;
    for (const { writer_epoch: epoch } of rows) {
      if (epoch < last.epoch)
        this.#report(step, 'epoch_went_back', table, `epoch ${epoch} in ${table} after epoch ${last.epoch}`, {
          besides: last.offset,
        });
      if (epoch > this.#ownerEpoch)
        this.#report(step, 'epoch_unknown', table, `epoch ${epoch} in ${table}, the owner's is ${this.#ownerEpoch}`);
      if (epoch >= greatest.epoch) greatest = { epoch, offset: step.offset };
    }
    this.#lastEpoch.set(table, greatest);
  }

  #checkColumns(step: Step): void {
    const { outcome, rows } = step;
    if (outcome?.disposition === 'accepted') {
      for (const row of rows.payment_transactions)
        this.#differ(step, 'payment_transactions', transactionDifferences(row, outcome.payment));
      for (const row of rows.payment_transactions_fraud)
        this.#differ(step, 'payment_transactions_fraud', fraudDifferences(row, outcome.payment, outcome.fraud));
    }
    for (const row of rows.payment_exceptions)
      this.#differ(step, 'payment_exceptions', exceptionDifferences(row, step));
  }

  #differ(step: Step, table: CheckedTable, differences: Parameters<typeof describe>[0]): void {
    if (differences.length === 0) return;
    const { columns, ...sides } = describe(differences);
    this.#report(step, 'columns_differ', table, `a row of ${table} differs in ${columns}`, sides);
  }

  #report(
    step: Step,
    kind: string,
    table: CheckedTable,
    message: string,
    { besides, ...sides }: { expected?: string; actual?: string; besides?: number } = {},
  ): void {
    this.#findings.add('G5', {
      kind,
      partition: step.partition,
      offsets: besides === undefined || besides === step.offset ? [step.offset] : [step.offset, besides],
      transactionIds: idsOf(step, table),
      ...sides,
      message,
    });
  }
}

function expectedCount({ outcome }: Step, table: CheckedTable): number {
  if (!outcome) return 0;
  const accepted = outcome.disposition === 'accepted';
  if (table === 'payment_metrics_partials') return accepted ? outcome.closed.length : 0;
  return accepted === (table !== 'payment_exceptions') ? 1 : 0;
}

function idsOf({ outcome, rows }: Step, table: CheckedTable): string[] {
  if (table === 'payment_metrics_partials') return [];
  if (outcome && outcome.disposition !== 'rejected') return [outcome.payment.transaction_id];
  return rows[table].map((row) => row.transaction_id).filter((id) => id !== null);
}
