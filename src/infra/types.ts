/**
 * The interface of infra: a Kafka broker and a BigQuery emulator for tests, the demo and the lab, in every way of
 * starting them. Each part can be killed and started again on the same ports with its data, which chaos needs.
 */

export const INFRA_WAYS = ['external', 'docker', 'native'] as const;
export type InfraWay = (typeof INFRA_WAYS)[number];
export type InfraChoice = InfraWay | 'auto';

export type InfraPartName = 'broker' | 'emulator';

/** A step that takes a while: fetching, starting. `done` ends the step of the same part. */
export interface InfraProgress {
  readonly part: InfraPartName | 'infra';
  readonly text: string;
  readonly done?: boolean;
}

/** Endpoints of a broker and an emulator that are already running. */
export interface ExternalEndpoints {
  readonly kafkaBootstrapServers: string;
  /** REST host:port. */
  readonly bigqueryEmulatorHost: string;
  /** gRPC host:port. */
  readonly bigqueryStorageEmulatorHost: string;
}

export interface InfraOptions {
  /** Default `auto`: docker if a daemon answers and the images are available, else native. */
  readonly way?: InfraChoice;
  /** Project id of the emulator. Default `provenonce-local`. */
  readonly projectId?: string;
  /** Image of the emulator for `docker`. Default: EMULATOR_IMAGE. */
  readonly emulatorImage?: string;
  /** For `external`; missing ones come from KAFKA_BOOTSTRAP_SERVERS and BIGQUERY_*EMULATOR_HOST. */
  readonly endpoints?: Partial<ExternalEndpoints>;
  /** False: without the patch of src/infra/emulator, to show why it is needed. Default true. */
  readonly cureEmulator?: boolean;
  readonly onProgress?: (progress: InfraProgress) => void;
  /** Default process.env: PROVENONCE_CACHE, XDG_CACHE_HOME, JAVA_HOME, MAVEN_REPOSITORY_URL and the endpoints. */
  readonly env?: NodeJS.ProcessEnv;
}

/** For a broker alone. */
export type BrokerOptions = Pick<InfraOptions, 'way' | 'endpoints' | 'onProgress' | 'env'>;

/** Control of one part. Calls must not overlap; each resolves when it is done. */
export interface PartControl {
  /** SIGKILL, or the container's kill. Resolves when the process is gone; no effect on one that is gone. */
  kill(): Promise<void>;
  /** SIGSTOP (true) or SIGCONT (false), or the container's pause. A paused part can be killed. */
  pause(paused: boolean): Promise<void>;
  /** Starts it again on the same ports and data, and waits until it serves. No effect on one that runs. */
  start(): Promise<void>;
  /** SIGTERM, SIGKILL after 10 s. */
  stop(): Promise<void>;
  /** Of the running process; undefined while it is down, and for containers. */
  readonly pid: number | undefined;
  /** The end of its log. */
  logTail(): Promise<string>;
}

/** A broker alone: all that a pipeline needs besides a sink that keeps its tables in files. */
export interface StartedBroker extends AsyncDisposable {
  readonly way: InfraWay;
  readonly kafkaBootstrapServers: string;
  readonly broker: PartControl;
  /** Stops everything and removes its data. Idempotent. */
  stop(): Promise<void>;
}

export interface StartedInfra extends StartedBroker, ExternalEndpoints {
  readonly projectId: string;
  readonly emulator: PartControl;
}

/** The chosen way is not available on this machine. The message says what is missing and how to get it. */
export class InfraUnavailableError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'InfraUnavailableError';
  }
}

export const DEFAULT_PROJECT_ID = 'provenonce-local';
export const KAFKA_IMAGE = 'apache/kafka:4.4.0';
export const EMULATOR_IMAGE = 'ghcr.io/jjviscomi/bqemulator:1.4.0';
