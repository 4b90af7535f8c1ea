/** The meaning of kafkajs's errors for this adapter: worth a retry, or for the operator to repair. */
import { ConfigurationError, ContradictionError, UnreachableError } from '../../base/errors.ts';

interface KafkaJsError extends Error {
  readonly type?: string;
  readonly code?: string | number;
}

/** Error codes of the Kafka protocol that Fetch returns per partition. */
export const FETCH_ERROR = {
  none: 0,
  offsetOutOfRange: 1,
  corruptMessage: 2,
  unknownTopicOrPartition: 3,
  topicAuthorizationFailed: 29,
} as const;

/** The error and its causes, outermost first; kafkajs hides the specific one two levels down. */
function chain(error: unknown): KafkaJsError[] {
  const found: KafkaJsError[] = [];
  for (let at: unknown = error; at instanceof Error && found.length < 8; at = at.cause) found.push(at as KafkaJsError);
  return found;
}

export function isUnknownTopic(error: unknown): boolean {
  return chain(error).some(
    ({ type, message }) => type === 'UNKNOWN_TOPIC_OR_PARTITION' || /does not host this topic-partition/.test(message),
  );
}

const REFUSALS: readonly { readonly matches: (error: KafkaJsError) => boolean; readonly whatToDo: string }[] = [
  {
    matches: ({ name, type }) => name === 'KafkaJSSASLAuthenticationError' || type === 'SASL_AUTHENTICATION_FAILED',
    whatToDo: 'check the user name, password and mechanism',
  },
  {
    matches: ({ type }) => type !== undefined && /_AUTHORIZATION_FAILED$/.test(type),
    whatToDo: 'allow this user to Read and Describe the topic, to Describe its configuration and to Read the group',
  },
  {
    matches: ({ type }) => type === 'INCONSISTENT_GROUP_PROTOCOL',
    whatToDo: 'other consumers use this group id: set another KAFKA_GROUP_ID',
  },
  { matches: ({ type }) => type === 'INVALID_GROUP_ID', whatToDo: 'set another KAFKA_GROUP_ID' },
  {
    matches: ({ type }) => type === 'INVALID_TOPIC_EXCEPTION',
    whatToDo: 'a topic cannot have this name: set another KAFKA_TOPIC_PAYMENTS',
  },
  {
    matches: ({ type }) => type === 'INVALID_SESSION_TIMEOUT',
    whatToDo: 'the session timeout must lie within the group.min/max.session.timeout.ms of the broker',
  },
  {
    matches: ({ code }) => code === 'ERR_TLS_CERT_ALTNAME_INVALID',
    whatToDo: 'the certificate is for another host: name the broker in KAFKA_BOOTSTRAP_SERVERS as its certificate does',
  },
  {
    matches: ({ code }) => code === 'CERT_HAS_EXPIRED',
    whatToDo: 'the certificate of the broker has expired: renew it',
  },
  {
    matches: ({ code }) => /SELF_SIGNED_CERT|UNABLE_TO_(GET_ISSUER_CERT|VERIFY_LEAF_SIGNATURE)/.test(String(code)),
    whatToDo: 'the authority of the broker certificate is unknown: set KAFKA_SSL_CA_FILE to the file of that authority',
  },
  {
    matches: ({ code }) => code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'EPROTO',
    whatToDo: 'this port does not speak TLS: check KAFKA_SECURITY_PROTOCOL and the port',
  },
  { matches: ({ name }) => name === 'TypeError', whatToDo: 'use a broker of version 2.3 or later' },
];

/** An error that a retry cannot help, with what to do; undefined for all that may pass. */
export function refusalOf(error: unknown, where: string): ConfigurationError | undefined {
  for (const link of chain(error)) {
    if (link instanceof ConfigurationError) return link;
    const refusal = REFUSALS.find(({ matches }) => matches(link));
    if (refusal !== undefined) return new ConfigurationError([`${where}: ${link.message}: ${refusal.whatToDo}`]);
  }
  return undefined;
}

/** Whether it is one of this adapter's own errors, which already say what to do. */
export function isFinal(error: unknown): error is ConfigurationError | ContradictionError | UnreachableError {
  return (
    error instanceof ConfigurationError || error instanceof ContradictionError || error instanceof UnreachableError
  );
}

const CLOSED_HINT = '(a broker that wants TLS or SASL closes connections like this: see KAFKA_SECURITY_PROTOCOL)';

export function messageOf(error: unknown): string {
  const messages = chain(error).map(({ name, message }) =>
    name === 'KafkaJSConnectionClosedError' ? `${message} ${CLOSED_HINT}` : message,
  );
  return messages.length === 0 ? String(error) : [...new Set(messages)].join(': ');
}

export function noSuchTopic(topic: string, brokers: readonly string[]): ConfigurationError {
  return new ConfigurationError([
    `topic ${topic}: does not exist on ${brokers.join(', ')}: create it, or set KAFKA_TOPIC_PAYMENTS to another topic`,
  ]);
}

export function topicGone(topic: string, afterMs: number): ContradictionError {
  return new ContradictionError(
    'log_changed',
    `topic ${topic}: existed and has been gone for ${Math.round(afterMs / 1000)} s. Nothing was written past what was read. ` +
      'See the runbook, log_changed.',
  );
}
