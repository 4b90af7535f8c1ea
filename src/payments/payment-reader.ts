/**
 * One record at a time: bytes to a payment with its hash and the keys that the tables look for. The usual form of an event
 * goes through the scanner; all else, and whatever is to be rejected, through validation.ts. Both ways end in the same
 * payment, hash and keys: which one a record took is not to be seen.
 */
import { FewTexts } from './few-texts.ts';
import { type Hash64, hashPayment, PaymentHasher } from './hash.ts';
import { partitionForKey } from './murmur2.ts';
import { EventScanner, MEMBER } from './scan-event.ts';
import type { CompiledSettings } from './settings.ts';
import { TextKey } from './text-key.ts';
import type { LogRecord, Payment } from './types.ts';
import { MAX_VALUE_BYTES, type RecordPlace, Rejection, validateRecord } from './validation.ts';

export class PaymentReader {
  readonly #place: RecordPlace;
  readonly #scanner = new EventScanner();
  readonly #hasher = new PaymentHasher();
  readonly #other = new TextKey();
  readonly #currency = new TextKey();
  readonly #region = new TextKey();
  readonly #method = new TextKey();
  readonly #few = new FewTexts();
  /** Of the payment read last, until the next read: they point into its bytes. */
  readonly id = new TextKey();
  readonly sender = new TextKey();
  readonly device = new TextKey();
  hash: Hash64 = { high: 0, low: 0 };

  constructor(place: RecordPlace) {
    this.#place = place;
  }

  read(record: LogRecord, settings: CompiledSettings): Payment | Rejection {
    return this.#readUsual(record, settings) ?? this.#readAny(record, settings);
  }

  /** Sets hash and keys for a payment that did not come as a record. */
  take(payment: Payment): void {
    this.hash = hashPayment(payment);
    this.id.setText(payment.transactionId);
    this.sender.setText(payment.senderAccountId);
    this.device.setText(payment.deviceId);
  }

  #readAny(record: LogRecord, settings: CompiledSettings): Payment | Rejection {
    const payment = validateRecord(record, settings, this.#place);
    if (!(payment instanceof Rejection)) this.take(payment);
    return payment;
  }

  /** Undefined where the record is of another form, or to be rejected. */
  #readUsual(record: LogRecord, settings: CompiledSettings): Payment | undefined {
    const { key, value } = record;
    if (value === null || key === null || value.length > MAX_VALUE_BYTES) return undefined;
    const scanner = this.#scanner;
    if (!scanner.scan(value)) return undefined;
    const { amountNanos, timestampMs } = scanner;
    if (amountNanos === 0 || amountNanos > settings.maxAmountNumber) return undefined;
    if (timestampMs > record.timestampMs + settings.allowedSkewMs) return undefined;
    if (timestampMs < this.#place.minEventTimeMs) return undefined;
    this.#setKey(this.sender, value, MEMBER.senderAccountId);
    if (!isSameText(key, this.sender)) return undefined;
    if (settings.checkPartitioner && partitionForKey(key, this.#place.partitionCount) !== this.#place.partition) {
      return undefined;
    }
    this.#setKey(this.id, value, MEMBER.transactionId);
    this.#setKey(this.device, value, MEMBER.deviceId);
    this.#hashColumns(value);
    return this.#payment(value.toString('latin1'));
  }

  /** As hashPayment. */
  #hashColumns(value: Buffer): void {
    const hasher = this.#hasher.begin().text(this.id).text(this.sender);
    hasher.text(this.#setKey(this.#other, value, MEMBER.receiverAccountId));
    hasher.text(this.#setKey(this.#currency, value, MEMBER.currency)).text(this.device);
    hasher.text(this.#setKey(this.#other, value, MEMBER.ipAddress));
    hasher.text(this.#setKey(this.#region, value, MEMBER.region));
    hasher.text(this.#setKey(this.#method, value, MEMBER.paymentMethod));
    this.hash = hasher.finish(this.#scanner.timestampMs, this.#scanner.amountNanos);
  }

  /** Texts are cut out of one string, which costs less than making each from bytes. */
  #payment(text: string): Payment {
    const { starts, ends, amountNanos, timestampMs } = this.#scanner;
    return {
      transactionId: text.slice(starts[MEMBER.transactionId], ends[MEMBER.transactionId]),
      senderAccountId: text.slice(starts[MEMBER.senderAccountId], ends[MEMBER.senderAccountId]),
      receiverAccountId: text.slice(starts[MEMBER.receiverAccountId], ends[MEMBER.receiverAccountId]),
      amount: BigInt(amountNanos),
      currency: this.#few.textOf(this.#currency),
      deviceId: text.slice(starts[MEMBER.deviceId], ends[MEMBER.deviceId]),
      ipAddress: text.slice(starts[MEMBER.ipAddress], ends[MEMBER.ipAddress]),
      eventTimeMs: timestampMs,
      region: this.#few.textOf(this.#region),
      paymentMethod: this.#few.textOf(this.#method),
    };
  }

  #setKey(key: TextKey, value: Buffer, member: number): TextKey {
    return key.setBytes(value, this.#scanner.starts[member] as number, this.#scanner.ends[member] as number);
  }
}

function isSameText(bytes: Buffer, { bytes: held, start, byteLength }: TextKey): boolean {
  if (bytes.length !== byteLength) return false;
  for (let index = 0; index < byteLength; index += 1) if (bytes[index] !== held[start + index]) return false;
  return true;
}
