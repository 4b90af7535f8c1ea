/**
 * What an error of an S3 store means. Refused for good; not done, so that a later call may succeed; or unknown: the request may
 * have been carried out, or may be yet. Only errors that are known to come before any effect are taken for "not done".
 */
import { StoreRefusedError, UnknownOutcomeError } from '../ports.ts';

/** What the SDK's errors have, of a service or of the network below it. */
interface S3Error extends Error {
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number };
  /** Where a store says more than the name. */
  readonly Code?: unknown;
}

interface Refusal {
  readonly what: StoreRefusedError['what'];
  readonly advice: string;
}

const CREDENTIALS: Refusal = { what: 'credentials', advice: 'renew the credentials (AWS_PROFILE, AWS_ACCESS_KEY_ID)' };
const REGION: Refusal = { what: 'other', advice: 'set AWS_REGION to the region of the bucket' };
const PERMISSION: Refusal = {
  what: 'permission',
  advice: 'allow s3:GetObject, s3:PutObject, s3:DeleteObject and s3:ListBucket there',
};

const REFUSALS: Readonly<Record<string, Refusal>> = {
  NoSuchBucket: { what: 'bucket', advice: 'make the bucket, or correct DELTA_LOCATION' },
  InvalidBucketName: { what: 'bucket', advice: 'correct DELTA_LOCATION' },
  AccessDenied: PERMISSION,
  AllAccessDisabled: PERMISSION,
  AccountProblem: PERMISSION,
  ExpiredToken: CREDENTIALS,
  ExpiredTokenException: CREDENTIALS,
  TokenRefreshRequired: CREDENTIALS,
  InvalidToken: CREDENTIALS,
  InvalidAccessKeyId: CREDENTIALS,
  SignatureDoesNotMatch: CREDENTIALS,
  CredentialsProviderError: CREDENTIALS,
  TokenProviderError: CREDENTIALS,
  RequestTimeTooSkewed: { what: 'other', advice: "set this machine's clock" },
  AuthorizationHeaderMalformed: REGION,
  PermanentRedirect: REGION,
  IllegalLocationConstraintException: REGION,
  NotImplemented: { what: 'other', advice: 'the store must know conditional writes (If-None-Match)' },
  MethodNotAllowed: { what: 'read_only', advice: 'DELTA_LOCATION must be a bucket that can be written' },
  EntityTooLarge: { what: 'other', advice: 'lower the size of a commit' },
};

/** Names of errors that come before a request has any effect. */
const NOT_DONE: ReadonlySet<string> = new Set([
  'SlowDown',
  'ThrottlingException',
  'Throttling',
  'RequestLimitExceeded',
  'TooManyRequests',
  // Another write of the same key is running: neither "exists" nor done.
  'ConditionalRequestConflict',
  'OperationAborted',
]);
/** No connection was made. */
const NO_CONNECTION: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

export function statusOf(error: unknown): number | undefined {
  return error instanceof Error ? (error as S3Error).$metadata?.httpStatusCode : undefined;
}

export function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return '';
  const { Code: code } = error as S3Error;
  return REFUSALS[error.name] === undefined && typeof code === 'string' ? code : error.name;
}

/** The error to reject with. `where` names the object; `mayHaveEffect` is false for reads. */
export function s3Error(error: unknown, where: string, mayHaveEffect: boolean): Error {
  const name = nameOf(error);
  const status = statusOf(error);
  const text = `${where}: ${name === '' || name === 'Error' ? '' : `${name}: `}${messageOf(error)}`;
  const refusal = REFUSALS[name] ?? byMessage(error) ?? byStatus(status);
  const options = { cause: error };
  if (refusal !== undefined) return new StoreRefusedError(refusal.what, `${text}. To do: ${refusal.advice}`, options);
  if (!mayHaveEffect || isNotDone(error, name, status)) return new Error(text, options);
  return new UnknownOutcomeError(text, options);
}

/** HEAD and some stores have no name of the error. 404 is not among them: it may be the key's. */
function byStatus(status: number | undefined): Refusal | undefined {
  if (status === 401) return CREDENTIALS;
  if (status === 403) return PERMISSION;
  if (status === 301 || status === 307) return REGION;
  if (status === 501) return REFUSALS.NotImplemented;
  return undefined;
}

/** The SDK's own, before it sends anything. */
function byMessage(error: unknown): Refusal | undefined {
  return /^Region is missing|^Could not load credentials/.test(messageOf(error))
    ? messageOf(error).startsWith('Region')
      ? REGION
      : CREDENTIALS
    : undefined;
}

function isNotDone(error: unknown, name: string, status: number | undefined): boolean {
  if (NOT_DONE.has(name) || status === 409 || status === 429) return true;
  const code = error instanceof Error ? (error as S3Error).code : undefined;
  return typeof code === 'string' && NO_CONNECTION.has(code);
}

function messageOf(error: unknown): string {
  return error instanceof Error && error.message !== '' ? error.message : 'no message';
}
