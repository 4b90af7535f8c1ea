/**
 * The payment event as it travels: JSON members in, canonical JSON out. Its members are in
 * payments/columns.ts; others are ignored.
 */

import { memberOf, PAYMENT_COLUMNS, TEXT_COLUMNS } from '../columns.ts';
import type { Nanos, Payment, ReasonCode } from '../types.ts';
import type { TextRange } from './card-numbers.ts';
import { type DecimalProblem, formatDecimal } from './decimal.ts';

/** Maximum length of a text member, in UTF-16 units. */
export const MAX_TEXT_LENGTH = 256;

export const TEXT_MEMBERS: readonly string[] = TEXT_COLUMNS.map(memberOf);

export type AmountReading = Nanos | 'missing' | 'out_of_range' | DecimalProblem;

/** A value that is a JSON object, as a fold version reads it. */
export interface ReadEvent {
  /** Undefined where it is missing; it may be anything. */
  readonly texts: Readonly<Record<string, unknown>>;
  readonly amount: AmountReading;
  /** A safe integer. */
  readonly timestampMs: number | 'missing' | 'malformed';
  /** Where the digits of the event's own time stand in the value's text, if they may stay readable in what is kept of it. */
  readonly timeRange: TextRange | undefined;
}

/** A value that is no event, and why. */
export class Unreadable {
  readonly code: ReasonCode;
  readonly detail: string | null;
  /** What can be read all the same. */
  readonly event: ReadEvent | undefined;

  constructor(code: ReasonCode, detail: string | null = null, event?: ReadEvent) {
    this.code = code;
    this.detail = detail;
    this.event = event;
  }
}

/**
 * The event of a payment in one fixed form: its members in the order of the columns, the amount as its shortest decimal string. A
 * member that the event does not have is left out.
 */
export function canonicalJson(payment: Payment): string {
  const fields = payment as unknown as Readonly<Record<string, string | number | bigint>>;
  const members: Record<string, string | number | undefined> = {};
  for (const column of PAYMENT_COLUMNS) {
    const value = fields[column.field];
    members[memberOf(column)] = typeof value === 'bigint' ? formatDecimal(value) : value;
  }
  return JSON.stringify(members);
}
