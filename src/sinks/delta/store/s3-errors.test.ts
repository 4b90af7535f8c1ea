import { describe, expect, test } from 'vitest';
import { StoreRefusedError, UnknownOutcomeError } from '../ports.ts';
import { s3Error } from './s3-errors.ts';

const failure = (name: string, status?: number, code?: string) =>
  Object.assign(new Error('said so'), {
    name,
    $metadata: { httpStatusCode: status },
    ...(code === undefined ? {} : { code }),
  });
const meaningOf = (error: Error, mayHaveEffect = true) => {
  const seen = s3Error(error, 's3://b/k', mayHaveEffect);
  if (seen instanceof StoreRefusedError) return seen.what;
  return seen instanceof UnknownOutcomeError ? 'unknown' : 'not done';
};

describe('an error of a store', () => {
  test.each([
    ['NoSuchBucket', 404, 'bucket'],
    ['AccessDenied', 403, 'permission'],
    ['ExpiredToken', 400, 'credentials'],
    ['InvalidAccessKeyId', 403, 'credentials'],
    ['CredentialsProviderError', undefined, 'credentials'],
    ['RequestTimeTooSkewed', 403, 'other'],
    ['PermanentRedirect', 301, 'other'],
    ['NotImplemented', 501, 'other'],
    ['MethodNotAllowed', 405, 'read_only'],
    ['Unheard', 403, 'permission'],
    ['Unheard', 401, 'credentials'],
  ] as const)('%s (%s) is refused for good: %s', (name, status, what) => {
    expect(meaningOf(failure(name, status))).toBe(what);
    expect(meaningOf(failure(name, status), false)).toBe(what);
    expect(s3Error(failure(name, status), 's3://b/k', true).message).toMatch(/^s3:\/\/b\/k: .*said so\. To do: /);
  });

  test.each([
    ['SlowDown', 503, undefined],
    ['TooManyRequests', 429, undefined],
    ['ConditionalRequestConflict', 409, undefined],
    ['Unheard', 409, undefined],
    ['Error', undefined, 'ECONNREFUSED'],
    ['Error', undefined, 'ENOTFOUND'],
  ])('%s (%s, %s) comes before any effect', (name, status, code) => {
    expect(meaningOf(failure(name, status, code))).toBe('not done');
  });

  test.each([
    ['TimeoutError', undefined, undefined],
    ['AbortError', undefined, undefined],
    ['Error', undefined, 'ECONNRESET'],
    ['Error', undefined, 'EPIPE'],
    ['InternalError', 500, undefined],
    ['ServiceUnavailable', 503, undefined],
    ['BadGateway', 502, undefined],
    ['NoSuchKey', 404, undefined],
  ])('%s (%s, %s) leaves open what became of a write, and a read is asked again', (name, status, code) => {
    expect(meaningOf(failure(name, status, code))).toBe('unknown');
    expect(meaningOf(failure(name, status, code), false)).toBe('not done');
  });

  test('that the SDK finds before it asks is named', () => {
    expect(meaningOf(new Error('Region is missing'))).toBe('other');
    expect(meaningOf(new Error('Could not load credentials from any providers'))).toBe('credentials');
  });
});
