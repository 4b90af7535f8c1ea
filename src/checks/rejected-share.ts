/**
 * Records that were rejected, by reason, over all partitions. It breaks no guarantee, and it is the first sign of rules that do
 * not fit a topic: most of it rejected, everything in its place.
 */
import type { OracleOutcome } from './oracle/recompute.ts';

export interface RejectedShare {
  /** Rejected records, those that are not payments aside. */
  readonly rejected: number;
  /** Records that `select` says are not payments. */
  readonly notPayments: number;
  /** All that were recomputed. */
  readonly records: number;
  /** By reason code, most first. */
  readonly reasons: Readonly<Record<string, number>>;
}

const NOT_A_PAYMENT = 'not_a_payment';
const REASONS_NAMED = 5;

export class RejectionCount {
  readonly #reasons = new Map<string, number>();
  #records = 0;

  note(outcome: OracleOutcome): void {
    this.#records++;
    if (outcome.disposition !== 'rejected') return;
    const [reason = ''] = outcome.must.reasons;
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
  }

  get share(): RejectedShare {
    const sorted = [...this.#reasons].sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1));
    const rejected = sorted.filter(([reason]) => reason !== NOT_A_PAYMENT).reduce((sum, [, count]) => sum + count, 0);
    return {
      rejected,
      notPayments: this.#reasons.get(NOT_A_PAYMENT) ?? 0,
      records: this.#records,
      reasons: Object.fromEntries(sorted),
    };
  }
}

/** A line where most of what could be payments was rejected. */
export function rejectedText({ rejected, notPayments, records, reasons }: RejectedShare): string | undefined {
  const candidates = records - notPayments;
  if (rejected * 2 <= candidates) return undefined;
  const named = Object.entries(reasons).filter(([reason]) => reason !== NOT_A_PAYMENT);
  const shown = named.slice(0, REASONS_NAMED).map(([reason, count]) => `${reason} ${count}`);
  if (named.length > shown.length) shown.push(`and ${named.length - shown.length} more reasons`);
  const percent = Math.floor((rejected * 100) / candidates);
  return (
    `${rejected} of ${candidates} records (${percent} %) were rejected: ${shown.join(', ')}. ` +
    'Do the rules fit the topic? `provenonce rules check FILE --from-topic` shows what becomes of its records'
  );
}
