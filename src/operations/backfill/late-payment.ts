/**
 * Restores the exact payment from a late row. The processor kept its canonical columns as JSON and their hash. Of the built-in
 * event the processor's own reader reads them, with the settings that decided the record; of a mapped record they are read as
 * columns. The result must match the row's own columns and hash.
 */
import { formatHash, hashPayment } from '../../payments/event/hash.ts';
import { PaymentReader } from '../../payments/event/payment-reader.ts';
import { type RecordPlace, Rejection } from '../../payments/event/validation.ts';
import type { Rules } from '../../payments/rules/rules.ts';
import type { CompiledSettings } from '../../payments/settings.ts';
import type { Payment } from '../../payments/types.ts';
import { keptPayment } from './kept-payment.ts';

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

  /** `rules`: those that the record was read by, if any. */
  read(row: KeptPayment, settings: CompiledSettings, rules?: Pick<Rules, 'columns'>): Payment | Unreadable {
    const { payload } = row;
    if (payload === null) return new Unreadable('no payload');
    const payment = rules === undefined ? this.#readEvent(row, payload, settings) : readColumns(payload, rules);
    if (payment instanceof Unreadable) return payment;
    const { high, low } = hashPayment(payment);
    if (formatHash(high, low) !== row.payloadHash) return new Unreadable('payload_hash is that of another payment');
    if (payment.transactionId !== row.transactionId || payment.eventTimeMs !== row.eventTimeMs) {
      return new Unreadable('transaction_id or event_time is not that of the payload');
    }
    return payment;
  }

  #readEvent(row: KeptPayment, payload: string, settings: CompiledSettings): Payment | Unreadable {
    const { offset, recordTimeMs: timestampMs } = row;
    // The key itself is not kept: it was the sender, otherwise the record would have been rejected.
    const record = { offset, timestampMs, key: senderOf(payload), value: Buffer.from(payload) };
    const read = this.#reader.read(record, settings);
    return read instanceof Rejection ? new Unreadable(read.reason) : read.toPayment();
  }
}

function readColumns(payload: string, { columns }: Pick<Rules, 'columns'>): Payment | Unreadable {
  return keptPayment(payload, columns) ?? new Unreadable('the payload is not the canonical form of a payment');
}

function senderOf(payload: string): Buffer | null {
  try {
    const { sender_account_id: sender } = JSON.parse(payload) as { sender_account_id?: unknown };
    return typeof sender === 'string' ? Buffer.from(sender) : null;
  } catch {
    return null;
  }
}
