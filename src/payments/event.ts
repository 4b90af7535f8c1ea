/**
 * The payment event as it travels: JSON members in, canonical JSON out. Member names are the columns' names, but for
 * `timestamp`, which becomes event_time. Unknown members are ignored.
 */
import { formatDecimal } from './decimal.ts';
import type { Payment } from './types.ts';

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
