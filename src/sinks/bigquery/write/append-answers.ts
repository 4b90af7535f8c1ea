/**
 * What a failed append means. The service and the emulator word their errors differently; only this module reads both
 * wordings. An error that is not known to be harmless is `confused`: it leads to a takeover, which is always safe.
 */
import { GRPC_STATUS, type RpcError } from './write-rpc.ts';

export type AppendFailure =
  /** The rows may or may not be there: connect again and send the same bytes at the same offset. */
  | { readonly kind: 'retriable' }
  /** The service has the rows below `expectedOffset`, where it names one. */
  | { readonly kind: 'already_exists'; readonly expectedOffset: number | undefined }
  | { readonly kind: 'finalized' }
  | { readonly kind: 'gone' }
  /** The offset is past the end of the stream, which takes rows at its end. */
  | { readonly kind: 'out_of_range' }
  /** Refused, and a retry would not help. Only row errors name the row at fault, if there is one. */
  | { readonly kind: 'refused' }
  /** The table lacks a column that we send. The column may have been added a moment ago. */
  | { readonly kind: 'schema_differs' }
  | { readonly kind: 'confused' };

const RETRIABLE: ReadonlySet<number> = new Set([
  GRPC_STATUS.UNAVAILABLE,
  GRPC_STATUS.ABORTED,
  GRPC_STATUS.INTERNAL,
  GRPC_STATUS.DEADLINE_EXCEEDED,
  GRPC_STATUS.CANCELLED,
  GRPC_STATUS.RESOURCE_EXHAUSTED,
]);

/** The service: "within stream, expected offset 5, received 0". The emulator: "already committed; next expected 5". */
const EXPECTED_OFFSET = /expected(?: offset)?:? (\d{1,16})\b/i;
const FINALIZED = /\b(?:is|was|been|already|a) finalized\b/i;
const NOT_FINALIZED = /\b(?:not|never)(?: yet| been| a)* finalized\b/i;
/** Removed before a message is read: a dataset may be called `is finalized`. */
const RESOURCE_NAME = /projects\/\S+/g;
/**
 * bqemulator: a Python exception while it stores rows ends the call with UNKNOWN and this text. The append is never
 * resent: the emulator has counted the rows that it did not store, and would answer that they exist.
 */
const HANDLER_EXCEPTION = /^(?:Unexpected <class|Exception (?:iterating|calling))/;

/** Reads an error answer, or the error that a call ended with. */
export function readAppendFailure(error: RpcError): AppendFailure {
  const storage = error.storageErrorCode;
  if (saysFinalized(error)) return { kind: 'finalized' };
  if (storage === 'OFFSET_ALREADY_EXISTS' || error.code === GRPC_STATUS.ALREADY_EXISTS) {
    return { kind: 'already_exists', expectedOffset: expectedOffsetOf(error.message) };
  }
  if (storage === 'STREAM_NOT_FOUND' || storage === 'TABLE_NOT_FOUND' || error.code === GRPC_STATUS.NOT_FOUND) {
    return { kind: 'gone' };
  }
  if (storage === 'OFFSET_OUT_OF_RANGE' || error.code === GRPC_STATUS.OUT_OF_RANGE) return { kind: 'out_of_range' };
  if (storage === 'SCHEMA_MISMATCH_EXTRA_FIELDS') return { kind: 'schema_differs' };
  if (error.code === GRPC_STATUS.FAILED_PRECONDITION || error.code === GRPC_STATUS.INVALID_ARGUMENT) {
    if (storage?.startsWith('INVALID_STREAM') || storage === 'STREAM_ALREADY_COMMITTED') return { kind: 'confused' };
    return { kind: error.code === GRPC_STATUS.INVALID_ARGUMENT ? 'refused' : 'confused' };
  }
  if (error.code === GRPC_STATUS.UNKNOWN) {
    return { kind: HANDLER_EXCEPTION.test(error.message) ? 'refused' : 'retriable' };
  }
  return { kind: RETRIABLE.has(error.code) ? 'retriable' : 'confused' };
}

/**
 * Whether an error states that the stream was finalized before, by its storage error or, as the emulator does, in
 * words. Nothing else counts: a stream wrongly taken for finalized would never be finalized and could take rows for
 * ever.
 */
export function saysFinalized({ code, message, storageErrorCode }: RpcError): boolean {
  if (storageErrorCode !== undefined) return storageErrorCode === 'STREAM_FINALIZED';
  const canMean = code === GRPC_STATUS.FAILED_PRECONDITION || code === GRPC_STATUS.INVALID_ARGUMENT;
  const words = message.replace(RESOURCE_NAME, '');
  return canMean && FINALIZED.test(words) && !NOT_FINALIZED.test(words);
}

/** The offset that an ALREADY_EXISTS or OUT_OF_RANGE answer expects next. */
export function expectedOffsetOf(message: string): number | undefined {
  const match = EXPECTED_OFFSET.exec(message);
  if (match === null) return undefined;
  const offset = Number(match[1]);
  return Number.isSafeInteger(offset) ? offset : undefined;
}
