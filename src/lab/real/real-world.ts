/**
 * The real world of the lab: a real broker, a real BigQuery emulator, processors as processes of their own. One world is
 * one topic, one dataset and one folder, so that many can stand side by side on one infra.
 */
import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import { openSink, type Sink } from '../../bigquery/open-sink.ts';
import type { SumsByCurrency } from '../../checks/assertions.ts';
import type { VerifyInputs } from '../../checks/inputs.ts';
import { realInputs } from '../../checks/inputs-real.ts';
import { type VerifyReport, verify } from '../../checks/verify.ts';
import type { ExternalEndpoints, StartedInfra } from '../../infra/types.ts';
import type { KafkaConnectionOptions } from '../../kafka/connection-options.ts';
import { KafkaAdmin } from '../../kafka/kafka-admin.ts';
import type { ProcessorEvent, ProcessorEventType } from '../../processor/events.ts';
import { systemRuntime } from '../../runtime/system-runtime.ts';
import { type LedgerEntry, readLedger } from '../../simulator/ledger.ts';
import type { SimulationDials } from '../../simulator/plan.ts';
import { createRandom, type Random } from '../../simulator/random.ts';
import { runSimulator } from '../../simulator/run-simulator.ts';
import type { SimulationSummary } from '../../simulator/summary.ts';
import type { ScenarioRecord, ScenarioWorld, StartOptions } from '../scenario.ts';
import { ProcessorChild } from './processor-child.ts';
import { RealPart } from './real-part.ts';
import { sendRecords } from './send-records.ts';
import { setGroupOffsets } from './set-group-offsets.ts';

export interface RealWorldOptions {
  /** Starts the topic's and the dataset's name. */
  readonly name: string;
  /** Its parts only where this world has them to itself: without them they cannot be killed. */
  readonly infra: ExternalEndpoints &
    Pick<StartedInfra, 'projectId'> &
    Partial<Pick<StartedInfra, 'broker' | 'emulator'>>;
  readonly partitions: number;
  /** For logs, ledgers and checkpoints; kept. */
  readonly folder: string;
  readonly settings?: Readonly<Record<string, string>>;
  /** Default: unique. */
  readonly topic?: string;
  readonly dataset?: string;
  /** Of what stories draw. Default: drawn. */
  readonly seed?: number;
  readonly onEvent?: (event: ProcessorEvent, child: ProcessorChild) => void;
  readonly onProgress?: (progress: { readonly sent: number; readonly count: number }) => void;
}

const DRAIN_TIMEOUT_MS = 90_000;
const POLL_MS = 250;
/** Kafka notices a killed member only after its session: short, so that takeovers are quick. */
const SESSION_TIMEOUT = '6s';
/** A producer's clock may be this much ahead. */
const CREATE_TIME_AFTER_MAX_MS = 3_600_000;

export class RealWorld implements ScenarioWorld, AsyncDisposable {
  readonly topic: string;
  readonly dataset: string;
  readonly sink: Sink;
  readonly inputs: VerifyInputs;
  readonly seed: number;
  readonly random: Random;
  readonly broker: RealPart;
  readonly emulator: RealPart;
  readonly bits: { what: string; happened: boolean }[] = [];
  readonly expectedSums: SumsByCurrency[] = [];
  readonly sent: SimulationSummary[] = [];
  readonly children: ProcessorChild[] = [];
  readonly #options: RealWorldOptions;
  readonly #connection: KafkaConnectionOptions;
  #sends = 0;

  private constructor(options: RealWorldOptions, topic: string, dataset: string) {
    this.#options = options;
    this.topic = topic;
    this.dataset = dataset;
    this.seed = options.seed ?? Math.floor(systemRuntime.random() * 2 ** 31);
    this.random = createRandom(this.seed);
    const { infra } = options;
    this.broker = new RealPart('broker', infra.broker);
    this.emulator = new RealPart('emulator', infra.emulator);
    this.#connection = { brokers: infra.kafkaBootstrapServers.split(','), clientId: 'provenonce-lab' };
    this.sink = openSink({
      projectId: infra.projectId,
      dataset,
      emulatorHost: infra.bigqueryEmulatorHost,
      storageEmulatorHost: infra.bigqueryStorageEmulatorHost,
      runtime: systemRuntime,
      onWaiting: () => {},
    });
    this.inputs = realInputs({ topic, kafka: this.#connection, sink: this.sink, runtime: systemRuntime });
  }

  /** Creates the topic and the dataset. */
  static async create(options: RealWorldOptions): Promise<RealWorld> {
    const unique = `${options.name}-${systemRuntime.uuid().slice(0, 8)}`;
    const topic = options.topic ?? unique;
    const dataset = options.dataset ?? unique.replaceAll('-', '_');
    await mkdir(options.folder, { recursive: true });
    const world = new RealWorld(options, topic, dataset);
    await using admin = await KafkaAdmin.connect(world.#connection);
    const timestamps = { createTimeAfterMaxMs: CREATE_TIME_AFTER_MAX_MS };
    await admin.createTopic({
      topic,
      partitions: options.partitions,
      timestamps,
      settings: { 'max.message.bytes': String(8 * 1024 * 1024) },
    });
    await world.sink.applySchema();
    return world;
  }

  get connection(): KafkaConnectionOptions {
    return this.#connection;
  }

  nowMs(): number {
    return systemRuntime.nowMs();
  }

  sleep(ms: number): Promise<void> {
    return systemRuntime.sleep(ms);
  }

  async send(dials: SimulationDials): Promise<SimulationSummary> {
    const ledgerPath = path.join(this.#options.folder, `sent-${++this.#sends}.jsonl`);
    const { onProgress, partitions } = this.#options;
    const summary = await runSimulator(
      {
        dials: { partitions, ...dials },
        kafka: { connection: this.#connection, topic: this.topic, compression: 'none', patienceMs: 60_000 },
        ledgerPath,
        ...(onProgress === undefined ? {} : { onProgress }),
      },
      systemRuntime,
    );
    this.sent.push(summary);
    return summary;
  }

  async ledger({ ledgerPath }: SimulationSummary): Promise<LedgerEntry[]> {
    if (ledgerPath === null) throw new Error('this workload wrote nothing down');
    const entries: LedgerEntry[] = [];
    for await (const entry of readLedger(ledgerPath)) entries.push(entry);
    return entries;
  }

  sendRecords(records: readonly ScenarioRecord[]): Promise<number[]> {
    return sendRecords(this.#connection, this.topic, records);
  }

  async deleteRecords(partition: number, belowOffset: number): Promise<void> {
    await using admin = await KafkaAdmin.connect(this.#connection);
    await admin.deleteRecords(this.topic, partition, belowOffset);
  }

  start(name: string, options: StartOptions = {}): ProcessorChild {
    const { infra, folder, settings, onEvent } = this.#options;
    const child = ProcessorChild.start({
      name,
      logPath: path.join(folder, `${name}.log`),
      flags: options.flags ?? [],
      ...(options.crashAt === undefined ? {} : { crashAt: options.crashAt }),
      ...(onEvent === undefined ? {} : { onEvent }),
      env: {
        KAFKA_BOOTSTRAP_SERVERS: infra.kafkaBootstrapServers,
        KAFKA_TOPIC_PAYMENTS: this.topic,
        KAFKA_GROUP_ID: options.groupId ?? this.#groupId,
        KAFKA_SESSION_TIMEOUT: SESSION_TIMEOUT,
        BIGQUERY_PROJECT: infra.projectId,
        BIGQUERY_DATASET: this.dataset,
        BIGQUERY_EMULATOR_HOST: infra.bigqueryEmulatorHost,
        BIGQUERY_STORAGE_EMULATOR_HOST: infra.bigqueryStorageEmulatorHost,
        CHECKPOINT_LOCATION: this.checkpointOf(options.checkpointOf ?? name),
        ...settings,
        ...options.settings,
      },
    });
    this.children.push(child);
    return child;
  }

  checkpointOf(name: string): string {
    return path.join(this.#options.folder, `checkpoint-${name}`);
  }

  async loseCheckpoint(name: string): Promise<void> {
    if (this.#running().some((child) => child.name === name)) throw new Error(`processor ${name} is running`);
    await rm(this.checkpointOf(name), { recursive: true });
  }

  async resetGroup(to: 'earliest' | 'latest'): Promise<ReadonlyMap<number, number>> {
    const offsets = new Map<number, number>();
    for (const partition of this.#partitions()) {
      const { startOffset, endOffset } = await this.inputs.bounds(partition);
      offsets.set(partition, to === 'earliest' ? startOffset : endOffset);
    }
    return setGroupOffsets(this.#connection, this.#groupId, this.topic, offsets);
  }

  async drain(timeoutMs = DRAIN_TIMEOUT_MS): Promise<void> {
    if ((await this.#behind()).length === 0) return;
    if (this.#running().length === 0) this.start('drain');
    const deadlineMs = systemRuntime.nowMs() + timeoutMs;
    for (;;) {
      const left = await this.#behind();
      if (left.length === 0) return;
      const dead = this.#running().length === 0 ? 'no processor runs' : undefined;
      if (dead !== undefined || systemRuntime.nowMs() > deadlineMs) {
        throw new Error(`not drained (${dead ?? `after ${timeoutMs} ms`}): ${left.join('; ')}. ${this.#tails()}`);
      }
      await systemRuntime.sleep(POLL_MS);
    }
  }

  async query(sql: string): Promise<Record<string, unknown>[]> {
    const name = `${this.#options.infra.projectId}.${this.dataset}`;
    return this.sink.queries.runQuery(sql.replaceAll('{dataset}', name));
  }

  async until(what: string, timeoutMs: number, condition: () => Promise<boolean>): Promise<void> {
    const deadlineMs = systemRuntime.nowMs() + timeoutMs;
    while (!(await condition())) {
      if (systemRuntime.nowMs() > deadlineMs) throw new Error(`not within ${timeoutMs} ms: ${what}. ${this.#tails()}`);
      await systemRuntime.sleep(POLL_MS);
    }
  }

  async count(sql: string): Promise<number> {
    const [row] = await this.query(sql);
    return Number(Object.values(row ?? {})[0]);
  }

  expectSums(sums: SumsByCurrency): void {
    this.expectedSums.push(sums);
  }

  bit(what: string, happened: boolean): void {
    this.bits.push({ what, happened });
  }

  allEventsOf<T extends ProcessorEventType>(type: T): Extract<ProcessorEvent, { type: T }>[] {
    return this.children.flatMap((child) => child.eventsOf(type));
  }

  /** Starts what the story killed and left dead. */
  async heal(): Promise<void> {
    await Promise.all([this.broker.heal(), this.emulator.heal()]);
  }

  verify(): Promise<VerifyReport> {
    return verify(this.inputs);
  }

  /** SIGTERM to all that run; resolves with their exits. */
  async stopAll(): Promise<{ readonly name: string; readonly code: number | null }[]> {
    return Promise.all(
      this.#running().map(async (child) => {
        child.resume();
        return { name: child.name, code: (await child.stop()).code };
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#running().map((child) => child.kill()));
    await this.sink.close();
  }

  get #groupId(): string {
    return `${this.topic}-processors`;
  }

  #running(): ProcessorChild[] {
    return this.children.filter((child) => child.running);
  }

  #partitions(): number[] {
    return Array.from({ length: this.#options.partitions }, (_, partition) => partition);
  }

  /** What is not below a checkpoint yet, as text. */
  async #behind(): Promise<string[]> {
    const found = await Promise.all(
      this.#partitions().map(async (partition) => {
        const { endOffset } = await this.inputs.bounds(partition);
        const nextOffset = (await this.sink.queries.latestCheckpoint(this.topic, partition))?.nextOffset ?? 0;
        return nextOffset < endOffset ? `partition ${partition} is at ${nextOffset} of ${endOffset}` : undefined;
      }),
    );
    return found.filter((text) => text !== undefined);
  }

  #tails(): string {
    return this.children.map((child) => `--- ${child.name}:\n${child.tail}`).join('\n');
  }
}
