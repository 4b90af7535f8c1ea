/**
 * Rejected records counted by reason code, with the first of each as an example. Made where records are folded, and where a topic
 * is only looked at (first-look). Pure.
 *
 * Invariant: the number of codes is bounded by REASON_CODES, for any records.
 */
import { printable } from '../base/text/printable.ts';

/** Records of one reason code. */
export interface RejectionsOf {
  readonly code: string;
  readonly count: number;
  /** The first one: where it is, and its whole reason. */
  readonly partition: number;
  readonly offset: number;
  readonly reason: string;
}

/** A record that `select` leaves out. It is a rejected row, and says nothing against the records or the rules. */
export const NOT_A_PAYMENT = 'not_a_payment';

/** Reasons that a text names; the others are counted together. */
const NAMED_MOST = 5;

export class RejectionCount {
  readonly #byCode = new Map<string, { -readonly [K in keyof RejectionsOf]: RejectionsOf[K] }>();

  /** `reason` is that of the row: a code, or a code and its subject. */
  add(partition: number, offset: number, reason: string): void {
    const code = codeOf(reason);
    const one = this.#byCode.get(code);
    if (one === undefined) this.#byCode.set(code, { code, count: 1, partition, offset, reason });
    else one.count += 1;
  }

  addAll(counted: readonly RejectionsOf[]): void {
    for (const { count, ...first } of counted) {
      const one = this.#byCode.get(first.code);
      if (one === undefined) this.#byCode.set(first.code, { ...first, count });
      else one.count += count;
    }
  }

  /** Most frequent first. */
  counted(): RejectionsOf[] {
    return mostFirst([...this.#byCode.values()].map((one) => ({ ...one })));
  }

  clear(): void {
    this.#byCode.clear();
  }
}

/** Of equal counts by code, so that the same records give the same text. */
export function mostFirst(counted: readonly RejectionsOf[]): RejectionsOf[] {
  return [...counted].sort((a, b) => b.count - a.count || (a.code < b.code ? -1 : 1));
}

/** How many of them speak against the records: all but those that `select` leaves out. */
export function refusedIn(counted: readonly RejectionsOf[]): number {
  return counted.reduce((sum, { code, count }) => sum + (code === NOT_A_PAYMENT ? 0 : count), 0);
}

export function codeOf(reason: string): string {
  const colon = reason.indexOf(':');
  return colon < 0 ? reason : reason.slice(0, colon);
}

/** `field_missing 4 (80 %), first at partition 0, offset 17 (field_missing: amount); not_json 1 (20 %), …`. Most frequent first. */
export function reasonsText(reasons: readonly RejectionsOf[], records: number): string {
  const named = reasons.slice(0, NAMED_MOST).map(({ code, count, partition, offset, reason }) => {
    const whole = reason === code ? '' : ` (${printable(reason)})`;
    return `${code} ${count} (${shareText(count, records)}), first at partition ${partition}, offset ${offset}${whole}`;
  });
  const left = reasons.slice(NAMED_MOST);
  const others = left.reduce((sum, { count }) => sum + count, 0);
  return [...named, ...(others === 0 ? [] : [`${left.length} other reasons ${others}`])].join('; ');
}

/** `99.5 %`: with one digit after the point where it is not whole, and never rounded to all or to none. */
export function shareText(part: number, whole: number): string {
  if (whole === 0) return '0 %';
  const tenths = Math.round((part * 1_000) / whole);
  if (part < whole && tenths === 1_000) return 'over 99.9 %';
  if (part > 0 && tenths === 0) return 'under 0.1 %';
  return `${tenths % 10 === 0 ? tenths / 10 : (tenths / 10).toFixed(1)} %`;
}
