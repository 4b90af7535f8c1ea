/** The Kafka endpoint in the client's form: reads the certificate files that the configuration names. */

import { ConfigurationError } from '../../base/errors.ts';
import { systemRuntime } from '../../base/system-runtime.ts';
import type { KafkaConnectionOptions, KafkaSasl } from '../../kafka/client/connection-options.ts';
import { tokenByClientCredentials, tokenFromFile } from '../../kafka/client/oauth-token.ts';
import type { KafkaEndpoint, SaslEndpoint } from './kafka-config.ts';

type Connection = Pick<KafkaConnectionOptions, 'brokers' | 'clientId' | 'ssl' | 'sasl'>;

/** Throws ConfigurationError with a line per file that cannot be read. `readFile` returns a file's text. */
export function kafkaConnection(
  endpoint: KafkaEndpoint,
  clientId: string,
  readFile: (path: string) => string,
): Connection {
  const { brokers, tls, sasl } = endpoint;
  const base = { brokers, clientId, ...(sasl === undefined ? {} : { sasl: saslOf(sasl, readFile) }) };
  if (tls === undefined) return base;
  const problems: string[] = [];
  const read = (variable: string, path: string): string => {
    try {
      return readFile(path);
    } catch (error) {
      problems.push(`${variable} ${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
      return '';
    }
  };
  const files = {
    ...(tls.caFile === undefined ? {} : { ca: [read('KAFKA_SSL_CA_FILE', tls.caFile)] }),
    ...(tls.certFile === undefined ? {} : { cert: read('KAFKA_SSL_CERT_FILE', tls.certFile) }),
    ...(tls.keyFile === undefined ? {} : { key: read('KAFKA_SSL_KEY_FILE', tls.keyFile) }),
  };
  if (problems.length > 0) throw new ConfigurationError(problems);
  return { ...base, ssl: Object.keys(files).length === 0 ? true : files };
}

function saslOf(sasl: SaslEndpoint, readFile: (path: string) => string): KafkaSasl {
  if (sasl.mechanism !== 'oauthbearer') return sasl;
  const { mechanism } = sasl;
  return 'tokenFile' in sasl
    ? { mechanism, token: tokenFromFile(sasl.tokenFile, readFile) }
    : { mechanism, token: tokenByClientCredentials(sasl, systemRuntime) };
}
