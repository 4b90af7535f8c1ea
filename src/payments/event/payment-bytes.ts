/**
 * A payment that is being folded, as bytes: its texts in a scratch, each with its hash, the amount as a number where
 * that is exact, and the payment's hash. It is used again and again; what is to be kept is copied out of it, into columns
 * (accepted-batch.ts) or as an object.
 */

import { ByteScratch, TextKey } from '../../base/memory/text-key.ts';
import type { Nanos, Payment } from '../types.ts';
import { PaymentHasher } from './hash.ts';

/** Values up to this size are read where they are copied to: ten times what ten members of usual length take. */
export const MOST_SCANNED_BYTES = 16_384;

/** A number wherever it is a safe integer, a bigint otherwise. */
export type Amount = number | bigint;

export class PaymentBytes {
  readonly scratch: ByteScratch;
  readonly transactionId: TextKey;
  readonly senderAccountId: TextKey;
  readonly receiverAccountId: TextKey;
  readonly currency: TextKey;
  readonly deviceId: TextKey;
  readonly ipAddress: TextKey;
  readonly region: TextKey;
  readonly paymentMethod: TextKey;
  amount: Amount = 0;
  eventTimeMs = 0;
  /** Of the canonical columns, as hashPayment gives it. */
  readonly hash = new PaymentHasher();

  /** Several may lie in one scratch, side by side; only one that has it for itself is for set(). */
  constructor(scratch = new ByteScratch(MOST_SCANNED_BYTES)) {
    this.scratch = scratch;
    this.transactionId = new TextKey(scratch);
    this.senderAccountId = new TextKey(scratch);
    this.receiverAccountId = new TextKey(scratch);
    this.currency = new TextKey(scratch);
    this.deviceId = new TextKey(scratch);
    this.ipAddress = new TextKey(scratch);
    this.region = new TextKey(scratch);
    this.paymentMethod = new TextKey(scratch);
  }

  /** A payment that did not come as the usual record. Throws RangeError where its texts are longer than any record's. */
  set(payment: Payment): this {
    let end = 0;
    const put = (key: TextKey, text: string): void => {
      if (end + 3 * text.length > this.scratch.capacity) throw new RangeError('the texts of a payment are too long');
      const start = end;
      end += this.scratch.bytes.write(text, start, 'utf8');
      key.setRange(start, end);
    };
    put(this.transactionId, payment.transactionId);
    put(this.senderAccountId, payment.senderAccountId);
    put(this.receiverAccountId, payment.receiverAccountId);
    put(this.currency, payment.currency);
    put(this.deviceId, payment.deviceId);
    put(this.ipAddress, payment.ipAddress);
    put(this.region, payment.region);
    put(this.paymentMethod, payment.paymentMethod);
    this.amount = amountOf(payment.amount);
    this.eventTimeMs = payment.eventTimeMs;
    return this.hashColumns();
  }

  /** To be called when all else is set. The order of texts is hashPayment's. */
  hashColumns(): this {
    const { hash } = this;
    hash.begin().text(this.transactionId).text(this.senderAccountId).text(this.receiverAccountId);
    hash.text(this.currency).text(this.deviceId).text(this.ipAddress).text(this.region).text(this.paymentMethod);
    hash.finish(this.eventTimeMs, this.amount);
    return this;
  }

  toPayment(): Payment {
    return {
      transactionId: this.transactionId.toText(),
      senderAccountId: this.senderAccountId.toText(),
      receiverAccountId: this.receiverAccountId.toText(),
      amount: BigInt(this.amount),
      currency: this.currency.toText(),
      deviceId: this.deviceId.toText(),
      ipAddress: this.ipAddress.toText(),
      eventTimeMs: this.eventTimeMs,
      region: this.region.toText(),
      paymentMethod: this.paymentMethod.toText(),
    };
  }
}

export function amountOf(nanos: Nanos): Amount {
  return nanos <= Number.MAX_SAFE_INTEGER ? Number(nanos) : nanos;
}
