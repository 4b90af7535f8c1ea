/**
 * Payments that a backfill put in (writer_epoch 0). They are no disposition: G1, G4 and G5 do not count them. Each must be
 * the payment of a late record at its place (G1), and their windows of epoch 0 must be their sums, so that sums over all
 * partials equal sums over all payments (G3). That no id is there twice, G2 sees over all rows.
 */
import { describe, transactionDifferences } from '../compare-rows.ts';
import type { FindingLists } from '../findings.ts';
import type { BackfilledRows, PartialCells, TransactionCells } from '../inputs.ts';
import { billionths, decimalText, plainDecimal, sameDecimal } from '../oracle/money.ts';
import type { Step } from '../walk.ts';

interface Sums {
  count: number;
  total: bigint;
  min: bigint;
  max: bigint;
}

export class BackfilledCheck {
  readonly #partition: number;
  readonly #rows: BackfilledRows;
  readonly #windowMs: number;
  readonly #findings: FindingLists;
  /** Not explained by a record yet, by offset. */
  readonly #open = new Map<number, TransactionCells>();

  constructor(partition: number, rows: BackfilledRows, windowMs: number, findings: FindingLists) {
    this.#partition = partition;
    this.#rows = rows;
    this.#windowMs = windowMs;
    this.#findings = findings;
    for (const row of rows.payments) {
      if (this.#open.has(row.kafka_offset)) this.#unexplained(row, 'a second backfilled row for one record');
      this.#open.set(row.kafka_offset, row);
    }
  }

  step({ offset, outcome, trusted, rows }: Step): void {
    const row = this.#open.get(offset);
    if (row === undefined) return;
    if (trusted) {
      if (!rows.payment_exceptions.some(({ disposition }) => disposition === 'late')) return;
      this.#open.delete(offset);
      return;
    }
    this.#open.delete(offset);
    if (outcome?.disposition !== 'late') {
      const what = outcome === null ? 'has no record' : `is ${outcome.disposition}`;
      this.#unexplained(row, `a backfilled row where the log ${what}`);
      return;
    }
    const differences = transactionDifferences(row, outcome.payment);
    if (differences.length === 0) return;
    const { columns, ...sides } = describe(differences);
    this.#unexplained(row, `a backfilled row that differs from its record in ${columns}`, sides);
  }

  /** `trustedBelow`: rows of records that the log and retention have removed are taken as they are. */
  end(trustedBelow: number): void {
    for (const [offset, row] of this.#open) {
      if (offset >= trustedBelow) this.#unexplained(row, 'a backfilled row, but no record in the log that explains it');
    }
    this.#compareWindows();
  }

  #compareWindows(): void {
    const expected = this.#sums();
    const found = Map.groupBy(this.#rows.partials, (row) => key(row));
    for (const window of new Set([...expected.keys(), ...found.keys()])) {
      const sums = expected.get(window);
      const rows = found.get(window) ?? [];
      if (sums !== undefined && rows.length === 1 && isSum(rows[0]!, sums, this.#windowMs)) continue;
      this.#findings.add('G3', {
        kind: 'backfilled_window_differs',
        partition: this.#partition,
        offsets: [],
        transactionIds: [],
        expected: sums === undefined ? 'no row' : `${sums.count} payments, ${decimalText(sums.total)}`,
        actual: rows.map((row) => `${row.transaction_count} payments, ${row.total_amount}`).join('; ') || 'no row',
        message:
          `the window of backfilled payments ${window} is not their sum; ` +
          'if a backfill was killed or is running, run `provenonce backfill` again, then verify',
      });
    }
  }

  #sums(): Map<string, Sums> {
    const sums = new Map<string, Sums>();
    for (const row of this.#rows.payments) {
      const window_start = Math.floor(row.event_time / this.#windowMs) * this.#windowMs;
      const amount = billionths(plainDecimal(row.amount)) ?? 0n;
      const sum = sums.get(key({ ...row, window_start }));
      if (sum === undefined) {
        sums.set(key({ ...row, window_start }), { count: 1, total: amount, min: amount, max: amount });
        continue;
      }
      sum.count++;
      sum.total += amount;
      if (amount < sum.min) sum.min = amount;
      if (amount > sum.max) sum.max = amount;
    }
    return sums;
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

function key(window: { window_start: number; region: string; currency: string }): string {
  return `${new Date(window.window_start).toISOString()} ${window.region} ${window.currency}`;
}

function isSum(row: PartialCells, sums: Sums, windowMs: number): boolean {
  return (
    row.window_end === row.window_start + windowMs &&
    row.transaction_count === sums.count &&
    sameDecimal(row.total_amount, decimalText(sums.total)) &&
    sameDecimal(row.min_amount, decimalText(sums.min)) &&
    sameDecimal(row.max_amount, decimalText(sums.max))
  );
}
