/** The BigQuery sink of one dataset: everything that the processor and operators' commands need of it, wired together. */
import { ConfigurationError } from '../../base/errors.ts';
import type { Runtime } from '../../base/runtime.ts';
import type { RowLayout } from '../../payments/row-layout.ts';
import type { Applied, OpenedSink, SinkPlace } from '../opened-sink.ts';
import { RuledOwnership } from '../ownership/ruled-ownership.ts';
import type { BigQueryEndpoint } from '../sink-endpoint.ts';
import { withSinkCrashPoints, withSinkRescalePoints } from './crash-points.ts';
import type { ApplyOrder } from './dataset/apply-order.ts';
import { applyToDataset, ensureDataset } from './dataset/apply-to-dataset.ts';
import { comparedRows } from './dataset/compared-rows.ts';
import { errorOf } from './dataset/findings.ts';
import type { DatasetInspector } from './dataset/inspect.ts';
import { type DatasetLook, hasNoTables } from './dataset/look-at-dataset.ts';
import { checkDataset, type DatasetRef, quotedTable } from './identifiers.ts';
import { knownPayments } from './known-payments.ts';
import { operatorSink } from './operator-sink.ts';
import type { RowEncoder } from './ports.ts';
import { processorSink } from './processor-sink.ts';
import { BackfillQueries } from './query/backfill-queries.ts';
import { QueriedCheckpoints } from './query/checkpoint-upkeep.ts';
import { BigQueryQueries } from './query/queries.ts';
import { QueryJobs } from './query/query-job.ts';
import { RestClient } from './query/rest-client.ts';
import type { WaitingObserver } from './query/waiting.ts';
import { ArrowRowEncoder } from './rows/arrow-encoder.ts';
import { datasetParts, neverSeen } from './schema.ts';
import { DEFAULT_SINK_LIMITS, type SinkLimits } from './sink-limits.ts';
import { sinkReads } from './sink-reads.ts';
import type { WriteRpc } from './write/write-rpc.ts';
import { GoogleWriteRpc } from './write/write-rpc-google.ts';
import { BigQueryWriteStreams } from './write/write-streams.ts';

export interface BigQuerySinkOptions extends WaitingObserver, BigQueryEndpoint {
  /** What the rows of these rules hold: the tables must have its columns. Default: no rules. */
  readonly layout?: RowLayout | undefined;
  readonly runtime: Runtime;
  readonly limits?: Partial<SinkLimits> | undefined;
}

/** With what is BigQuery's alone. */
export interface BigQuerySink extends OpenedSink {
  readonly kind: 'bigquery';
  readonly dataset: DatasetRef;
  readonly queries: BigQueryQueries;
  readonly backfill: BackfillQueries;
  /** For statements that only operators' commands run. */
  readonly jobs: QueryJobs;
  readonly streams: BigQueryWriteStreams;
  readonly encoder: RowEncoder;
  readonly rpc: WriteRpc;
  /** Finds tables that were dropped, replaced or changed. */
  readonly inspector: DatasetInspector;
  applySchema(clustering?: readonly string[], order?: ApplyOrder): Promise<Applied>;
  /** The same, where it was not done yet: a look at the tables otherwise, or none where one was just taken. */
  ensureSchema(clustering: readonly string[], look?: DatasetLook): Promise<Applied>;
}

/** Throws ConfigurationError for names that BigQuery does not take. Connects to nothing yet. */
export function openBigQuerySink(options: BigQuerySinkOptions): BigQuerySink {
  const { runtime, onWaiting, onRecovered } = options;
  const dataset: DatasetRef = { projectId: options.projectId, dataset: options.dataset };
  checkDataset(dataset);
  if ((options.emulatorHost === undefined) !== (options.storageEmulatorHost === undefined)) {
    throw new ConfigurationError([
      'BIGQUERY_EMULATOR_HOST and BIGQUERY_STORAGE_EMULATOR_HOST: set both, or neither for the real service',
    ]);
  }
  const limits: SinkLimits = { ...DEFAULT_SINK_LIMITS, ...options.limits };
  const rest = new RestClient({
    dataset,
    emulatorHost: options.emulatorHost,
    location: options.location,
    requestTimeoutMs: limits.requestTimeoutMs,
  });
  const rpc = new GoogleWriteRpc({
    projectId: options.projectId,
    emulatorHost: options.storageEmulatorHost,
    callTimeoutMs: limits.requestTimeoutMs,
  });
  const common = { runtime, dataset, limits, onWaiting, onRecovered };
  const nothing = `UPDATE ${quotedTable(dataset, 'partition_ownership')} SET epoch = epoch WHERE FALSE`;
  const jobs = new QueryJobs({ ...common, rest, nothing });
  const encoder = new ArrowRowEncoder();
  const isEmulator = options.storageEmulatorHost !== undefined;
  const seen = neverSeen();
  const partsOf = (clustering: readonly string[] | undefined) =>
    datasetParts({ ...common, rest, clustering, isEmulator, seen, layout: options.layout });
  const { inspector } = partsOf(undefined);
  const queries = new BigQueryQueries({ ...common, rest });
  const streams = new BigQueryWriteStreams({
    ...common,
    rpc,
    isEmulator,
    encoder: new ArrowRowEncoder(),
    // While a table or its stream is not found: fails at once if waiting cannot help.
    inspectTable: () => inspector.wrongTables(),
  });
  const ensureSchema = (clustering: readonly string[], look?: DatasetLook) => ensureDataset(partsOf(clustering), look);
  return {
    kind: 'bigquery',
    place: placeOf(dataset),
    dataset,
    jobs,
    backfill: new BackfillQueries(jobs, dataset, runtime),
    checkpoints: new QueriedCheckpoints({ queries, jobs, dataset }),
    queries,
    reads: sinkReads(queries, new RuledOwnership(queries)),
    known: knownPayments(jobs, dataset),
    streams,
    encoder,
    rpc,
    inspector,
    topics: () => queries.topics(),
    storedOwnership: (topic) => queries.readOwnership(topic),
    processor({ observer, hit }) {
      const seams = { runtime, observer, queries, streams, encoder, inspection: inspector };
      return processorSink(hit === undefined ? seams : withSinkCrashPoints(seams, hit));
    },
    operator({ observer, hit }) {
      const seams = { runtime, observer, queries, streams };
      return operatorSink(hit === undefined ? seams : withSinkRescalePoints(seams, hit));
    },
    async requireTables() {
      await inspector.requireTables();
    },
    async missingTables() {
      const { toMake, findings } = await inspector.assess(false);
      const error = errorOf(findings);
      if (error !== undefined) throw error;
      return toMake;
    },
    compareRows: () => comparedRows({ inspector }),
    applySchema: (clustering, order) => applyToDataset(partsOf(clustering), order),
    ensureSchema,
    async prepare({ clustering, beforeFirst }) {
      const look = await inspector.look().catch(() => undefined);
      if (look !== undefined && hasNoTables(look)) await beforeFirst();
      return ensureSchema(clustering, look);
    },
    connect: () => rpc.connect(),
    close: () => rpc.close(),
  };
}

function placeOf({ projectId, dataset }: DatasetRef): SinkPlace {
  return {
    name: `${projectId}.${dataset}`,
    text: `the dataset ${dataset}`,
    setting: 'BIGQUERY_DATASET',
    json: { projectId, dataset },
  };
}
