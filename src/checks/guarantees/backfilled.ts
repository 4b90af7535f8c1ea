/**
 * Payments that a backfill put in (writer_epoch 0). They are no disposition: G1, G4 and G5 do not count them. Each must be
 * the payment of a late record at its place, or of a rejected one by later rules (G1), and their windows of epoch 0 must be their sums, so that sums over all
 * partials equal sums over all payments (G3). That no id is there twice, G2 sees over all rows.
 */

import type { FindingLists } from '../findings.ts';
import type { PartialCells, TopicRecord, TransactionCells } from '../inputs/verify-inputs.ts';
import type { OraclePayment } from '../oracle/judgement.ts';
import { billionths, decimalText, plainDecimal, sameDecimal } from '../oracle/money.ts';
import { NO_REGION } from '../oracle/open-windows.ts';
import type { Step } from '../partition/walk-partition.ts';
import { describe, transactionDifferences } from './row-differences.ts';
import { windowName } from './window-name.ts';

interface Sums {
  /** Of the newest of the payments: where a backfill puts the window. */
  newest: number;
  /** Of the payments, the first of them. */
  readonly offsets: number[];
  count: number;
  total: bigint;
  min: bigint;
  max: bigint;
}

const OFFSETS_KEPT_MAX = 20;

export class BackfilledCheck {
  readonly #partition: number;
  readonly #windowMs: number;
  readonly #findings: FindingLists;
  readonly #laterPayments: (record: TopicRecord) => readonly OraclePayment[];
  readonly #sums = new Map<string, Sums>();
  readonly #partials = new Map<string, PartialCells[]>();
  #payments = 0;

  constructor(
    partition: number,
    windowMs: number,
    findings: FindingLists,
    laterPayments: (record: TopicRecord) => readonly OraclePayment[],
  ) {
    this.#partition = partition;
    this.#windowMs = windowMs;
    this.#findings = findings;
    this.#laterPayments = laterPayments;
  }

  /** Payments so far. */
  get payments(): number {
    return this.#payments;
  }

  step(step: Step): void {
    const { payments, partials } = step.backfilled;
    for (const row of partials) {
      const rows = this.#partials.get(windowName(row));
      if (rows === undefined) this.#partials.set(windowName(row), [row]);
      else rows.push(row);
    }
    for (const [index, row] of payments.entries()) {
      this.#payments++;
      this.#addToSums(row);
      if (index > 0) this.#unexplained(row, 'a second backfilled row for one record');
      else if (!step.trusted) this.#explain(row, step);
    }
  }

  #explain(row: TransactionCells, step: Step): void {
    const { outcome } = step;
    const payments = this.#paymentsOf(step);
    if (payments.length === 0) {
      const what = outcome === null ? 'has no record' : `is ${outcome.disposition}`;
      this.#unexplained(row, `a backfilled row where the log ${what}`);
      return;
    }
    const all = payments.map((payment) => transactionDifferences(row, payment));
    const differences = all.at(-1)!;
    if (all.some(({ length }) => length === 0)) return;
    const { columns, ...sides } = describe(differences);
    this.#unexplained(row, `a backfilled row that differs from its record in ${columns}`, sides);
  }

  /** What a backfill may have made of the record, the newest rules last. */
  #paymentsOf({ outcome, record }: Step): readonly OraclePayment[] {
    if (outcome?.disposition === 'late') return [outcome.payment];
    return outcome?.disposition === 'rejected' && record !== null ? this.#laterPayments(record) : [];
  }

  end(): void {
    this.#compareWindows();
  }

  #compareWindows(): void {
    const expected = this.#sums;
    const found = this.#partials;
    for (const window of new Set([...expected.keys(), ...found.keys()])) {
      const sums = expected.get(window);
      const rows = found.get(window) ?? [];
      if (sums !== undefined && rows.length === 1 && isSum(rows[0]!, sums, this.#windowMs)) continue;
      this.#findings.add('G3', {
        kind: 'backfilled_window_differs',
        partition: this.#partition,
        offsets: [...new Set([...rows.map(({ kafka_offset }) => kafka_offset), ...(sums?.offsets ?? [])])],
        transactionIds: [],
        expected: sums === undefined ? 'no row' : `${sums.count} payments, ${decimalText(sums.total)}`,
        actual: rows.map((row) => `${row.transaction_count} payments, ${row.total_amount}`).join('; ') || 'no row',
        message:
          `the window of backfilled payments ${window} is not their sum; ` +
          'if a backfill was killed or is running, run `provenonce backfill` again, then verify',
      });
    }
  }

  #addToSums(row: TransactionCells): void {
    const window_start = Math.floor(row.event_time / this.#windowMs) * this.#windowMs;
    const amount = billionths(plainDecimal(row.amount)) ?? 0n;
    const window = windowName({ ...row, region: row.region ?? NO_REGION, window_start });
    const sum = this.#sums.get(window);
    if (sum === undefined) {
      this.#sums.set(window, {
        newest: row.kafka_offset,
        offsets: [row.kafka_offset],
        count: 1,
        total: amount,
        min: amount,
        max: amount,
      });
      return;
    }
    sum.count++;
    sum.newest = Math.max(sum.newest, row.kafka_offset);
    if (sum.offsets.length < OFFSETS_KEPT_MAX) sum.offsets.push(row.kafka_offset);
    sum.total += amount;
    if (amount < sum.min) sum.min = amount;
    if (amount > sum.max) sum.max = amount;
  }

  #unexplained(row: TransactionCells, message: string, sides: { expected?: string; actual?: string } = {}): void {
    this.#findings.add('G1', {
      kind: 'backfilled_unexplained',
      partition: this.#partition,
      offsets: [row.kafka_offset],
      transactionIds: [row.transaction_id],
      ...sides,
      message,
    });
  }
}

function isSum(row: PartialCells, sums: Sums, windowMs: number): boolean {
  return (
    row.kafka_offset === sums.newest &&
    row.window_end === row.window_start + windowMs &&
    row.transaction_count === sums.count &&
    sameDecimal(row.total_amount, decimalText(sums.total)) &&
    sameDecimal(row.min_amount, decimalText(sums.min)) &&
    sameDecimal(row.max_amount, decimalText(sums.max))
  );
}
