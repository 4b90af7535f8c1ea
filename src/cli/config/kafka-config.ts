/**
 * Checks that the settings of Kafka fit together: its address, the protection of connections, and the client's
 * credentials.
 */
import type { Values } from './setting.ts';
import type { KAFKA_SETTINGS } from './settings-table.ts';

type KafkaValues = Values<typeof KAFKA_SETTINGS>;

/** The client's credentials. Files by path, not by content: kafka-connection.ts reads them. */
export type SaslEndpoint =
  | {
      readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
      readonly username: string;
      readonly password: string;
    }
  | { readonly mechanism: 'oauthbearer'; readonly tokenFile: string }
  | {
      readonly mechanism: 'oauthbearer';
      readonly tokenUrl: string;
      readonly clientId: string;
      readonly clientSecret: string;
      readonly scope: string | undefined;
    };

export interface KafkaEndpoint {
  readonly brokers: readonly string[];
  readonly topic: string;
  /** Undefined: no TLS. */
  readonly tls: { readonly caFile?: string; readonly certFile?: string; readonly keyFile?: string } | undefined;
  readonly sasl: SaslEndpoint | undefined;
}

/** The variables of each way to authenticate: those that are required, then those that are optional. */
const BY_PASSWORD = [['KAFKA_SASL_USERNAME', 'KAFKA_SASL_PASSWORD'], []] as const;
const BY_TOKEN_FILE = [['KAFKA_SASL_OAUTH_TOKEN_FILE'], []] as const;
const BY_TOKEN_URL = [
  ['KAFKA_SASL_OAUTH_TOKEN_URL', 'KAFKA_SASL_OAUTH_CLIENT_ID', 'KAFKA_SASL_OAUTH_CLIENT_SECRET'],
  ['KAFKA_SASL_OAUTH_SCOPE'],
] as const;

/** One line per contradiction; never with a secret's value. */
export function kafkaProblems(values: KafkaValues): string[] {
  return [...saslProblems(values), ...tlsProblems(values)];
}

function saslProblems(values: KafkaValues): string[] {
  const given = new Map<string, unknown>([
    ['KAFKA_SASL_MECHANISM', values.saslMechanism],
    ['KAFKA_SASL_USERNAME', values.saslUsername],
    ['KAFKA_SASL_PASSWORD', values.saslPassword],
    ['KAFKA_SASL_OAUTH_TOKEN_FILE', values.saslOauthTokenFile],
    ['KAFKA_SASL_OAUTH_TOKEN_URL', values.saslOauthTokenUrl],
    ['KAFKA_SASL_OAUTH_CLIENT_ID', values.saslOauthClientId],
    ['KAFKA_SASL_OAUTH_CLIENT_SECRET', values.saslOauthClientSecret],
    ['KAFKA_SASL_OAUTH_SCOPE', values.saslOauthScope],
  ]);
  const isSet = (name: string) => given.get(name) !== undefined;
  const protocol = `KAFKA_SECURITY_PROTOCOL ${values.kafkaSecurity}`;
  if (!values.kafkaSecurity.startsWith('SASL')) {
    return [...given.keys()]
      .filter(isSet)
      .map((name) => `${name} is set, and ${protocol} does not use it: set SASL_SSL, or unset it`);
  }
  if (values.saslMechanism === undefined) return [`KAFKA_SASL_MECHANISM is not set: ${protocol} needs it`];
  const mechanism = `KAFKA_SASL_MECHANISM ${values.saslMechanism}`;
  if (values.saslMechanism === 'OAUTHBEARER' && !isSet('KAFKA_SASL_OAUTH_TOKEN_FILE') && !isSet(BY_TOKEN_URL[0][0])) {
    return [
      `${mechanism} needs a token: set KAFKA_SASL_OAUTH_TOKEN_FILE, or KAFKA_SASL_OAUTH_TOKEN_URL with its client`,
    ];
  }
  const [needed, allowed] = wayOf(values.saslMechanism, isSet);
  const used: readonly string[] = ['KAFKA_SASL_MECHANISM', ...needed, ...allowed];
  return [
    ...needed.filter((name) => !isSet(name)).map((name) => `${name} is not set: ${mechanism} needs it`),
    ...[...given.keys()]
      .filter((name) => isSet(name) && !used.includes(name))
      .map((name) => `${name} is set, and ${mechanism} does not use it here: unset it`),
  ];
}

function wayOf(mechanism: string, isSet: (name: string) => boolean) {
  if (mechanism !== 'OAUTHBEARER') return BY_PASSWORD;
  return isSet('KAFKA_SASL_OAUTH_TOKEN_FILE') ? BY_TOKEN_FILE : BY_TOKEN_URL;
}

function tlsProblems({ kafkaSecurity, sslCaFile, sslCertFile, sslKeyFile }: KafkaValues): string[] {
  const problems: string[] = [];
  if (!kafkaSecurity.endsWith('SSL') && (sslCaFile ?? sslCertFile ?? sslKeyFile) !== undefined) {
    problems.push(`KAFKA_SSL_* files are set, and KAFKA_SECURITY_PROTOCOL ${kafkaSecurity} does not use them`);
  }
  if ((sslCertFile === undefined) !== (sslKeyFile === undefined)) {
    problems.push('KAFKA_SSL_CERT_FILE and KAFKA_SSL_KEY_FILE go together: set both, or neither');
  }
  return problems;
}

/** For values without problems. */
export function kafkaOf(values: KafkaValues): KafkaEndpoint {
  const { brokers, topic, kafkaSecurity, sslCaFile: caFile, sslCertFile: certFile, sslKeyFile: keyFile } = values;
  const tls = {
    ...(caFile === undefined ? {} : { caFile }),
    ...(certFile === undefined ? {} : { certFile }),
    ...(keyFile === undefined ? {} : { keyFile }),
  };
  return { brokers, topic, tls: kafkaSecurity.endsWith('SSL') ? tls : undefined, sasl: saslOf(values) };
}

function saslOf(values: KafkaValues): SaslEndpoint | undefined {
  switch (values.saslMechanism) {
    case undefined:
      return undefined;
    case 'PLAIN':
      return { mechanism: 'plain', ...passwordOf(values) };
    case 'SCRAM-SHA-256':
      return { mechanism: 'scram-sha-256', ...passwordOf(values) };
    case 'SCRAM-SHA-512':
      return { mechanism: 'scram-sha-512', ...passwordOf(values) };
    case 'OAUTHBEARER': {
      const { saslOauthTokenFile: tokenFile, saslOauthTokenUrl, saslOauthClientId, saslOauthClientSecret } = values;
      if (tokenFile !== undefined) return { mechanism: 'oauthbearer', tokenFile };
      return {
        mechanism: 'oauthbearer',
        tokenUrl: saslOauthTokenUrl ?? '',
        clientId: saslOauthClientId ?? '',
        clientSecret: saslOauthClientSecret ?? '',
        scope: values.saslOauthScope,
      };
    }
    default:
      return values.saslMechanism satisfies never;
  }
}

function passwordOf({ saslUsername, saslPassword }: KafkaValues) {
  return { username: saslUsername ?? '', password: saslPassword ?? '' };
}
