/**
 * Producers of other clients, for tests of what they send: librdkafka from PyPI in a venv, and the console producer of
 * Kafka's tools on the broker's jars. Fetched once into the cache, pinned and compared as the broker and the emulator
 * are. Rejects with InfraUnavailableError, which names the missing part.
 */
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { InfraUnavailableError } from '../types.ts';
import { cacheDirectory } from './cache.ts';
import { mavenJars } from './maven-jars.ts';
import { obtainBrokerSoftware } from './native.ts';
import { pythonVenv } from './python-venv.ts';

const FOLDER = new URL('../producers/', import.meta.url);
const REQUIREMENTS = fileURLToPath(new URL('requirements.txt', FOLDER));
const LIBRDKAFKA = {
  name: 'confluent-kafka',
  what: "librdkafka's producer (confluent-kafka)",
  sizeMb: 40,
  requirements: REQUIREMENTS,
};
const SEND_LINES = fileURLToPath(new URL('send_lines.py', FOLDER));
const TOOLS = {
  name: 'kafka-tools',
  what: "Kafka's console producer",
  sizeMb: 1,
  pom: fileURLToPath(new URL('pom.xml', FOLDER)),
  lock: fileURLToPath(new URL('jars.lock', FOLDER)),
};
const SEND_LIMIT_MS = 120_000;

export type ForeignText = string | { readonly base64: string } | null;

export interface ForeignRecord {
  readonly key: ForeignText;
  readonly value: ForeignText;
  readonly partition?: number;
  readonly headers?: readonly (readonly [name: string, value: ForeignText])[];
}

/** What librdkafka sends. With an outcome the records are one transaction; the config has a transactional.id then. */
export interface LibrdkafkaOrder {
  /** As librdkafka names its settings. */
  readonly config: Readonly<Record<string, string | number | boolean>>;
  readonly topic: string;
  readonly outcome?: 'commit' | 'abort';
  readonly records: readonly ForeignRecord[];
}

/** Sends with librdkafka. Resolves when everything is acknowledged. */
export async function librdkafka(
  env: NodeJS.ProcessEnv = process.env,
): Promise<(order: LibrdkafkaOrder) => Promise<void>> {
  const { python } = await pythonVenv(LIBRDKAFKA, env);
  return (order) => run('librdkafka did not send', python, [SEND_LINES], env, JSON.stringify(order));
}

/** Sends lines of `key|value` with Kafka's console producer, and its settings. */
export async function consoleProducer(
  env: NodeJS.ProcessEnv = process.env,
): Promise<(order: Omit<LibrdkafkaOrder, 'outcome'> & { readonly bootstrapServers: string }) => Promise<void>> {
  const { java, jars } = await obtainBrokerSoftware(env, () => {});
  const tools = await mavenJars(TOOLS, cacheDirectory(env), env, () => {});
  const classpath = [join(jars, '*'), join(tools, '*')].join(delimiter);
  return ({ bootstrapServers, topic, config, records }) => {
    const properties = Object.entries(config).flatMap(([name, value]) => ['--command-property', `${name}=${value}`]);
    const args = [
      ...['-cp', classpath, 'org.apache.kafka.tools.ConsoleProducer'],
      ...['--bootstrap-server', bootstrapServers, '--topic', topic],
      ...['--reader-property', 'parse.key=true', '--reader-property', 'key.separator=|'],
      ...properties,
    ];
    const lines = records.map(({ key, value }) => `${key}|${value}\n`).join('');
    return run('the console producer did not send', java.command, args, env, lines);
  };
}

async function run(
  failure: string,
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  input: string,
): Promise<void> {
  const timeout = SEND_LIMIT_MS;
  const result = await execa(command, args, { env, extendEnv: false, timeout, reject: false, all: true, input });
  if (result.failed) throw new InfraUnavailableError(`${failure}: ${result.shortMessage}\n${result.all.slice(-1500)}`);
}
