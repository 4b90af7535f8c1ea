/** What the client library's errors say: Kafka's protocol errors lie among their causes and parts. */

/** No waiting mends these. */
const REFUSED =
  /^(SASL_AUTHENTICATION_FAILED|UNSUPPORTED_SASL_MECHANISM|INVALID_TOPIC_EXCEPTION|\w+_AUTHORIZATION_FAILED)$/;
const UNTRUSTED =
  /^(ERR_TLS_CERT_ALTNAME_INVALID|CERT_HAS_EXPIRED|ERR_SSL_\w+|EPROTO|(DEPTH_ZERO_)?SELF_SIGNED_CERT\w*|UNABLE_TO_(GET_ISSUER_CERT|VERIFY_LEAF_SIGNATURE)\w*)$/;

interface Failure extends Error {
  readonly apiId?: unknown;
  readonly type?: unknown;
  readonly code?: unknown;
  readonly errors?: unknown;
}

const PARTS_MAX = 16;

/** The error, its parts and its causes, up to a limit. */
export function partsOf(error: unknown): readonly Failure[] {
  const found: Failure[] = [];
  const coming: unknown[] = [error];
  while (coming.length > 0 && found.length < PARTS_MAX) {
    const at = coming.shift();
    if (!(at instanceof Error)) continue;
    const failure: Failure = at;
    found.push(failure);
    if (Array.isArray(failure.errors)) coming.push(...failure.errors);
    coming.push(failure.cause);
  }
  return found;
}

/** Kafka's name of the protocol error in it, if there is one. */
export function protocolErrorIn(error: unknown): string | undefined {
  for (const { apiId, type, message } of partsOf(error)) {
    if (typeof apiId === 'string') return apiId;
    if (typeof type === 'string') return type;
    // OAUTHBEARER says it without an error code.
    if (message.startsWith('the token was refused')) return 'SASL_AUTHENTICATION_FAILED';
  }
  return undefined;
}

export function isRefusal(error: unknown): boolean {
  return (
    REFUSED.test(protocolErrorIn(error) ?? '') ||
    partsOf(error).some(({ name, code }) => name === 'ConfigurationError' || UNTRUSTED.test(String(code)))
  );
}

export function messageOf(error: unknown): string {
  const messages = partsOf(error).map(({ message }) => message);
  return messages.length === 0 ? String(error) : [...new Set(messages)].join(': ');
}
