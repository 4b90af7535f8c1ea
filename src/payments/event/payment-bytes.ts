/**
 * A payment that is being folded, as bytes: its texts in a scratch, each with its hash, the amount as a number where
 * that is exact, and the payment's hash. It is used again and again; what is to be kept is copied out of it, into columns
 * (accepted-batch.ts) or as an object.
 */

import { ByteScratch, TextKey } from '../../base/memory/text-key.ts';
import { HASHED_TEXTS, PAYMENT_COLUMNS, type PaymentColumn, TEXT_COLUMNS, textNumber } from '../columns.ts';
import type { Nanos, Payment } from '../types.ts';
import type { FurtherValues } from './further-values.ts';
import { PaymentHasher } from './hash.ts';

/** Values up to this size are read where they are copied to: ten times what ten members of usual length take. */
export const MOST_SCANNED_BYTES = 16_384;

/** A number wherever it is a safe integer, a bigint otherwise. */
export type Amount = number | bigint;

const ID = textNumber('transaction_id');
const SENDER = textNumber('sender_account_id');
const CURRENCY = textNumber('currency');
const DEVICE = textNumber('device_id');
const REGION = textNumber('region');

export class PaymentBytes {
  readonly scratch: ByteScratch;
  /** By the numbers of TEXT_COLUMNS. No text of a payment is empty: an empty one stands for NULL. */
  readonly texts: readonly TextKey[];
  /** Those of the texts that the fold decides by. */
  readonly transactionId: TextKey;
  readonly senderAccountId: TextKey;
  readonly currency: TextKey;
  readonly deviceId: TextKey;
  readonly region: TextKey;
  amount: Amount = 0;
  eventTimeMs = 0;
  /** Of a payment that a mapping read, also where it has no columns; null: of the built-in event. */
  further: FurtherValues | null = null;
  /** Of the hashed columns, as hashPayment gives it. */
  readonly hash = new PaymentHasher();

  /** Several may lie in one scratch, side by side; only one that has it for itself is for set(). */
  constructor(scratch = new ByteScratch(MOST_SCANNED_BYTES)) {
    this.scratch = scratch;
    this.texts = TEXT_COLUMNS.map(() => new TextKey(scratch));
    this.transactionId = this.texts[ID]!;
    this.senderAccountId = this.texts[SENDER]!;
    this.currency = this.texts[CURRENCY]!;
    this.deviceId = this.texts[DEVICE]!;
    this.region = this.texts[REGION]!;
  }

  /** A payment that did not come as the usual record, without its further columns. Throws RangeError where its texts are longer than any record's. */
  set(payment: Payment): this {
    const fields = payment as unknown as Readonly<Record<string, string | undefined>>;
    let end = 0;
    for (let text = 0; text < TEXT_COLUMNS.length; text += 1) {
      const value = fields[TEXT_COLUMNS[text]!.field] ?? '';
      if (end + 3 * value.length > this.scratch.capacity) throw new RangeError('the texts of a payment are too long');
      const start = end;
      end += this.scratch.bytes.write(value, start, 'utf8');
      this.texts[text]!.setRange(start, end);
    }
    this.amount = amountOf(payment.amount);
    this.eventTimeMs = payment.eventTimeMs;
    this.further = null;
    return this.hashColumns();
  }

  /** To be called when all else is set. */
  hashColumns(): this {
    const { hash, texts } = this;
    hash.begin();
    for (let place = 0; place < HASHED_TEXTS.length; place += 1) hash.text(texts[HASHED_TEXTS[place]!]!);
    hash.finish(this.eventTimeMs, this.amount);
    return this;
  }

  toPayment(): Payment {
    const textOf = (text: number): string => this.texts[text]!.toText();
    return paymentOf(textOf, BigInt(this.amount), this.eventTimeMs, this.further?.toRecord());
  }
}

/** A payment as an object, whose texts are given by their numbers. */
export function paymentOf(
  textAt: (text: number) => string,
  amount: Nanos,
  eventTimeMs: number,
  further?: Payment['further'],
): Payment {
  const fields: Record<string, string | number | bigint | object> = {};
  let text = 0;
  for (const { field, kind, nullable } of PAYMENT_COLUMNS as readonly PaymentColumn[]) {
    const value = kind === 'text' ? textAt(text++) : kind === 'decimal' ? amount : eventTimeMs;
    if (value !== '' || !nullable) fields[field] = value;
  }
  if (further !== undefined) fields.further = further;
  return fields as unknown as Payment;
}

export function amountOf(nanos: Nanos): Amount {
  return nanos <= Number.MAX_SAFE_INTEGER ? Number(nanos) : nanos;
}
