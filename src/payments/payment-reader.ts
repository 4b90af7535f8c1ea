/**
 * One record at a time: bytes to a payment with its hash and the keys that the tables look for. The usual form of an event
 * goes through the scanner; all else, and whatever is to be rejected, through validation.ts. Both ways end in the same
 * payment, hash and keys: which one a record took is not to be seen.
 */
import { partitionForKey } from './murmur2.ts';
import { PaymentBytes } from './payment-bytes.ts';
import { EventScanner, MEMBER } from './scan-event.ts';
import type { CompiledSettings } from './settings.ts';
import type { TextKey } from './text-key.ts';
import type { LogRecord, Payment } from './types.ts';
import { type RecordPlace, Rejection, validateRecord } from './validation.ts';

export class PaymentReader {
  readonly #place: RecordPlace;
  readonly #payment = new PaymentBytes();
  readonly #scanner = new EventScanner(this.#payment.scratch);

  constructor(place: RecordPlace) {
    this.#place = place;
  }

  /** The payment is the same object each time, and holds until the next call. */
  read(record: LogRecord, settings: CompiledSettings): PaymentBytes | Rejection {
    if (this.#readUsual(record, settings)) return this.#payment;
    const payment = validateRecord(record, settings, this.#place);
    return payment instanceof Rejection ? payment : this.#payment.set(payment);
  }

  /** A payment that did not come as a record. */
  take(payment: Payment): PaymentBytes {
    return this.#payment.set(payment);
  }

  /** False where the record is of another form, or to be rejected. */
  #readUsual(record: LogRecord, settings: CompiledSettings): boolean {
    const { key, value } = record;
    const scanner = this.#scanner;
    if (value === null || key === null || !scanner.scan(value)) return false;
    const { amountNanos, timestampMs } = scanner;
    if (amountNanos === 0 || amountNanos > settings.maxAmountNumber) return false;
    if (timestampMs > record.timestampMs + settings.allowedSkewMs) return false;
    if (timestampMs < this.#place.minEventTimeMs) return false;
    const payment = this.#payment;
    if (!isSameText(key, this.#locate(payment.senderAccountId, MEMBER.senderAccountId))) return false;
    if (settings.checkPartitioner && partitionForKey(key, this.#place.partitionCount) !== this.#place.partition) {
      return false;
    }
    this.#locate(payment.transactionId, MEMBER.transactionId);
    this.#locate(payment.receiverAccountId, MEMBER.receiverAccountId);
    this.#locate(payment.currency, MEMBER.currency);
    this.#locate(payment.deviceId, MEMBER.deviceId);
    this.#locate(payment.ipAddress, MEMBER.ipAddress);
    this.#locate(payment.region, MEMBER.region);
    this.#locate(payment.paymentMethod, MEMBER.paymentMethod);
    payment.amount = amountNanos;
    payment.eventTimeMs = timestampMs;
    payment.hashColumns();
    return true;
  }

  #locate(key: TextKey, member: number): TextKey {
    return key.setRange(this.#scanner.starts[member] as number, this.#scanner.ends[member] as number);
  }
}

function isSameText(bytes: Buffer, { bytes: held, start, byteLength }: TextKey): boolean {
  if (bytes.length !== byteLength) return false;
  for (let index = 0; index < byteLength; index += 1) if (bytes[index] !== held[start + index]) return false;
  return true;
}
