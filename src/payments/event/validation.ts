/**
 * Turns a record into a payment, or into one reason to reject it. It never throws. The result depends only on the
 * record, its settings and what its partition fixed at seeding.
 *
 * The first check that fails gives the reason. Their order: value, size, form (UTF-8, JSON, an object, no member
 * twice), members in their order, amount, event time, key. The fold version of the settings decides how a value is read
 * (reading-version-1.ts, reading-version-2.ts).
 */

import { memberOf, PAYMENT_COLUMNS, type PaymentColumn } from '../columns.ts';
import type { CompiledSettings, FoldVersion } from '../settings.ts';
import type { LogRecord, Nanos, Payment, ReasonCode } from '../types.ts';
import { maskCardNumbers } from './card-numbers.ts';
import { MAX_TEXT_LENGTH, type ReadEvent, Unreadable } from './event.ts';
import { keptPayload } from './kept-value.ts';
import { maskPayload } from './masking.ts';
import { partitionForKey } from './murmur2.ts';
import { readEvent1 } from './reading-version-1.ts';
import { readEvent2 } from './reading-version-2.ts';
import type { SchemaBook } from './schema/event-schema.ts';

/** Maximum size of a value, in bytes. */
export const MAX_VALUE_BYTES = 1_048_576;
/** The end of the year 9999, where BigQuery's TIMESTAMP ends. */
const MAX_TIMESTAMP_MS = 253_402_300_799_999;
/** 2000-01-01. A record time before it comes from a clock that is not set; Kafka's -1 means no time. */
export const FIRST_CLOCK_TIME_MS = 946_684_800_000;

/** The partition of a record, and what was fixed when it was seeded. */
export interface RecordPlace {
  readonly partition: number;
  readonly partitionCount: number;
  readonly minEventTimeMs: number;
  /** Of Avro and Protobuf records. */
  readonly schemas?: SchemaBook | undefined;
}

export class Rejection {
  readonly code: ReasonCode;
  /** The subject of the reason, if it has one: the name of a member, for example. */
  readonly detail: string | null;
  /** The event's id if it is readable and a valid text. From fold version 2 on it is masked like the payload. */
  readonly transactionId: string | null;
  /** The event's time if it is readable and a TIMESTAMP can hold it. */
  readonly eventTimeMs: number | null;
  readonly #keep: (value: Buffer) => string | null;

  /** `keep` gives the part of the record's value that may be kept. */
  constructor(
    code: ReasonCode,
    detail: string | null,
    transactionId: string | null,
    eventTimeMs: number | null,
    keep: (value: Buffer) => string | null,
  ) {
    this.code = code;
    this.detail = detail;
    this.transactionId = transactionId;
    this.eventTimeMs = isStorableTime(eventTimeMs) ? eventTimeMs : null;
    this.#keep = keep;
  }

  /** `code` or `code: detail`, the value of payment_exceptions.reason. */
  get reason(): string {
    return this.detail === null ? this.code : `${this.code}: ${this.detail}`;
  }

  /** The part of the record's value that may be kept, with card numbers masked. */
  keptPayload(value: Buffer): string | null {
    return this.#keep(value);
  }
}

function rejection(
  foldVersion: FoldVersion,
  code: ReasonCode,
  detail: string | null = null,
  event?: ReadEvent,
): Rejection {
  const id = event?.texts.transaction_id;
  const isVersion1 = foldVersion === 1;
  return new Rejection(
    code,
    detail,
    isText(id) ? (isVersion1 ? id : maskCardNumbers(id)) : null,
    typeof event?.timestampMs === 'number' ? event.timestampMs : null,
    isVersion1 ? maskPayload : (value) => keptPayload(value, event?.timeRange),
  );
}

export function validateRecord(record: LogRecord, settings: CompiledSettings, place: RecordPlace): Payment | Rejection {
  const { foldVersion } = settings;
  const { value, oversized } = record;
  if (value === null) return rejection(foldVersion, 'no_value');
  if ((oversized?.valueByteLength ?? value.length) > MAX_VALUE_BYTES) return rejection(foldVersion, 'value_too_large');
  const event = foldVersion === 1 ? readEvent1(value) : readEvent2(value);
  if (event instanceof Unreadable) return rejection(foldVersion, event.code, event.detail, event.event);
  const reject = (code: ReasonCode, member: string | null = null): Rejection =>
    rejection(foldVersion, code, member, event);

  const payment = readPayment(event, settings.maxAmount, reject);
  if (payment instanceof Rejection) return payment;
  if (payment.eventTimeMs > record.timestampMs + settings.allowedSkewMs) {
    const hasClock = foldVersion === 1 || record.timestampMs >= FIRST_CLOCK_TIME_MS;
    return reject(hasClock ? 'event_time_in_future' : 'record_time_missing');
  }
  if (payment.eventTimeMs < place.minEventTimeMs) return reject('event_time_too_old');
  if (record.key === null) return reject('key_missing');
  if (!isUtf8Of(record.key, payment.senderAccountId)) return reject('key_not_sender');
  if (settings.checkPartitioner && partitionForKey(record.key, place.partitionCount) !== place.partition) {
    return reject('key_wrong_partition');
  }
  return payment;
}

function readPayment(
  { texts, amount, timestampMs }: ReadEvent,
  maxAmount: Nanos,
  reject: (code: ReasonCode, member?: string) => Rejection,
): Payment | Rejection {
  const payment: Record<string, string | number | bigint> = {};
  for (const column of PAYMENT_COLUMNS as readonly PaymentColumn[]) {
    const member = memberOf(column);
    const value = column.kind === 'decimal' ? amount : column.kind === 'time' ? timestampMs : texts[member];
    if (value === undefined && column.nullable === true) continue;
    if (!isReadable(column, value)) return reject(isMissing(value) ? 'field_missing' : 'field_invalid', member);
    payment[column.field] = value;
  }
  if (amount === 'not_exact') return reject('amount_not_exact');
  if (typeof amount === 'string' || amount <= 0n || amount > maxAmount) return reject('amount_out_of_range');
  return payment as unknown as Payment;
}

/** Whether the member is present and well-formed. A well-formed amount may still be too large or not exact. */
function isReadable({ kind, name }: PaymentColumn, value: unknown): value is string | number | bigint {
  if (kind === 'time') return typeof value === 'number';
  if (kind === 'decimal') return value !== 'missing' && value !== 'malformed';
  return name === 'currency' ? isCurrency(value) : isText(value);
}

function isMissing(value: unknown): boolean {
  return value === undefined || value === 'missing';
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

/** Whether `bytes` are the UTF-8 form of `text`. It makes no buffer for ASCII, the usual case. */
function isUtf8Of(bytes: Buffer, text: string): boolean {
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit >= 0x80) return bytes.equals(Buffer.from(text));
    if (bytes[index] !== unit) return false;
  }
  return bytes.length === text.length;
}
