/**
 * Bytes to a payment, or to the one reason why not. Never throws, whatever the bytes; depends on the record and the
 * settings alone. Order of the checks (the first that fails names the reason): value, size, UTF-8 and JSON, object,
 * members in their order, amount, event time, key.
 */
import { isUtf8 } from 'node:buffer';
import { parseDecimalNumber, parseDecimalString } from './decimal.ts';
import type { RawEvent } from './event.ts';
import { partitionForKey } from './murmur2.ts';
import type { CompiledSettings } from './settings.ts';
import type { LogRecord, Nanos, Payment, ReasonCode } from './types.ts';

/** Most bytes of a value. */
export const MAX_VALUE_BYTES = 1_048_576;
/** Most UTF-16 units of a text member. */
export const MAX_TEXT_LENGTH = 256;
/** TIMESTAMP ends with the year 9999. */
const MAX_TIMESTAMP_MS = 253_402_300_799_999;

/** Where a record was found, and what its partition fixed at seeding. */
export interface RecordPlace {
  readonly partition: number;
  readonly partitionCount: number;
  readonly minEventTimeMs: number;
}

export class Rejection {
  readonly code: ReasonCode;
  /** The member that the reason is about, where it is about one. */
  readonly detail: string | null;
  /** Of the event, where it can be read: a valid text. */
  readonly transactionId: string | null;
  /** Of the event, where it can be read and a TIMESTAMP can hold it. */
  readonly eventTimeMs: number | null;

  constructor(code: ReasonCode, detail: string | null = null, event: RawEvent = {}) {
    this.code = code;
    this.detail = detail;
    this.transactionId = isText(event.transaction_id) ? event.transaction_id : null;
    this.eventTimeMs = isStorableTime(event.timestamp) ? event.timestamp : null;
  }

  /** `code` or `code: detail`, as payment_exceptions.reason has it. */
  get reason(): string {
    return this.detail === null ? this.code : `${this.code}: ${this.detail}`;
  }
}

export function validateRecord(record: LogRecord, settings: CompiledSettings, place: RecordPlace): Payment | Rejection {
  const { value, oversized } = record;
  const event = readEvent(value, oversized?.valueByteLength ?? value?.length ?? 0);
  if (event instanceof Rejection) return event;
  const payment = readPayment(event, settings.maxAmount);
  if (payment instanceof Rejection) return payment;
  if (payment.eventTimeMs > record.timestampMs + settings.allowedSkewMs) {
    return new Rejection('event_time_in_future', null, event);
  }
  if (payment.eventTimeMs < place.minEventTimeMs) return new Rejection('event_time_too_old', null, event);
  if (record.key === null) return new Rejection('key_missing', null, event);
  if (!isUtf8Of(record.key, payment.senderAccountId)) return new Rejection('key_not_sender', null, event);
  if (settings.checkPartitioner && partitionForKey(record.key, place.partitionCount) !== place.partition) {
    return new Rejection('key_wrong_partition', null, event);
  }
  return payment;
}

function readEvent(value: Buffer | null, byteLength: number): RawEvent | Rejection {
  if (value === null) return new Rejection('no_value');
  if (byteLength > MAX_VALUE_BYTES) return new Rejection('value_too_large');
  if (!isUtf8(value)) return new Rejection('not_utf8_json');
  let parsed: unknown;
  try {
    parsed = JSON.parse(value.toString('utf8'));
  } catch {
    return new Rejection('not_utf8_json');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return new Rejection('not_an_object');
  return parsed;
}

function readPayment(event: RawEvent, maxAmount: Nanos): Payment | Rejection {
  const { transaction_id, sender_account_id, receiver_account_id, currency } = event;
  const { device_id, ip_address, timestamp, region, payment_method } = event;
  if (!isText(transaction_id)) return badMember(event, 'transaction_id');
  if (!isText(sender_account_id)) return badMember(event, 'sender_account_id');
  if (!isText(receiver_account_id)) return badMember(event, 'receiver_account_id');
  const amount = readAmount(event.amount);
  if (amount === 'malformed') return badMember(event, 'amount');
  if (!isCurrency(currency)) return badMember(event, 'currency');
  if (!isText(device_id)) return badMember(event, 'device_id');
  if (!isText(ip_address)) return badMember(event, 'ip_address');
  if (typeof timestamp !== 'number' || !Number.isSafeInteger(timestamp)) return badMember(event, 'timestamp');
  if (!isText(region)) return badMember(event, 'region');
  if (!isText(payment_method)) return badMember(event, 'payment_method');
  if (amount === 'not_exact') return new Rejection('amount_not_exact', null, event);
  if (amount === 'out_of_range' || amount <= 0n || amount > maxAmount) {
    return new Rejection('amount_out_of_range', null, event);
  }
  return {
    transactionId: transaction_id,
    senderAccountId: sender_account_id,
    receiverAccountId: receiver_account_id,
    amount,
    currency,
    deviceId: device_id,
    ipAddress: ip_address,
    eventTimeMs: timestamp + 0, // -0 becomes 0
    region,
    paymentMethod: payment_method,
  };
}

function readAmount(value: unknown): Nanos | 'malformed' | 'not_exact' | 'out_of_range' {
  // JSON.parse gives Infinity for 1e999: larger than anything, whatever its digits were.
  if (typeof value === 'number') return Number.isFinite(value) ? parseDecimalNumber(value) : 'out_of_range';
  if (typeof value === 'string' && value.length <= MAX_TEXT_LENGTH) return parseDecimalString(value);
  return 'malformed';
}

function badMember(event: RawEvent, name: keyof RawEvent): Rejection {
  return new Rejection(event[name] === undefined ? 'field_missing' : 'field_invalid', name, event);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= MAX_TEXT_LENGTH && value.isWellFormed();
}

function isCurrency(value: unknown): value is string {
  return (
    typeof value === 'string' && value.length === 3 && isCapital(value, 0) && isCapital(value, 1) && isCapital(value, 2)
  );
}

function isCapital(text: string, index: number): boolean {
  const unit = text.charCodeAt(index);
  return unit >= 0x41 && unit <= 0x5a;
}

function isStorableTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= MAX_TIMESTAMP_MS;
}

/** Whether `bytes` are the UTF-8 form of `text`; ASCII, the usual case, without making a buffer. */
function isUtf8Of(bytes: Buffer, text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit >= 0x80) return bytes.equals(Buffer.from(text));
    if (bytes[index] !== unit) return false;
  }
  return bytes.length === text.length;
}
