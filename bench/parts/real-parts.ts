/**
 * A broker and an emulator of the benchmark's own: payments produced by a process of the load generator, processors
 * started as an operator starts them. Everything is on this machine and shares its cores.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { systemRuntime } from '../../src/base/system-runtime.ts';
import { startInfra } from '../../src/infra/start-infra.ts';
import { type ExternalEndpoints, INFRA_WAYS, type InfraChoice, type StartedInfra } from '../../src/infra/types.ts';
import type { KafkaConnectionOptions } from '../../src/kafka/client/connection-options.ts';
import { TopicConnection } from '../../src/kafka/client/topic-connection.ts';
import type { SimulationSummary } from '../../src/simulator/summary.ts';
import { type BigQuerySink, openBigQuerySink } from '../../src/sinks/bigquery/open-sink.ts';
import { endsWithUs } from './children.ts';
import { WatchedProcessor } from './watched-processor.ts';

export type BenchEndpoints = ExternalEndpoints & Pick<StartedInfra, 'projectId'>;

export interface ProcessorSpec {
  readonly topic: string;
  readonly dataset: string;
  /** Names the local state, the log file and the group. Default: the dataset. */
  readonly name?: string;
  readonly settings?: Readonly<Record<string, string>>;
  readonly flags?: readonly string[];
}

const PROVENONCE = path.join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');

export class RealParts implements AsyncDisposable {
  readonly endpoints: BenchEndpoints;
  readonly connection: KafkaConnectionOptions;
  /** Of logs and local state; removed at the end. */
  readonly folder: string;
  readonly #infra: StartedInfra;
  readonly #processors: WatchedProcessor[] = [];
  readonly #sinks: BigQuerySink[] = [];
  /** Distinguishes the caller's topics and datasets on shared parts. */
  readonly #unique = systemRuntime.uuid().slice(0, 8);

  private constructor(infra: StartedInfra) {
    this.endpoints = infra;
    this.#infra = infra;
    this.connection = { brokers: infra.kafkaBootstrapServers.split(','), clientId: 'provenonce-bench' };
    this.folder = mkdtempSync(path.join(tmpdir(), 'provenonce-bench-'));
  }

  /** Starts both in the way of PROVENONCE_INFRA; default `auto`. */
  static async start(say: (text: string) => void): Promise<RealParts> {
    process.env.METADATA_SERVER_DETECTION ??= 'none';
    const way = process.env.PROVENONCE_INFRA || 'auto';
    if (!['auto', ...INFRA_WAYS].includes(way)) throw new RangeError(`PROVENONCE_INFRA is ${way}`);
    const infra = await startInfra({ way: way as InfraChoice, onProgress: ({ text: said }) => say(said) });
    return new RealParts(infra);
  }

  /** Unique to this run; letters, digits and `_`, for a topic or a dataset. */
  name(what: string): string {
    return `bench_${what.replaceAll('-', '_')}_${this.#unique}`;
  }

  get emulatorPid(): number | undefined {
    return this.#infra.emulator.pid;
  }

  get brokerPid(): number | undefined {
    return this.#infra.broker.pid;
  }

  /** `provenonce simulate` to its end, in its own process. Creates the topic. */
  async simulate(topic: string, flags: readonly string[]): Promise<SimulationSummary> {
    const child = spawn(process.execPath, [PROVENONCE, 'simulate', '--json', ...flags], {
      env: {
        ...process.env,
        KAFKA_BOOTSTRAP_SERVERS: this.endpoints.kafkaBootstrapServers,
        KAFKA_TOPIC_PAYMENTS: topic,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const exited = new Promise<number | null>((resolve) => child.once('close', resolve));
    endsWithUs(child.pid, exited);
    const [said, problems, code] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
    if (code !== 0) throw new Error(`simulate ended with code ${code}:\n${problems}`);
    return JSON.parse(said) as SimulationSummary;
  }

  /** `provenonce process`, watched from outside. */
  process(spec: ProcessorSpec): WatchedProcessor {
    const name = spec.name ?? spec.dataset;
    const { endpoints, folder } = this;
    const processor = WatchedProcessor.start({
      name,
      logPath: path.join(folder, `${name}.log`),
      flags: spec.flags ?? [],
      env: {
        KAFKA_BOOTSTRAP_SERVERS: endpoints.kafkaBootstrapServers,
        KAFKA_TOPIC_PAYMENTS: spec.topic,
        KAFKA_GROUP_ID: `${name}-group`,
        BIGQUERY_PROJECT: endpoints.projectId,
        BIGQUERY_DATASET: spec.dataset,
        BIGQUERY_EMULATOR_HOST: endpoints.bigqueryEmulatorHost,
        BIGQUERY_STORAGE_EMULATOR_HOST: endpoints.bigqueryStorageEmulatorHost,
        CHECKPOINT_LOCATION: path.join(folder, `checkpoint-${name}`),
        LOG_LEVEL: 'info',
        // Measured from the takeover on, also of a topic that is empty until then.
        ACCEPT_NOTHING: 'true',
        ...spec.settings,
      },
    });
    this.#processors.push(processor);
    return processor;
  }

  /** By partition, the present end of the log. */
  async endOffsets(topic: string): Promise<ReadonlyMap<number, number>> {
    await using ends = await this.watchEnds(topic);
    return await ends.now();
  }

  /** The same, repeatedly over one connection. */
  async watchEnds(topic: string): Promise<{ now(): Promise<ReadonlyMap<number, number>> } & AsyncDisposable> {
    const connection = new TopicConnection(this.connection, topic);
    const close = () => connection.close();
    try {
      await connection.connect();
    } catch (error) {
      await close();
      throw error;
    }
    return {
      now: () => connection.offsets({ partitions: connection.partitions(), at: 'end' }),
      [Symbol.asyncDispose]: close,
    };
  }

  /** Closed with the parts. */
  sink(dataset: string): BigQuerySink {
    const { projectId, bigqueryEmulatorHost, bigqueryStorageEmulatorHost } = this.endpoints;
    const sink = openBigQuerySink({
      projectId,
      dataset,
      emulatorHost: bigqueryEmulatorHost,
      storageEmulatorHost: bigqueryStorageEmulatorHost,
      runtime: systemRuntime,
      onWaiting: () => {},
    });
    this.#sinks.push(sink);
    return sink;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#processors.map((processor) => processor.kill()));
    await Promise.all(this.#sinks.map((sink) => sink.close()));
    await this.#infra.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
