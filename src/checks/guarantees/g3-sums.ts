/**
 * G3: for every closed window the sums in payment_metrics_partials equal the sums over payment_transactions, and both equal
 * the recomputation, to the last decimal. Windows are compared when the log closes them; rows that the table has for a window
 * after that are found at the end.
 */
import { counted, type FindingLists } from '../findings.ts';
import type { PartialCells } from '../inputs/verify-inputs.ts';
import { ByWindow } from '../oracle/by-window.ts';
import { billionths, decimalText, plainDecimal, sameDecimal } from '../oracle/money.ts';
import { NO_REGION } from '../oracle/open-windows.ts';
import type { OracleWindow } from '../oracle/recompute.ts';
import type { Step } from '../partition/walk-partition.ts';
import { windowName } from './window-name.ts';

interface TableSum {
  count: number;
  total: bigint;
  readonly windowEnd: number;
  readonly offsets: number[];
  readonly window: Parameters<typeof windowName>[0];
}

const OFFSETS_KEPT_MAX = 20;

export class SumsCheck {
  readonly #windowMs: number;
  /** Below this, windows were closed before what is checked here. */
  readonly #trustedWatermark: number;
  readonly #tableSums = new ByWindow<TableSum>();
  readonly #findings: FindingLists;

  constructor(windowMs: number, trustedWatermark: number | undefined, findings: FindingLists) {
    this.#windowMs = windowMs;
    this.#trustedWatermark = trustedWatermark ?? Number.NEGATIVE_INFINITY;
    this.#findings = findings;
  }

  step(step: Step): void {
    for (const row of step.rows.payment_transactions) {
      const start = Math.floor(row.event_time / this.#windowMs) * this.#windowMs;
      const windowEnd = start + this.#windowMs;
      if (step.trusted && windowEnd <= this.#trustedWatermark) continue;
      const { region: said, currency } = row;
      const region = said ?? NO_REGION;
      let sum = this.#tableSums.get(start, region, currency);
      if (sum === undefined) {
        sum = { count: 0, total: 0n, windowEnd, offsets: [], window: { window_start: start, region, currency } };
        this.#tableSums.set(start, region, currency, sum);
      }
      sum.count++;
      sum.total += billionths(plainDecimal(row.amount)) ?? 0n;
      if (sum.offsets.length < OFFSETS_KEPT_MAX) sum.offsets.push(row.kafka_offset);
    }
    if (step.trusted) return;
    const closed = step.outcome?.disposition === 'accepted' ? step.outcome.closed : [];
    this.#comparePartials(step, closed);
    if (step.below) for (const window of closed) this.#compareTable(step, window);
  }

  /** `watermark`: the one at the last checkpoint. */
  end(partition: number, watermark: number): void {
    for (const sum of this.#tableSums.all()) {
      if (sum.windowEnd > watermark) continue;
      this.#findings.add('G3', {
        kind: 'rows_outside_windows',
        partition,
        offsets: sum.offsets,
        transactionIds: [],
        expected: '0 rows',
        actual: `${counted(sum.count, 'row')}, ${decimalText(sum.total)}`,
        message: `payment_transactions has rows that no closed window counts, in window ${windowName(sum.window)}`,
      });
    }
  }

  #compareTable(step: Step, window: OracleWindow): void {
    const sum = this.#tableSums.take(window.window_start, window.region, window.currency);
    if (sum?.count === window.count && sum.total === window.total) return;
    this.#report(step, 'table_sum_differs', {
      offsets: sum?.offsets ?? [],
      expected: `${counted(window.count, 'row')}, ${decimalText(window.total)}`,
      actual: sum ? `${counted(sum.count, 'row')}, ${decimalText(sum.total)}` : '0 rows',
      message: `sums over payment_transactions differ from the topic's in window ${windowName(window)}`,
    });
  }

  #comparePartials(step: Step, closed: readonly OracleWindow[]): void {
    const rows = step.rows.payment_metrics_partials;
    if (rows.length === 0 && closed.length === 0) return;
    const byKey = Map.groupBy(rows, windowName);
    for (const window of closed) {
      const key = windowName(window);
      const found = byKey.get(key) ?? [];
      byKey.delete(key);
      const [row, ...more] = found;
      if (!row) {
        if (step.below) this.#report(step, 'window_missing', { message: `no row for closed window ${key}` });
        continue;
      }
      if (more.length > 0) this.#report(step, 'window_twice', { message: `${found.length} rows for ${key}` });
      if (!sameSums(row, window))
        this.#report(step, 'window_sum_differs', {
          expected: sumsText(window.count, [window.total, window.min, window.max].map(decimalText)),
          actual: sumsText(row.transaction_count, [row.total_amount, row.min_amount, row.max_amount]),
          message: `sums of window ${key} differ from the topic's`,
        });
    }
    for (const key of byKey.keys())
      this.#report(step, 'window_phantom', { message: `a row for window ${key}, which this record does not close` });
  }

  #report(
    step: Step,
    kind: string,
    facts: { offsets?: readonly number[]; expected?: string; actual?: string; message: string },
  ): void {
    this.#findings.add('G3', { kind, partition: step.partition, offsets: [step.offset], transactionIds: [], ...facts });
  }
}

function sameSums(row: PartialCells, window: OracleWindow): boolean {
  return (
    row.window_end === window.window_end &&
    row.transaction_count === window.count &&
    sameDecimal(row.total_amount, decimalText(window.total)) &&
    sameDecimal(row.min_amount, decimalText(window.min)) &&
    sameDecimal(row.max_amount, decimalText(window.max))
  );
}

function sumsText(count: number, [total, min, max]: readonly string[]): string {
  return `${counted(count, 'row')}, total ${total}, min ${min}, max ${max}`;
}
