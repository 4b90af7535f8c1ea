/** The external way: a broker and an emulator that someone else runs. They are checked once, and never killed. */
import { probeEmulator, probeKafka } from './probes.ts';
import {
  type BrokerOptions,
  DEFAULT_PROJECT_ID,
  type ExternalEndpoints,
  type InfraOptions,
  InfraUnavailableError,
  type PartControl,
  type StartedBroker,
  type StartedInfra,
} from './types.ts';

const LOOK_LIMIT_MS = 10_000;

/** Throws InfraUnavailableError if an endpoint is not given or does not answer. */
export async function startExternal(options: InfraOptions): Promise<StartedInfra> {
  const env = options.env ?? process.env;
  const endpoints: ExternalEndpoints = {
    kafkaBootstrapServers: given(options.endpoints?.kafkaBootstrapServers, env, 'KAFKA_BOOTSTRAP_SERVERS'),
    bigqueryEmulatorHost: given(options.endpoints?.bigqueryEmulatorHost, env, 'BIGQUERY_EMULATOR_HOST'),
    bigqueryStorageEmulatorHost: given(
      options.endpoints?.bigqueryStorageEmulatorHost,
      env,
      'BIGQUERY_STORAGE_EMULATOR_HOST',
    ),
  };
  await Promise.all([
    brokerAnswers(endpoints.kafkaBootstrapServers),
    probeEmulator(endpoints, AbortSignal.timeout(LOOK_LIMIT_MS)).catch((error) => {
      const { bigqueryEmulatorHost, bigqueryStorageEmulatorHost } = endpoints;
      throw unanswered('the BigQuery emulator', `${bigqueryEmulatorHost}, ${bigqueryStorageEmulatorHost}`, error);
    }),
  ]);
  const stop = async () => {};
  return {
    way: 'external',
    ...endpoints,
    projectId: options.projectId ?? env.BIGQUERY_PROJECT ?? DEFAULT_PROJECT_ID,
    broker: notOurs('broker'),
    emulator: notOurs('emulator'),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}

/** A broker that someone else runs. Throws InfraUnavailableError if it is not given or does not answer. */
export async function externalBroker(options: BrokerOptions): Promise<StartedBroker> {
  const env = options.env ?? process.env;
  const servers = given(options.endpoints?.kafkaBootstrapServers, env, 'KAFKA_BOOTSTRAP_SERVERS');
  await brokerAnswers(servers);
  const stop = async () => {};
  const broker = notOurs('broker');
  return { way: 'external', kafkaBootstrapServers: servers, broker, stop, [Symbol.asyncDispose]: stop };
}

async function brokerAnswers(servers: string): Promise<void> {
  await probeKafka(servers, AbortSignal.timeout(LOOK_LIMIT_MS)).catch((error) => {
    throw unanswered('Kafka', servers, error);
  });
}

function given(option: string | undefined, env: NodeJS.ProcessEnv, name: string): string {
  const value = option ?? env[name];
  if (value) return value;
  throw new InfraUnavailableError(`external infra needs ${name} (host:port) of a part that is already running`);
}

function unanswered(what: string, where: string, cause: unknown): InfraUnavailableError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new InfraUnavailableError(`${what} does not answer at ${where}: ${why}`, { cause });
}

function notOurs(part: string): PartControl {
  const refuse = async (): Promise<never> => {
    throw new Error(
      `the ${part} is external: it is not ours to stop, kill or start; use docker or native infra for that`,
    );
  };
  const logTail = async () => '';
  return { kill: refuse, pause: refuse, start: refuse, stop: refuse, pid: undefined, logTail };
}
