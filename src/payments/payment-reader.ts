/**
 * One record at a time: bytes to a payment with its hash and the keys that the tables look for. The usual form of an event
 * goes through the scanner; all else, and whatever is to be rejected, through validation.ts. Both ways end in the same
 * payment, hash and keys: which one a record took is not to be seen.
 */
import { partitionForKey } from './murmur2.ts';
import { NULL_AT, PackedRecord } from './packed-record.ts';
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
    if (record instanceof PackedRecord) {
      const { bytes, keyStart, keyEnd, valueStart, valueEnd } = record;
      if (keyStart === NULL_AT || valueStart === NULL_AT) return false;
      return (
        this.#scanner.scan(bytes, valueStart, valueEnd) && this.#isUsual(record, settings, bytes, keyStart, keyEnd)
      );
    }
    const { key, value } = record;
    if (key === null || value === null) return false;
    return this.#scanner.scan(value) && this.#isUsual(record, settings, key, 0, key.length);
  }

  /** Takes over what was scanned; the record's key is [keyStart, keyEnd) of the bytes. */
  #isUsual(record: LogRecord, settings: CompiledSettings, bytes: Buffer, keyStart: number, keyEnd: number): boolean {
    const scanner = this.#scanner;
    const { amountNanos, timestampMs } = scanner;
    if (amountNanos === 0 || amountNanos > settings.maxAmountNumber) return false;
    if (timestampMs > record.timestampMs + settings.allowedSkewMs) return false;
    if (timestampMs < this.#place.minEventTimeMs) return false;
    const payment = this.#payment;
    if (!isSameText(bytes, keyStart, keyEnd, this.#locate(payment.senderAccountId, MEMBER.senderAccountId)))
      return false;
    const { partition, partitionCount } = this.#place;
    if (settings.checkPartitioner && partitionForKey(bytes, partitionCount, keyStart, keyEnd) !== partition)
      return false;
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

function isSameText(bytes: Buffer, from: number, to: number, { bytes: held, start, byteLength }: TextKey): boolean {
  if (to - from !== byteLength) return false;
  for (let index = 0; index < byteLength; index += 1) if (bytes[from + index] !== held[start + index]) return false;
  return true;
}
