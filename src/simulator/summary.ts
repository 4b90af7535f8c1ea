/** Counts and sums over what was sent. Sums are exact: billionths as bigint inside, decimal strings outside. */
import type { RecordKind } from './generate.ts';
import { RECORD_KINDS } from './generate.ts';
import type { LedgerEntry } from './ledger.ts';
import type { SimulationPlan } from './plan.ts';

export interface SimulationSummary {
  readonly plan: SimulationPlan;
  readonly sent: number;
  readonly acked: number;
  readonly unknown: number;
  /** Whether every planned record was sent; false after a stop. */
  readonly complete: boolean;
  readonly byKind: Readonly<Record<RecordKind, number>>;
  /** Acknowledged records by the disposition that the rules should give them. */
  readonly byExpected: Readonly<Record<LedgerEntry['expected'], number>>;
  /**
   * Distinct payments that should be accepted, and their sums by currency as decimal strings; acknowledged ones only.
   */
  readonly expectedSums: Readonly<Record<string, { readonly count: number; readonly amount: string }>>;
  readonly elapsedMs: number;
  readonly eventsPerSecond: number;
  readonly ledgerPath: string | null;
}

export class Tally {
  #acked = 0;
  #unknown = 0;
  readonly #byKind = Object.fromEntries(RECORD_KINDS.map((kind) => [kind, 0])) as Record<RecordKind, number>;
  readonly #byExpected = { accepted: 0, duplicate: 0, late: 0, rejected: 0 };
  readonly #sums = new Map<string, { count: number; billionths: bigint }>();

  get sent(): number {
    return this.#acked + this.#unknown;
  }

  add(entry: LedgerEntry): void {
    this.#byKind[entry.kind]++;
    if (entry.ack === 'unknown') {
      this.#unknown++;
      return;
    }
    this.#acked++;
    this.#byExpected[entry.expected]++;
    if (entry.expected !== 'accepted') return;
    const sum = this.#sums.get(entry.currency) ?? { count: 0, billionths: 0n };
    sum.count++;
    sum.billionths += billionthsOf(entry.amount);
    this.#sums.set(entry.currency, sum);
  }

  summary(
    plan: SimulationPlan,
    facts: Pick<SimulationSummary, 'complete' | 'elapsedMs' | 'ledgerPath'>,
  ): SimulationSummary {
    const sums = [...this.#sums].sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      plan,
      sent: this.sent,
      acked: this.#acked,
      unknown: this.#unknown,
      byKind: { ...this.#byKind },
      byExpected: { ...this.#byExpected },
      expectedSums: Object.fromEntries(
        sums.map(([currency, { count, billionths }]) => [currency, { count, amount: decimalOf(billionths) }]),
      ),
      eventsPerSecond: Math.round(this.sent / Math.max(facts.elapsedMs / 1000, 0.001)),
      ...facts,
    };
  }
}

export function billionthsOf(decimal: string): bigint {
  const [whole = '', fraction = ''] = decimal.split('.');
  return BigInt(whole + fraction.padEnd(9, '0'));
}

export function decimalOf(billionths: bigint): string {
  const digits = String(billionths).padStart(10, '0');
  const fraction = digits.slice(-9).replace(/0+$/, '');
  return fraction === '' ? digits.slice(0, -9) : `${digits.slice(0, -9)}.${fraction}`;
}
