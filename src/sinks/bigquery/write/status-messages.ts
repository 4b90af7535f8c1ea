/**
 * google.rpc.Status as bytes, with the StorageError of BigQuery's write service in its details: in answers to appends, and in the
 * trailer `grpc-status-details-bin` of calls that ended with an error. A test holds both against the generated classes.
 */
import { fieldsOf } from './protobuf.ts';
import { GRPC_STATUS, RpcError } from './write-rpc.ts';

/** Field numbers, by message. */
const STATUS = { code: 1, message: 2, details: 3 } as const;
const ANY = { typeUrl: 1, value: 2 } as const;
const STORAGE_ERROR = { code: 1 } as const;

/** Names of StorageError.StorageErrorCode by number. */
export const STORAGE_ERRORS: Readonly<Record<number, string>> = {
  0: 'STORAGE_ERROR_CODE_UNSPECIFIED',
  1: 'TABLE_NOT_FOUND',
  2: 'STREAM_ALREADY_COMMITTED',
  3: 'STREAM_NOT_FOUND',
  4: 'INVALID_STREAM_TYPE',
  5: 'INVALID_STREAM_STATE',
  6: 'STREAM_FINALIZED',
  7: 'SCHEMA_MISMATCH_EXTRA_FIELDS',
  8: 'OFFSET_ALREADY_EXISTS',
  9: 'OFFSET_OUT_OF_RANGE',
  10: 'CMEK_NOT_PROVIDED',
  11: 'INVALID_CMEK_PROVIDED',
  12: 'CMEK_ENCRYPTION_ERROR',
  13: 'KMS_SERVICE_ERROR',
  14: 'KMS_PERMISSION_DENIED',
};

/** Throws RangeError for bytes that are no message. */
export function statusIn(status: Buffer): RpcError {
  let code: number = GRPC_STATUS.OK;
  let message = '';
  let storageErrorCode: string | undefined;
  for (const { number, value } of fieldsOf(status)) {
    if (number === STATUS.code) code = Number(value);
    else if (typeof value === 'bigint') continue;
    else if (number === STATUS.message) message = value.toString();
    else if (number === STATUS.details) storageErrorCode ??= storageErrorIn(value);
  }
  return new RpcError(code, message, storageErrorCode);
}

/** Name of the storage error in the trailer of a call; undefined where there is none, or none that can be read. */
export function storageErrorOfTrailer(trailer: unknown): string | undefined {
  if (!Buffer.isBuffer(trailer)) return undefined;
  try {
    return statusIn(trailer).storageErrorCode;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function storageErrorIn(detail: Buffer): string | undefined {
  let typeUrl = '';
  let content: Buffer | undefined;
  for (const { number, value } of fieldsOf(detail)) {
    if (number === ANY.typeUrl) typeUrl = String(value);
    else if (number === ANY.value && typeof value !== 'bigint') content = value;
  }
  if (content === undefined || !typeUrl.endsWith('.StorageError')) return undefined;
  let code = 0;
  for (const { number, value } of fieldsOf(content)) if (number === STORAGE_ERROR.code) code = Number(value);
  return STORAGE_ERRORS[code];
}
