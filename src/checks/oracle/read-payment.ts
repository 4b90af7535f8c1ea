/**
 * Judges one record by the rules of the contract alone: either a payment, or every reason for which it must be rejected.
 * A record can be wrong in several ways at once; the contract does not say which is named first, so any of them is right.
 */
import type { DecisionRules, TopicRecord } from '../inputs.ts';
import { billionths, plainDecimal } from './money.ts';

export interface OraclePayment {
  readonly transaction_id: string;
  readonly sender_account_id: string;
  readonly receiver_account_id: string;
  /** Billionths. */
  readonly amount: bigint;
  readonly currency: string;
  readonly device_id: string;
  readonly ip_address: string;
  readonly event_time: number;
  readonly region: string;
  readonly payment_method: string;
}

export interface Judgement {
  readonly payment: OraclePayment | null;
  readonly reasons: ReadonlySet<string>;
  /** The event as far as it could be read: what a rejected row may repeat of it. */
  readonly event: Readonly<Record<string, unknown>> | null;
}

const VALUE_BYTES_MAX = 1024 * 1024;
const FIELD_LENGTH_MAX = 256;
const NUMBER_DIGITS_MAX = 15;
export const TEXT_FIELDS = [
  'transaction_id',
  'sender_account_id',
  'receiver_account_id',
  'currency',
  'device_id',
  'ip_address',
  'region',
  'payment_method',
] as const;

/** `ignoreBOM` keeps a byte order mark, which JSON does not allow. */
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function judge(
  record: TopicRecord,
  place: { readonly partition: number; readonly partitionCount: number },
  rules: DecisionRules,
  minEventTimeMs: number,
): Judgement {
  const reasons = new Set<string>();
  if (record.key === null || record.key.length === 0) reasons.add('key_missing');
  const event = readEvent(record, reasons);
  if (event === null) return { payment: null, reasons, event };

  for (const name of TEXT_FIELDS) judgeText(event, name, reasons);
  const amount = judgeAmount(event, rules.maxAmount, reasons);
  judgeTime(event, record.timestampMs + rules.allowedSkewMs, minEventTimeMs, reasons);
  judgeKey(event, record.key, reasons);
  if (
    rules.partitioner === 'murmur2' &&
    record.key !== null &&
    keyHome(record.key, place.partitionCount) !== place.partition
  )
    reasons.add('key_wrong_partition');
  if (reasons.size > 0 || amount === null) return { payment: null, reasons, event };

  const text = (name: (typeof TEXT_FIELDS)[number]): string => event[name] as string;
  const payment: OraclePayment = {
    transaction_id: text('transaction_id'),
    sender_account_id: text('sender_account_id'),
    receiver_account_id: text('receiver_account_id'),
    amount,
    currency: text('currency'),
    device_id: text('device_id'),
    ip_address: text('ip_address'),
    event_time: event.timestamp as number,
    region: text('region'),
    payment_method: text('payment_method'),
  };
  return { payment, reasons, event };
}

function readEvent({ value, oversized }: TopicRecord, reasons: Set<string>): Record<string, unknown> | null {
  if (value === null) {
    reasons.add('no_value');
    return null;
  }
  if ((oversized?.valueByteLength ?? value.length) > VALUE_BYTES_MAX) {
    reasons.add('value_too_large');
    return null;
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(strictUtf8.decode(value));
  } catch {
    reasons.add('not_utf8_json');
    return null;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    reasons.add('not_an_object');
    return null;
  }
  // Only the event's own fields count, whatever their names.
  return Object.assign(Object.create(null), parsed);
}

function judgeText(event: Record<string, unknown>, name: string, reasons: Set<string>): void {
  const value = event[name];
  if (value === undefined) reasons.add('field_missing');
  else if (typeof value !== 'string' || value === '' || value.length > FIELD_LENGTH_MAX || !value.isWellFormed())
    reasons.add('field_invalid');
  else if (name === 'currency' && !/^[A-Z]{3}$/.test(value)) reasons.add('field_invalid');
}

function judgeAmount(event: Record<string, unknown>, maxAmount: string, reasons: Set<string>): bigint | null {
  const value = event.amount;
  if (value === undefined) reasons.add('field_missing');
  else if (typeof value !== 'number' && typeof value !== 'string') reasons.add('field_invalid');
  if (typeof value !== 'number' && typeof value !== 'string') return null;

  if (typeof value === 'string' && value.length > FIELD_LENGTH_MAX) {
    for (const reason of ['field_invalid', 'amount_not_exact', 'amount_out_of_range']) reasons.add(reason);
    return null;
  }
  const text = typeof value === 'number' ? plainDecimal(String(value)) : value;
  const amount = billionths(text);
  const tooManyDigits = typeof value === 'number' && digitCount(text) > NUMBER_DIGITS_MAX;
  const tooManyPlaces = (text.split('.')[1]?.length ?? 0) > 9;
  const signedText = typeof value === 'string' && text.startsWith('-');
  if (amount === null || tooManyDigits || tooManyPlaces || signedText) {
    reasons.add('amount_not_exact');
    // A text that is no decimal at all can as well be called an invalid field.
    if (typeof value === 'string' && !/^[0-9]+(\.[0-9]+)?$/.test(value)) reasons.add('field_invalid');
  }
  const size = typeof value === 'number' ? value : Number(value);
  if (size <= 0 || size > Number(maxAmount) || (amount !== null && amount > billionths(maxAmount)!))
    reasons.add('amount_out_of_range');
  return amount;
}

function judgeTime(event: Record<string, unknown>, latestMs: number, earliestMs: number, reasons: Set<string>): void {
  const value = event.timestamp;
  if (value === undefined) reasons.add('field_missing');
  else if (typeof value !== 'number' || !Number.isInteger(value)) reasons.add('field_invalid');
  else {
    // Past 2^53 a number is no exact integer any more; it is also far out of range.
    if (!Number.isSafeInteger(value)) reasons.add('field_invalid');
    if (value > latestMs) reasons.add('event_time_in_future');
    if (value < earliestMs) reasons.add('event_time_too_old');
  }
}

function judgeKey(event: Record<string, unknown>, key: Uint8Array | null, reasons: Set<string>): void {
  const sender = event.sender_account_id;
  if (key === null || typeof sender !== 'string') return;
  if (!Buffer.from(sender, 'utf8').equals(key)) reasons.add('key_not_sender');
}

/** Digits that matter: without leading zeros, and without trailing zeros of a whole number. */
function digitCount(text: string): number {
  const digits = text.replace(/^-/, '').replace('.', '').replace(/^0+/, '');
  return digits.replace(/0+$/, '').length;
}

/** The Java client's default partition of a key: murmur2 over the bytes, in BigInt arithmetic modulo 2^32. */
export function keyHome(key: Uint8Array, partitionCount: number): number {
  const word = (value: bigint): bigint => value & 0xffffffffn;
  const m = 0x5bd1e995n;
  let h = word(0x9747b28cn ^ BigInt(key.length));
  const whole = key.length - (key.length % 4);
  for (let i = 0; i < whole; i += 4) {
    let k = 0n;
    for (let j = 3; j >= 0; j--) k = (k << 8n) | BigInt(key[i + j]!);
    k = word(k * m);
    k = word((k ^ (k >> 24n)) * m);
    h = word(h * m) ^ k;
  }
  if (whole < key.length) {
    for (let j = key.length - 1; j >= whole; j--) h ^= BigInt(key[j]!) << BigInt(8 * (j - whole));
    h = word(h * m);
  }
  h = word((h ^ (h >> 13n)) * m);
  h ^= h >> 15n;
  return Number(h & 0x7fffffffn) % partitionCount;
}
