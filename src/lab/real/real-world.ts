/**
 * The real world of the lab: a real broker, a real BigQuery emulator or real Delta tables, processors as processes of their
 * own. One world is one topic, one place of tables and one folder, so that many can stand side by side on one infra.
 */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import type { PlannedFault, RealWhen } from '../../../chaos/fault.ts';
import { systemRuntime } from '../../base/system-runtime.ts';
import type { SumsByCurrency } from '../../checks/by-sql/assertions.ts';
import { PrefixCheck } from '../../checks/by-sql/prefix-check.ts';
import type { Guarantee } from '../../checks/findings.ts';
import type { VerifyInputs } from '../../checks/inputs/verify-inputs.ts';
import { type VerifyReport, verify } from '../../checks/verify.ts';
import type { KafkaConnectionOptions } from '../../kafka/client/connection-options.ts';
import type { ProcessorEvent, ProcessorEventType } from '../../processor/events.ts';
import type { SimulationDials } from '../../simulator/plan.ts';
import { createRandom, type Random } from '../../simulator/random.ts';
import type { SimulationSummary } from '../../simulator/summary.ts';
import type { OpenedSink } from '../../sinks/opened-sink.ts';
import type { RunPhase } from '../artifacts.ts';
import { askedAgain } from '../ask-again.ts';
import { LabError } from '../lab-error.ts';
import type {
  Bit,
  FaultByHand,
  InjectedFault,
  ScenarioRecord,
  ScenarioWorld,
  SendOptions,
  StartOptions,
} from '../scenario.ts';
import type { SinkName } from '../sink-names.ts';
import { within } from '../time-limit.ts';
import { FaultBook } from './fault-book.ts';
import { FaultTriggers } from './fault-triggers.ts';
import { type OpenProxies, openProxies } from './open-proxies.ts';
import { CheckpointFolders } from './processor/checkpoint-folders.ts';
import { ProcessorChild } from './processor/processor-child.ts';
import { processorEnv } from './processor/processor-env.ts';
import { RealPart } from './real-part.ts';
import type { RealWorldOptions } from './real-world-options.ts';
import { type CommandEnd, runCommand } from './run-command.ts';
import { PHASE_NEWS, RunRecorder } from './run-recorder.ts';
import { openTables } from './tables/open-tables.ts';
import type { WorldTables } from './tables/world-tables.ts';
import { backlog } from './topic/backlog.ts';
import { TopicControl } from './topic/topic-control.ts';
import { ledgerOf, Workloads } from './topic/workloads.ts';
import { chaosTarget, HandNotes } from './world-chaos.ts';

export type { RealWorldOptions };

const DRAIN_TIMEOUT_MS = 90_000;
const CLOSES_WITHIN_MS = 45_000;
const POLL_MS = 250;

interface MadeParts {
  readonly topic: string;
  readonly dataset: string;
  readonly tables: WorldTables;
  readonly proxies: OpenProxies | undefined;
}

export class RealWorld implements ScenarioWorld, AsyncDisposable {
  readonly topic: string;
  readonly dataset: string;
  readonly tables: WorldTables;
  readonly inputs: VerifyInputs;
  readonly seed: number;
  readonly random: Random;
  readonly broker: RealPart;
  readonly emulator: RealPart;
  readonly bits: Bit[] = [];
  readonly expectedSums: SumsByCurrency[] = [];
  readonly sent: SimulationSummary[] = [];
  readonly children: ProcessorChild[] = [];
  readonly recorder: RunRecorder;
  readonly faults: FaultBook;
  readonly topicControl: TopicControl;
  readonly workloads: Workloads;
  readonly checkpointFolders: CheckpointFolders;
  readonly ledger = ledgerOf;
  readonly nowMs = systemRuntime.nowMs;
  readonly sleep = systemRuntime.sleep;
  /** Rejects when the first partition stops for good. */
  readonly gaveUp: Promise<never>;
  readonly #gaveUp = Promise.withResolvers<never>();
  readonly #prefix: PrefixCheck;
  readonly #options: RealWorldOptions;
  readonly #connection: KafkaConnectionOptions;
  readonly #proxies: OpenProxies | undefined;
  readonly #triggers: FaultTriggers;
  readonly #handNotes: HandNotes;
  readonly #closed = new AbortController();

  private constructor(options: RealWorldOptions, { topic, dataset, tables, proxies }: MadeParts) {
    this.#options = options;
    this.#proxies = proxies;
    this.topic = topic;
    this.dataset = dataset;
    this.tables = tables;
    this.seed = options.seed ?? Math.floor(systemRuntime.random() * 2 ** 31);
    this.random = createRandom(this.seed);
    const { infra } = options;
    const note = (part: string) => () => this.faults.note(`${part}_kill`, `the ${part} is killed`, null);
    this.broker = new RealPart('broker', infra.broker, note('broker'));
    this.emulator = new RealPart('emulator', infra.emulator, note('emulator'));
    this.#connection = { brokers: infra.kafkaBootstrapServers.split(','), clientId: 'provenonce-lab' };
    this.inputs = tables.inputs({ topic, kafka: this.#connection, runtime: systemRuntime });
    const { partitions, folder, onProgress } = options;
    this.topicControl = new TopicControl({
      connection: this.#connection,
      topic,
      partitions,
      groupId: this.#groupId,
      bounds: (partition) => this.inputs.bounds(partition),
    });
    this.recorder = new RunRecorder(folder, systemRuntime.nowMs);
    this.#triggers = new FaultTriggers(systemRuntime, () => this.recorder.acknowledgedRecords);
    this.faults = new FaultBook({
      runtime: systemRuntime,
      target: chaosTarget(this, proxies),
      moment: (when, signal) => this.#triggers.reached(when, signal),
      onChange: (text) => options.onNews?.(text),
      soFar: () => `${this.recorder.acknowledgedRecords} records are acknowledged`,
    });
    this.#handNotes = new HandNotes(this.faults, this.recorder);
    this.#prefix = new PrefixCheck(this.inputs, tables.sql);
    this.gaveUp = this.#gaveUp.promise;
    this.gaveUp.catch(() => {}); // not every run looks
    const isRunning = (name: string): boolean => this.#running().some((child) => child.name === name);
    this.checkpointFolders = new CheckpointFolders(folder, isRunning, (...what) => this.faults.note(...what)());
    this.workloads = new Workloads({
      connection: this.#pipelineConnection,
      topic,
      partitions,
      folder,
      recorder: this.recorder,
      ...(onProgress === undefined ? {} : { onProgress }),
    });
  }

  /** Creates the topic and the dataset. */
  static async create(options: RealWorldOptions): Promise<RealWorld> {
    const unique = `${options.name}-${systemRuntime.uuid().slice(0, 8)}`;
    const topic = options.topic ?? unique;
    const dataset = options.dataset ?? unique.replaceAll('-', '_');
    await mkdir(options.folder, { recursive: true });
    const tables = await openTables(options, dataset);
    const { kafkaBootstrapServers } = options.infra;
    const services = { kafkaBootstrapServers, ...tables.services };
    const proxies = options.proxied ? await openProxies(services, options.proxied) : undefined;
    const world = new RealWorld(options, { topic, dataset, tables, proxies });
    try {
      await world.topicControl.create();
      await world.sink.applySchema();
      return world;
    } catch (error) {
      await world[Symbol.asyncDispose]();
      throw error;
    }
  }

  get sinkKind(): SinkName {
    return this.tables.sink.kind;
  }

  get sink(): OpenedSink {
    return this.tables.sink;
  }

  get connection(): KafkaConnectionOptions {
    return this.#connection;
  }

  send(dials: SimulationDials, options: SendOptions = {}): Promise<SimulationSummary> {
    const sending = this.workloads.send(dials, options).then((summary) => {
      this.sent.push(summary);
      return summary;
    });
    sending.catch(() => {}); // a story that broke off does not look
    return sending;
  }

  sendRecords(records: readonly ScenarioRecord[]): Promise<number[]> {
    return this.workloads.sendRecords(records);
  }

  sendBlanks(partition: number, byteLength: number): Promise<number> {
    return this.workloads.sendBlanks(partition, byteLength);
  }

  async deleteRecords(partition: number, belowOffset: number): Promise<void> {
    await this.topicControl.deleteRecords(partition, belowOffset);
    this.faults.note('delete_records', `records of partition ${partition} below ${belowOffset} are gone`, null)();
  }

  inject(fault: PlannedFault): InjectedFault {
    return this.faults.plan(fault);
  }

  planByHand(what: string, text: string, members: object, process: string): FaultByHand {
    return this.faults.planByHand(what, text, { ...members }, process);
  }

  moment(when: RealWhen): Promise<void> {
    return this.#triggers.reached(when, this.#closed.signal);
  }

  get acknowledged(): number {
    return this.recorder.acknowledgedRecords;
  }

  start(name: string, options: StartOptions = {}): ProcessorChild {
    const { infra, folder, settings, mutant, onEvent } = this.#options;
    const child = ProcessorChild.start({
      name,
      logPath: path.join(folder, `${name}.log`),
      flags: options.flags ?? [],
      ...(options.crashAt === undefined ? {} : { crashAt: options.crashAt }),
      onEvent: (event, of) => {
        this.recorder.event(of, event);
        this.#triggers.onEvent(of.name, event);
        if (event.type === 'partition.stopped')
          this.#gaveUp.reject(new Error(`partition ${event.partition} stopped: ${event.code}`));
        onEvent?.(event, of);
      },
      onMetricsPort: (port, of) => this.recorder.listens(of, port),
      onSignal: (signal, of) => this.#handNotes.signal(signal, of),
      env: processorEnv({
        kafkaBootstrapServers: this.#proxies?.endpoints.kafkaBootstrapServers ?? infra.kafkaBootstrapServers,
        tables: this.tables.settings(this.#proxies?.endpoints),
        topic: this.topic,
        groupId: options.groupId ?? this.#groupId,
        checkpointLocation: this.checkpointOf(options.checkpointOf ?? name),
        settings: { ...settings, ...options.settings },
        ...(mutant === undefined ? {} : { mutant }),
      }),
    });
    this.children.push(child);
    this.recorder.started(child);
    if (options.crashAt !== undefined) this.#handNotes.crashPoint(child, options.crashAt);
    return child;
  }

  operate(...args: readonly string[]): Promise<CommandEnd> {
    const { infra, settings } = this.#options;
    const env = processorEnv({
      kafkaBootstrapServers: infra.kafkaBootstrapServers,
      tables: this.tables.settings(),
      topic: this.topic,
      groupId: this.#groupId,
      checkpointLocation: this.checkpointOf('operator'),
      settings: settings ?? {},
    });
    return runCommand(args, env);
  }

  checkpointOf(name: string): string {
    return this.checkpointFolders.of(name);
  }

  loseCheckpoint(name: string): Promise<void> {
    return this.checkpointFolders.lose(name);
  }

  async resetGroup(to: 'earliest' | 'latest'): Promise<ReadonlyMap<number, number>> {
    const offsets = await this.topicControl.resetGroup(to);
    this.faults.note('reset_offsets', `the group's offsets are reset to ${to}`, null)();
    return offsets;
  }

  async drain(timeoutMs = this.#options.drainTimeoutMs ?? DRAIN_TIMEOUT_MS): Promise<void> {
    const { inputs, sink, topic } = this;
    const behind = (): Promise<string[]> => backlog(inputs, sink.reads, topic, this.#options.partitions);
    if ((await behind()).length === 0) return;
    if (this.#running().length === 0) this.start('drain');
    const deadlineMs = systemRuntime.nowMs() + timeoutMs;
    for (;;) {
      const left = await behind();
      if (left.length === 0) return;
      const dead = this.#running().length === 0 ? 'no processor runs' : undefined;
      if (dead !== undefined || systemRuntime.nowMs() > deadlineMs) {
        throw new LabError(`not drained (${dead ?? `after ${timeoutMs} ms`}): ${left.join('; ')}`, this.tails);
      }
      await systemRuntime.sleep(POLL_MS);
    }
  }

  query(sql: string): Promise<Record<string, unknown>[]> {
    return this.tables.query(sql);
  }

  change(sql: string): Promise<void> {
    return this.tables.bigquery.jobs.change({ what: 'statement of the story', sql });
  }

  async until(what: string, timeoutMs: number, condition: () => Promise<boolean>): Promise<void> {
    const deadlineMs = systemRuntime.nowMs() + timeoutMs;
    while (!(await condition())) {
      if (systemRuntime.nowMs() > deadlineMs) throw new LabError(`not within ${timeoutMs} ms: ${what}`, this.tails);
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

  holds(guarantee: Guarantee, what: string, holds: boolean): void {
    this.bits.push({ what, happened: holds, guarantee });
  }

  allEventsOf<T extends ProcessorEventType>(type: T): Extract<ProcessorEvent, { type: T }>[] {
    return this.children.flatMap((child) => child.eventsOf(type));
  }

  /** Starts what the story killed and left dead. */
  async heal(): Promise<void> {
    await this.faults.heal();
    await Promise.all([this.broker.heal(), this.emulator.heal()]);
    for (const child of this.#running()) child.resume();
  }

  /** What the run does from now on. */
  phase(name: RunPhase['name']): void {
    this.recorder.phase(name);
    this.#options.onNews?.(PHASE_NEWS[name]);
  }

  async compare(): Promise<number> {
    const { records } = await askedAgain(systemRuntime, () => this.#prefix.check());
    return records;
  }

  verify(): Promise<VerifyReport> {
    return verify(this.inputs);
  }

  /** The story is given up: nothing more is sent. */
  stopSending(): void {
    this.workloads.stop();
  }

  /** SIGTERM to all that run; resolves with their exits. Rejects where one does not end. */
  async stopAll(): Promise<{ readonly name: string; readonly code: number | null }[]> {
    return Promise.all(
      this.#running().map(async (child) => {
        child.resume();
        return { name: child.name, code: (await child.stop()).code };
      }),
    );
  }

  /** Kills what still runs. Rejects at a limit. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed.abort(new Error('the world is closed'));
    const close = async (): Promise<void> => {
      await Promise.all(this.#running().map((child) => child.kill()));
      await this.tables.close();
      await this.#proxies?.close();
      await this.recorder.close();
    };
    await within(systemRuntime, CLOSES_WITHIN_MS, close(), () => `the world of ${this.topic} does not close`);
  }

  get #groupId(): string {
    return `${this.topic}-processors`;
  }

  /** As the pipeline reaches Kafka. */
  get #pipelineConnection(): KafkaConnectionOptions {
    const proxied = this.#proxies?.endpoints.kafkaBootstrapServers;
    return proxied === undefined ? this.#connection : { ...this.#connection, brokers: [proxied] };
  }

  #running(): ProcessorChild[] {
    return this.children.filter((child) => child.running);
  }

  /** The last lines of every process, for error messages. */
  get tails(): string {
    return this.children.map((child) => `--- ${child.name}:\n${child.tail}`).join('\n');
  }
}
