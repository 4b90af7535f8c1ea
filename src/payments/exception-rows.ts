/**
 * Rows of payment_exceptions: what is kept of a record that was not accepted. A duplicate or late payment is kept whole, in
 * canonical form (backfill needs it); of a rejected record only what may be kept: masked and cut, as its fold version does it.
 */
import { canonicalJson } from './event/event.ts';
import { formatHash, type Hash64, hashBytes } from './event/hash.ts';
import type { Rejection } from './event/validation.ts';
import type { ExceptionRow, LogRecord, Payment } from './types.ts';

/** Lowest and greatest time that a TIMESTAMP can hold. */
const MIN_TIMESTAMP_MS = -62_135_596_800_000;
const MAX_TIMESTAMP_MS = 253_402_300_799_999;

/** `firstKafkaOffset` and `conflict` are a duplicate's: where it was accepted, and whether a business field differs. */
export function exceptionRow(
  record: LogRecord,
  payment: Payment,
  hash: Hash64,
  disposition: 'duplicate' | 'late',
  firstKafkaOffset: number | null,
  conflict: boolean,
): ExceptionRow {
  return {
    kafkaOffset: record.offset,
    disposition,
    reason: null,
    transactionId: payment.transactionId,
    eventTimeMs: payment.eventTimeMs,
    recordTimeMs: storableTimeMs(record.timestampMs),
    firstKafkaOffset,
    conflict,
    payload: canonicalJson(payment),
    payloadHash: formatHash(hash.high, hash.low),
  };
}

export function rejectedRow(record: LogRecord, rejection: Rejection): ExceptionRow {
  const hash = record.value === null ? null : (record.oversized?.valueHash ?? hashBytes(record.value));
  return {
    kafkaOffset: record.offset,
    disposition: 'rejected',
    reason: rejection.reason,
    transactionId: rejection.transactionId,
    eventTimeMs: rejection.eventTimeMs,
    recordTimeMs: storableTimeMs(record.timestampMs),
    firstKafkaOffset: null,
    conflict: false,
    payload: record.value === null ? null : rejection.keptPayload(record.value),
    payloadHash: hash === null ? null : formatHash(hash.high, hash.low),
  };
}

/** A producer may set any record time; the row must not be refused for it. */
function storableTimeMs(timeMs: number): number {
  return Math.min(Math.max(timeMs, MIN_TIMESTAMP_MS), MAX_TIMESTAMP_MS);
}
