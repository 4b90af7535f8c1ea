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
 * The payment in one fixed form, as rows of late and duplicate payments keep it: a JSON object without blanks, spelt as JSON.stringify
 * does. Its members are those of PAYMENT_COLUMNS in their order by their names as members of the built-in event (`timestamp` for
 * event_time): texts as they are stored, the amount as its shortest decimal as a string, the time in ms as a number. A role that is
 * NULL is left out. If any further column is not NULL, a last member `columns` follows: an object of those that are not NULL, in the
 * order of the rules' columns, each by its name with its canonical text as a string, also a number or a time.
 */
export function canonicalJson(payment: Payment): string {
  const fields = payment as unknown as Readonly<Record<string, string | number | bigint | undefined>>;
  const members: Record<string, string | number | Readonly<Record<string, string>> | undefined> = {};
  for (const column of PAYMENT_COLUMNS) {
    const value = fields[column.field];
    members[memberOf(column)] = typeof value === 'bigint' ? formatDecimal(value) : value;
  }
  if (payment.further !== undefined) members.columns = payment.further;
  return JSON.stringify(members);
}
