/**
 * Fold version 1: numbers as JSON.parse gives them. A record can be wrong in several ways at once; any of its reasons is
 * right here.
 */
import type { TopicRecord } from '../inputs/verify-inputs.ts';
import { FIELD_LENGTH_MAX, keyHome, TEXT_FIELDS, valueProblem } from './event-rules.ts';
import type { Circumstances, Judgement, OraclePayment } from './judgement.ts';
import { maskedVersion1 } from './kept-payload.ts';
import { billionths, plainDecimal } from './money.ts';

const NUMBER_DIGITS_MAX = 15;

/** `ignoreBOM` keeps a byte order mark, which JSON does not allow. */
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function judgeVersion1(record: TopicRecord, circumstances: Circumstances): Judgement {
  const { partition, partitionCount, rules, minEventTimeMs } = circumstances;
  const reasons = new Set<string>();
  if (record.key === null || record.key.length === 0) reasons.add('key_missing');
  const event = readEvent(record, reasons);
  if (event === null) return rejected(record, reasons, event);

  for (const name of TEXT_FIELDS) judgeText(event, name, reasons);
  const amount = judgeAmount(event, rules.maxAmount, reasons);
  judgeTime(event, record.timestampMs + rules.allowedSkewMs, minEventTimeMs, reasons);
  judgeKey(event, record.key, reasons);
  if (rules.partitioner === 'murmur2' && record.key !== null && keyHome(record.key, partitionCount) !== partition)
    reasons.add('key_wrong_partition');
  if (reasons.size > 0 || amount === null) return rejected(record, reasons, event);

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
    columns: {},
  };
  return { payment, must: null };
}

function rejected(
  { value }: TopicRecord,
  reasons: ReadonlySet<string>,
  event: Readonly<Record<string, unknown>> | null,
): Judgement {
  const [id, time] = [event?.transaction_id, event?.timestamp];
  return {
    payment: null,
    must: {
      reasons,
      reason: null,
      transactionIds: typeof id === 'string' ? [null, id] : [null],
      eventTimes: typeof time === 'number' ? [null, time] : [null],
      payload: () => (value === null ? null : maskedVersion1(value)),
    },
  };
}

function readEvent(record: TopicRecord, reasons: Set<string>): Record<string, unknown> | null {
  const problem = valueProblem(record);
  if (problem !== null) {
    reasons.add(problem);
    return null;
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(strictUtf8.decode(record.value!));
  } catch {
    reasons.add('not_utf8_json');
    return null;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    reasons.add('not_an_object');
    return null;
  }
  // Only the event's own fields count, under any name.
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
    // Past 2^53 a number is no longer an exact integer; it is also far out of range.
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
