/** The environment of a processor in a world: where its services are, what it may call its own, and a bug if it has one. */
import path from 'node:path';
import { pathToFileURL } from 'node:url';

export interface ProcessorEnvOptions {
  /** As the pipeline reaches it. */
  readonly kafkaBootstrapServers: string;
  /** The settings by which it finds its tables. */
  readonly tables: Readonly<Record<string, string>>;
  readonly topic: string;
  readonly groupId: string;
  readonly checkpointLocation: string;
  /** By their environment variables; what they say holds. */
  readonly settings: Readonly<Record<string, string>>;
  /** Its code is loaded with this mutant's patches. */
  readonly mutant?: string;
}

/** Kafka notices a killed member only after its session: short, so that takeovers are quick. */
const SESSION_TIMEOUT = '6s';
const REGISTER = pathToFileURL(path.join(import.meta.dirname, '..', '..', 'mutants', 'register.ts')).href;

export function processorEnv(options: ProcessorEnvOptions): Record<string, string> {
  const { kafkaBootstrapServers, tables, topic, groupId, checkpointLocation, settings, mutant } = options;
  const asMutant = mutant === undefined ? {} : { PROVENONCE_MUTANT: mutant, NODE_OPTIONS: withMutant(settings) };
  return {
    KAFKA_BOOTSTRAP_SERVERS: kafkaBootstrapServers,
    KAFKA_TOPIC_PAYMENTS: topic,
    KAFKA_GROUP_ID: groupId,
    KAFKA_SESSION_TIMEOUT: SESSION_TIMEOUT,
    ...tables,
    CHECKPOINT_LOCATION: checkpointLocation,
    // Scenarios start their processors on empty topics, and wait until they hold the partitions.
    ACCEPT_NOTHING: 'true',
    ...settings,
    ...asMutant,
  };
}

/** Besides what a scenario loads into its processors. */
function withMutant({ NODE_OPTIONS: own }: Readonly<Record<string, string>>): string {
  return [...(own === undefined ? [] : [own]), `--import ${REGISTER}`].join(' ');
}
