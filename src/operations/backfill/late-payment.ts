/**
 * Restores the exact payment from a late row. The processor kept its canonical columns as JSON and their hash. The
 * processor's own reader reads them, with the settings that decided the record, and the result must match the row's own
 * columns and hash.
 */
import { formatHash } from '../../payments/event/hash.ts';
import { PaymentReader } from '../../payments/event/payment-reader.ts';
import { type RecordPlace, Rejection } from '../../payments/event/validation.ts';
import type { CompiledSettings } from '../../payments/settings.ts';
import type { Payment } from '../../payments/types.ts';

/** The columns of payment_exceptions that are read. */
export interface KeptPayment {
  readonly offset: number;
  readonly transactionId: string | null;
  readonly eventTimeMs: number | null;
  readonly recordTimeMs: number;
  readonly payload: string | null;
  readonly payloadHash: string | null;
}

/** Why a kept payload is refused. */
export class Unreadable {
  readonly why: string;

  constructor(why: string) {
    this.why = why;
  }
}

export class LatePaymentReader {
  readonly #reader: PaymentReader;

  constructor(place: RecordPlace) {
    this.#reader = new PaymentReader(place);
  }

  read(row: KeptPayment, settings: CompiledSettings): Payment | Unreadable {
    const { payload, offset, recordTimeMs: timestampMs } = row;
    if (payload === null) return new Unreadable('no payload');
    // The key itself is not kept: it was the sender, otherwise the record would have been rejected.
    const record = { offset, timestampMs, key: senderOf(payload), value: Buffer.from(payload) };
    const read = this.#reader.read(record, settings);
    if (read instanceof Rejection) return new Unreadable(read.reason);
    const payment = read.toPayment();
    const { high, low } = read.hash;
    if (formatHash(high, low) !== row.payloadHash) return new Unreadable('payload_hash is that of another payment');
    if (payment.transactionId !== row.transactionId || payment.eventTimeMs !== row.eventTimeMs) {
      return new Unreadable('transaction_id or event_time is not that of the payload');
    }
    return payment;
  }
}

function senderOf(payload: string): Buffer | null {
  try {
    const { sender_account_id: sender } = JSON.parse(payload) as { sender_account_id?: unknown };
    return typeof sender === 'string' ? Buffer.from(sender) : null;
  } catch {
    return null;
  }
}
