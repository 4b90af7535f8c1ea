/**
 * The payment event as it travels: JSON members in, canonical JSON out. Member names are the columns' names, but for
 * `timestamp`, which becomes event_time. Unknown members are ignored.
 */

import type { Nanos, Payment, ReasonCode } from '../types.ts';
import type { TextRange } from './card-numbers.ts';
import { type DecimalProblem, formatDecimal } from './decimal.ts';

/** The members of an event, in the order in which they are checked. Each may be anything, or missing. */
export interface RawEvent {
  readonly transaction_id?: unknown;
  readonly sender_account_id?: unknown;
  readonly receiver_account_id?: unknown;
  readonly amount?: unknown;
  readonly currency?: unknown;
  readonly device_id?: unknown;
  readonly ip_address?: unknown;
  readonly timestamp?: unknown;
  readonly region?: unknown;
  readonly payment_method?: unknown;
}

/** Most UTF-16 units of a text member. */
export const MAX_TEXT_LENGTH = 256;

export const TEXT_MEMBERS = [
  'transaction_id',
  'sender_account_id',
  'receiver_account_id',
  'currency',
  'device_id',
  'ip_address',
  'region',
  'payment_method',
] as const satisfies readonly (keyof RawEvent)[];
export type TextMember = (typeof TEXT_MEMBERS)[number];

export type AmountReading = Nanos | 'missing' | 'out_of_range' | DecimalProblem;

/** A value that is a JSON object, as a fold version reads it. */
export interface ReadEvent {
  /** Undefined where it is missing; it may be anything. */
  readonly texts: Readonly<Partial<Record<TextMember, unknown>>>;
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

/** The event of a payment in one fixed form: all members, fixed order, the amount as its shortest decimal string. */
export function canonicalJson(payment: Payment): string {
  return JSON.stringify({
    transaction_id: payment.transactionId,
    sender_account_id: payment.senderAccountId,
    receiver_account_id: payment.receiverAccountId,
    amount: formatDecimal(payment.amount),
    currency: payment.currency,
    device_id: payment.deviceId,
    ip_address: payment.ipAddress,
    timestamp: payment.eventTimeMs,
    region: payment.region,
    payment_method: payment.paymentMethod,
  } satisfies Required<RawEvent>);
}
