/**
 * One topic and one dataset that two releases work on, on the real broker and the real emulator that the test was given.
 * Processors and commands run from the checkout of the release that is named, as an operator would start them.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigResourceTypes } from 'kafkajs';
import { expect, inject } from 'vitest';
import { systemRuntime } from '../../../base/system-runtime.ts';
import { realInputs } from '../../../checks/inputs/real-inputs.ts';
import type { VerifyInputs } from '../../../checks/inputs/verify-inputs.ts';
import { createKafka, type KafkaConnectionOptions } from '../../../kafka/client/connection-options.ts';
import { CREATE_TIME_AFTER_MAX_MS, KafkaAdmin } from '../../../kafka/kafka-admin.ts';
import type { SimulationDials } from '../../../simulator/plan.ts';
import { runSimulator } from '../../../simulator/run-simulator.ts';
import type { SimulationSummary } from '../../../simulator/summary.ts';
import { TABLES } from '../../../sinks/bigquery/dataset/names.ts';
import { type BigQuerySink, openBigQuerySink } from '../../../sinks/bigquery/open-sink.ts';
import type { StoredOwnership } from '../../../sinks/bigquery/ports.ts';
import { ProcessorChild, type ProcessorChildOptions } from '../../real/processor/processor-child.ts';
import { processorEnv } from '../../real/processor/processor-env.ts';
import { type CommandEnd, runCommand } from '../../real/run-command.ts';
import { backlog } from '../../real/topic/backlog.ts';
import { sendRecords } from '../../real/topic/send-records.ts';
import type { ScenarioRecord } from '../../scenario.ts';

export interface UpgradeWorldOptions {
  readonly name: string;
  readonly partitions: number;
}

/** A release: the folder of its checkout. Undefined: this one. */
export type Checkout = string | undefined;

export interface StartOptions {
  readonly settings?: Readonly<Record<string, string>>;
  readonly crashAt?: ProcessorChildOptions['crashAt'];
  /** Whose local state it takes. Default: its own, by its name. */
  readonly stateOf?: string;
  readonly groupId?: string;
}

/** What release 0.1.0 recommended: refused by later ones with the default WATERMARK_DELAY. */
const OLD_AFTER_MAX_MS = 3_600_000;
const MESSAGE_BYTES_MAX = 8 * 1024 * 1024;
const PATIENCE_MS = 120_000;
/** On a machine that is busy with other things. */
const COMMAND_LIMIT_MS = 300_000;
const POLL_MS = 500;
/** Tables that no release before this one has. */
const ADDED_TABLES = ['rules', 'event_schemas'];

export class UpgradeWorld implements AsyncDisposable {
  readonly topic: string;
  readonly dataset: string;
  readonly partitions: number;
  readonly sink: BigQuerySink;
  readonly #folder: string;
  readonly #inputs: VerifyInputs;
  readonly #connection: KafkaConnectionOptions;
  readonly #children: ProcessorChild[] = [];

  private constructor(options: UpgradeWorldOptions, folder: string) {
    const unique = `${options.name}-${systemRuntime.uuid().slice(0, 8)}`;
    this.topic = unique;
    this.dataset = unique.replaceAll('-', '_');
    this.partitions = options.partitions;
    this.#folder = folder;
    this.#connection = { brokers: inject('kafkaBootstrapServers').split(','), clientId: 'provenonce-upgrade-test' };
    this.sink = openBigQuerySink({
      projectId: inject('bigqueryProjectId'),
      dataset: this.dataset,
      emulatorHost: inject('bigqueryEmulatorHost'),
      storageEmulatorHost: inject('bigqueryStorageEmulatorHost'),
      runtime: systemRuntime,
      onWaiting: () => {},
    });
    this.#inputs = realInputs({
      topic: this.topic,
      kafka: this.#connection,
      sink: this.sink,
      runtime: systemRuntime,
    });
  }

  /** With a topic as release 0.1.0 recommended it, and no dataset yet. */
  static async create(options: UpgradeWorldOptions): Promise<UpgradeWorld> {
    const folder = await mkdtemp(path.join(tmpdir(), `provenonce-${options.name}-`));
    const world = new UpgradeWorld(options, folder);
    await world.#createTopic();
    return world;
  }

  /** As the command in docs/upgrading.md would; this older request replaces all settings of the topic, so it names each. */
  async mendTopicTimestamps(): Promise<void> {
    const admin = createKafka(this.#connection).admin();
    await admin.connect();
    try {
      const configEntries = [
        { name: 'message.timestamp.type', value: 'CreateTime' },
        { name: 'message.timestamp.after.max.ms', value: String(CREATE_TIME_AFTER_MAX_MS) },
        { name: 'max.message.bytes', value: String(MESSAGE_BYTES_MAX) },
      ];
      const resource = { type: ConfigResourceTypes.TOPIC, name: this.topic, configEntries };
      await admin.alterConfigs({ validateOnly: false, resources: [resource] });
    } finally {
      await admin.disconnect();
    }
  }

  start(release: Checkout, name: string, options: StartOptions = {}): ProcessorChild {
    const child = ProcessorChild.start({
      name,
      logPath: path.join(this.#folder, `${name}.log`),
      env: this.#env(options.stateOf ?? name, options.settings ?? {}, options.groupId),
      ...(release === undefined ? {} : { checkout: release }),
      ...(options.crashAt === undefined ? {} : { crashAt: options.crashAt }),
    });
    this.#children.push(child);
    return child;
  }

  /** A command of that release, to its end. */
  run(release: Checkout, ...words: readonly string[]): Promise<CommandEnd> {
    return runCommand(words, this.#env('commands', {}), { checkout: release, limitMs: COMMAND_LIMIT_MS });
  }

  /** A command of this release with these settings, to its end. */
  runWith(settings: Readonly<Record<string, string>>, ...words: readonly string[]): Promise<CommandEnd> {
    return runCommand(words, this.#env('commands', settings), { checkout: undefined, limitMs: COMMAND_LIMIT_MS });
  }

  /** Rejects where it ends with anything but 0. */
  async runWell(release: Checkout, ...words: readonly string[]): Promise<string> {
    const { code, output, complaints } = await this.run(release, ...words);
    if (code === 0) return output;
    throw new Error(`provenonce ${words.join(' ')} ended with ${code}:\n${output}\n${complaints}`);
  }

  /** What 0.1.0 made becomes this release's dataset, as docs/upgrading.md says: looked at first, then done. Makes no table. */
  async upgradeDataset(): Promise<void> {
    const apply = async (...flags: readonly string[]): Promise<{ madeTables: string[]; markedTables: string[] }> =>
      JSON.parse(await this.runWell(undefined, 'schema', 'apply', '--json', ...flags));
    const planned = await apply('--dry-run');
    const done = await apply();
    expect(done).toMatchObject({ applied: true, madeDataset: false, madeTables: ADDED_TABLES });
    expect([...done.madeTables, ...done.markedTables].sort()).toEqual([...TABLES].sort());
    // Only a dry run says which views differ. All of the release before are there; an emulator does not say with which query.
    const views = { missing: [], different: expect.any(Array), unknown: expect.any(Array) };
    expect(planned).toEqual({ ...done, applied: false, views });
    expect((await apply()).markedTables).toEqual([]);
  }

  loseState(name: string): Promise<void> {
    return rm(this.stateOf(name), { recursive: true });
  }

  stateOf(name: string): string {
    return path.join(this.#folder, `state-${name}`);
  }

  /** Payments with copies, late and malformed ones. */
  send(dials: SimulationDials, signal?: AbortSignal): Promise<SimulationSummary> {
    return runSimulator(
      {
        dials: {
          partitions: this.partitions,
          duplicateShare: 0.1,
          lateShare: 0.03,
          malformedShare: 0.03,
          missingKeyShare: 0.005,
          ...dials,
        },
        kafka: { connection: this.#connection, topic: this.topic, compression: 'none', patienceMs: PATIENCE_MS },
        ...(signal === undefined ? {} : { signal }),
      },
      systemRuntime,
    );
  }

  /** The offset of each. */
  sendRecords(records: readonly ScenarioRecord[]): Promise<number[]> {
    return sendRecords(this.#connection, this.topic, records);
  }

  /** One past the last record of each partition. */
  async ends(): Promise<number[]> {
    const partitions = Array.from({ length: this.partitions }, (_, partition) => partition);
    return Promise.all(partitions.map(async (partition) => (await this.#inputs.bounds(partition)).endOffset));
  }

  /** next_offset of each partition's newest checkpoint; 0 where there is none. */
  async checkpoints(): Promise<number[]> {
    const rows = await this.query(
      'SELECT kafka_partition, MAX(next_offset) FROM `{dataset}.checkpoint_log` GROUP BY 1',
    );
    return this.#byPartition(rows, 0);
  }

  /** The greatest offset of each partition that any data table has a row of; -1 where there is none. */
  async lastRows(): Promise<number[]> {
    const tables = [
      'payment_transactions',
      'payment_transactions_fraud',
      'payment_metrics_partials',
      'payment_exceptions',
    ];
    const each = tables.map((table) => `SELECT kafka_partition, kafka_offset FROM \`{dataset}.${table}\``);
    const rows = await this.query(
      `SELECT kafka_partition, MAX(kafka_offset) FROM (${each.join(' UNION ALL ')}) GROUP BY 1`,
    );
    return this.#byPartition(rows, -1);
  }

  /** How many dispositions each partition has: rows of payment_transactions and payment_exceptions. */
  async dispositions(): Promise<number[]> {
    const each = ['payment_transactions', 'payment_exceptions'].map(
      (table) => `SELECT kafka_partition FROM \`{dataset}.${table}\``,
    );
    const rows = await this.query(`SELECT kafka_partition, COUNT(*) FROM (${each.join(' UNION ALL ')}) GROUP BY 1`);
    return this.#byPartition(rows, 0);
  }

  /** Of the records at these offsets: `accepted` and the amount, or disposition, reason and transaction id. */
  async judgements(partition: number, offsets: readonly number[]): Promise<string[]> {
    const where = `WHERE kafka_partition = ${partition} AND kafka_offset IN (${offsets.join(', ')})`;
    const accepted = await this.query(
      `SELECT kafka_offset, CONCAT('accepted ', CAST(amount AS STRING)) FROM \`{dataset}.payment_transactions\` ${where}`,
    );
    const others = await this.query(
      `SELECT kafka_offset, CONCAT(disposition, ' ', IFNULL(reason, ''), ' of ', IFNULL(transaction_id, 'nobody')) FROM \`{dataset}.payment_exceptions\` ${where}`,
    );
    const found = new Map([...accepted, ...others].map((row) => pair(row)));
    return offsets.map((offset) => found.get(offset) ?? 'nothing');
  }

  /** Ascending by partition. */
  async ownership(): Promise<StoredOwnership[]> {
    return this.sink.queries.readOwnership(this.topic);
  }

  query(sql: string): Promise<Record<string, unknown>[]> {
    return this.sink.queries.runQuery(sql.replaceAll('{dataset}', `${inject('bigqueryProjectId')}.${this.dataset}`));
  }

  /** Every record is below a checkpoint. */
  async drained(timeoutMs: number): Promise<void> {
    let left: string[] = [];
    const isDone = async (): Promise<boolean> => {
      left = await backlog(this.#inputs, this.sink.queries, this.topic, this.partitions);
      return left.length === 0;
    };
    await this.until(() => `everything is checkpointed; ${left.join('; ')}`, timeoutMs, isDone);
  }

  async until(what: () => string, timeoutMs: number, condition: () => Promise<boolean>): Promise<void> {
    const deadlineMs = systemRuntime.monotonicMs() + timeoutMs;
    while (!(await condition())) {
      if (systemRuntime.monotonicMs() > deadlineMs) {
        const tails = this.#children.map(({ name, tail }) => `--- ${name}:\n${tail}`);
        throw new Error(`not within ${timeoutMs} ms: ${what()}\n${tails.join('\n')}`);
      }
      await sleep(POLL_MS);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#children.filter(({ running }) => running).map((child) => child.kill()));
    await this.sink.close();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #createTopic(): Promise<void> {
    await using admin = await KafkaAdmin.connect(this.#connection);
    let problem = 'no answer yet';
    const creating = admin.createTopic({
      topic: this.topic,
      partitions: this.partitions,
      timestamps: { createTimeAfterMaxMs: OLD_AFTER_MAX_MS },
      settings: { 'max.message.bytes': String(MESSAGE_BYTES_MAX) },
    });
    const note = (error: unknown): undefined => {
      problem = String(error);
    };
    // It may fail while it waits for leaders, the topic being made: what there is says more than its answer.
    await creating.catch(note);
    const isThere = async (): Promise<boolean> =>
      (await admin.partitionCount(this.topic).catch(note)) === this.partitions;
    await this.until(() => `topic ${this.topic} is there: ${problem}`, PATIENCE_MS, isThere);
  }

  #env(stateOf: string, settings: Readonly<Record<string, string>>, groupId?: string): Record<string, string> {
    return processorEnv({
      kafkaBootstrapServers: inject('kafkaBootstrapServers'),
      tables: {
        BIGQUERY_PROJECT: inject('bigqueryProjectId'),
        BIGQUERY_DATASET: this.dataset,
        BIGQUERY_EMULATOR_HOST: inject('bigqueryEmulatorHost'),
        BIGQUERY_STORAGE_EMULATOR_HOST: inject('bigqueryStorageEmulatorHost'),
      },
      topic: this.topic,
      groupId: groupId ?? `${this.topic}-processors`,
      checkpointLocation: this.stateOf(stateOf),
      settings: { METADATA_SERVER_DETECTION: 'none', METRICS_PORT: '0', LOG_FORMAT: 'json', ...settings },
    });
  }

  #byPartition(rows: readonly Record<string, unknown>[], none: number): number[] {
    const found = new Map(rows.map((row) => pair(row)));
    return Array.from({ length: this.partitions }, (_, partition) => Number(found.get(partition) ?? none));
  }
}

/** By this release: all of G1 to G6 hold, and the day sums agree. */
export async function expectVerified(world: UpgradeWorld): Promise<void> {
  const verified = await world.run(undefined, 'verify', '--json');
  expect(verified.code, verified.output + verified.complaints).toBe(0);
  const { verdict, guarantees } = JSON.parse(verified.output) as {
    verdict: string;
    guarantees: Record<string, { holds: boolean }>;
  };
  expect(verdict).toBe('PASS');
  const holding = Object.entries(guarantees).flatMap(([name, { holds }]) => (holds ? [name] : []));
  expect(holding.sort()).toEqual(['G1', 'G2', 'G3', 'G4', 'G5', 'G6']);
  expect(JSON.parse(await world.runWell(undefined, 'reconcile', '--json'))).toMatchObject({ verdict: 'PASS' });
}

function pair(row: Record<string, unknown>): [number, string] {
  const [key, value] = Object.values(row);
  return [Number(key), String(value)];
}
