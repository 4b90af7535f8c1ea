/**
 * The same changes on real parts: the datasets' rows in tables of an emulator, their records in topics of a broker, and
 * `verify` as it runs there. One change at a time, undone before the next. A changed topic is a topic of its own, beside the
 * one that the tables name. Takeovers are judged in the simulated world.
 *
 * Only datasets whose topic has every offset: a broker gives them out itself.
 */
import path from 'node:path';
import { systemRuntime } from '../../../base/system-runtime.ts';
import { topicInputs } from '../../../checks/inputs/topic-inputs.ts';
import type { VerifyInputs } from '../../../checks/inputs/verify-inputs.ts';
import { CREATE_TIME_AFTER_MAX_MS, KafkaAdmin } from '../../../kafka/kafka-admin.ts';
import { RealWorld, type RealWorldOptions } from '../../real/real-world.ts';
import { BASE_CASES, baseDatasets } from '../base-datasets.ts';
import { APPENDED_OR_OWNED, columnsOf, type TableName } from '../columns.ts';
import type { BaseDataset, PartitionLog } from '../dataset.ts';
import { type DrawnTampering, STRATA } from '../draw-tampering.ts';
import { runTamperings, type TamperReport } from '../run-tamperings.ts';
import { TableWriter } from './table-writer.ts';

export interface RealTamperOptions {
  readonly infra: RealWorldOptions['infra'];
  readonly seed: number;
  readonly runs: number;
  readonly fromRun: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (report: TamperReport) => void;
}

/** Without tables that `verify` does not read, and without columns of rules, which these datasets do not have. A broker gives offsets out itself: none can be left without a record, or given one. */
const STRATA_OF_REAL_PARTS = STRATA.filter(
  ({ table, column, record }) =>
    (table === undefined || APPENDED_OR_OWNED.includes(table)) &&
    (column === undefined || column in columnsOf(table!)) &&
    record !== 'added' &&
    record !== 'removed',
);

export async function tamperOnRealParts(options: RealTamperOptions): Promise<TamperReport> {
  const { infra, seed, runs, fromRun, signal, onProgress } = options;
  const cases = BASE_CASES.filter(({ isWhole }) => isWhole);
  const made = await baseDatasets(cases);
  const loaded: LoadedDataset[] = [];
  try {
    for (const base of made) loaded.push(await LoadedDataset.load(infra, base));
    return await runTamperings({
      seed,
      runs,
      fromRun,
      strata: STRATA_OF_REAL_PARTS,
      bases: loaded.map(({ dataset }) => dataset),
      takeovers: false,
      inputs: (base, changed, drawn) => loaded.find(({ dataset }) => dataset === base)!.changedTo(changed, drawn),
      ...(signal === undefined ? {} : { signal }),
      ...(onProgress === undefined ? {} : { onProgress }),
    });
  } finally {
    for (const each of loaded) await each.world[Symbol.asyncDispose]();
  }
}

/** A dataset in its tables and its topic. */
class LoadedDataset {
  readonly world: RealWorld;
  readonly dataset: BaseDataset;
  readonly #infra: RealWorldOptions['infra'];
  readonly #writer: TableWriter;
  readonly #others: RealWorld[] = [];
  /** The table that is not as it was. */
  #changed: TableName | undefined;

  private constructor(infra: RealWorldOptions['infra'], world: RealWorld, dataset: BaseDataset) {
    this.#infra = infra;
    this.world = world;
    this.dataset = dataset;
    this.#writer = new TableWriter(
      world.tables.bigquery,
      (table) => `\`${infra.projectId}.${world.dataset}.${table}\``,
    );
  }

  static async load(infra: RealWorldOptions['infra'], base: BaseDataset): Promise<LoadedDataset> {
    const world = await newWorld(infra, base.name, base.log.length);
    const loaded = new LoadedDataset(infra, world, withTopic(base, world.topic));
    for (const table of APPENDED_OR_OWNED) {
      await loaded.#writer.allowNulls(table);
      await loaded.#writer.replace(table, loaded.dataset.tables[table]);
    }
    await send(world, base.log);
    const { verdict, guarantees } = await world.verify();
    if (verdict !== 'PASS') throw new Error(`${base.name} as it is does not pass: ${JSON.stringify(guarantees)}`);
    return loaded;
  }

  /** What verify looks at after the change, and after it alone. */
  async changedTo(changed: BaseDataset, { tampering }: DrawnTampering): Promise<VerifyInputs> {
    if (this.#changed !== undefined) await this.#writer.replace(this.#changed, this.dataset.tables[this.#changed]);
    this.#changed = undefined;
    const { topic, connection, tables } = this.world;
    const inputs = tables.inputs({ topic, kafka: connection, runtime: systemRuntime });
    if ('partition' in tampering) {
      const other = await this.#otherTopic(changed.log);
      return { ...inputs, ...topicInputs({ topic: other.topic, kafka: connection, runtime: systemRuntime }) };
    }
    const { table } = tampering;
    this.#changed = table;
    await this.#writer.replace(table, changed.tables[table]);
    return inputs;
  }

  async #otherTopic(log: readonly PartitionLog[]): Promise<RealWorld> {
    await this.#others.pop()?.[Symbol.asyncDispose]();
    const world = await newWorld(this.#infra, `${this.dataset.name}-changed`, log.length);
    this.#others.push(world);
    await send(world, log);
    return world;
  }
}

/** On a topic that keeps what it is given: the records are of a day long ago. */
async function newWorld(infra: RealWorldOptions['infra'], name: string, partitions: number): Promise<RealWorld> {
  const topic = `tamper-${name}-${systemRuntime.uuid().slice(0, 8)}`;
  const brokers = infra.kafkaBootstrapServers.split(',');
  await using admin = await KafkaAdmin.connect({ brokers, clientId: 'provenonce-lab' });
  await admin.createTopic({
    topic,
    partitions,
    timestamps: { createTimeAfterMaxMs: CREATE_TIME_AFTER_MAX_MS },
    settings: { 'retention.ms': '-1' },
  });
  const dataset = topic.replaceAll('-', '_');
  return await RealWorld.create({
    infra,
    name,
    topic,
    dataset,
    partitions,
    folder: path.join('artifacts', 'tamper', topic),
  });
}

/** Every record at its offset. */
async function send(world: RealWorld, log: readonly PartitionLog[]): Promise<void> {
  for (const [partition, { records }] of log.entries())
    await world.sendRecords(
      records.map(({ key, value, timestampMs }) => ({
        partition,
        key: key === null ? null : Buffer.from(key).toString(),
        value: value === null ? null : Buffer.from(value),
        timestampMs,
      })),
    );
}

/** With the topic's real name wherever a table has it. */
function withTopic(base: BaseDataset, topic: string): BaseDataset {
  const renamed = (table: TableName): BaseDataset['tables'][TableName] =>
    base.tables[table].map((row) => (row.topic === base.topic ? { ...row, topic } : row));
  const tables = Object.fromEntries(Object.keys(base.tables).map((table) => [table, renamed(table as TableName)]));
  return { ...base, topic, tables: tables as unknown as BaseDataset['tables'] };
}
