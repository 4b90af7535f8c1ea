/** Builds the BigQuery sink of one dataset: everything that src/processor needs of it, wired together. */
import { ConfigurationError } from '../../base/errors.ts';
import type { Runtime } from '../../base/runtime.ts';
import type { RowLayout } from '../../payments/row-layout.ts';
import type { KnownPayments } from '../../processor/ports/known-payments.ts';
import type { SinkReads } from '../../processor/ports.ts';
import { RuledOwnership } from '../ownership/ruled-ownership.ts';
import type { ApplyOrder } from './dataset/apply-order.ts';
import { type Applied, applyToDataset, ensureDataset } from './dataset/apply-to-dataset.ts';
import type { DatasetInspector } from './dataset/inspect.ts';
import type { DatasetLook } from './dataset/look-at-dataset.ts';
import { checkDataset, type DatasetRef, quotedTable } from './identifiers.ts';
import { knownPayments } from './known-payments.ts';
import type { RowEncoder } from './ports.ts';
import { BackfillQueries } from './query/backfill-queries.ts';
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

export interface SinkOptions extends WaitingObserver {
  readonly projectId: string;
  readonly dataset: string;
  /** REST host:port and gRPC host:port of an emulator; both or neither. */
  readonly emulatorHost?: string | undefined;
  readonly storageEmulatorHost?: string | undefined;
  /** Location of the dataset, where it is not in the US or EU. */
  readonly location?: string | undefined;
  /** What the rows of these rules hold: the tables must have its columns. Default: no rules. */
  readonly layout?: RowLayout | undefined;
  readonly runtime: Runtime;
  readonly limits?: Partial<SinkLimits> | undefined;
}

export interface Sink {
  readonly dataset: DatasetRef;
  readonly queries: BigQueryQueries;
  /** The same reads, with the rules of the histories. */
  readonly reads: SinkReads;
  readonly backfill: BackfillQueries;
  readonly known: KnownPayments;
  /** For statements that only operators' commands run. */
  readonly jobs: QueryJobs;
  readonly streams: BigQueryWriteStreams;
  readonly encoder: RowEncoder;
  readonly rpc: WriteRpc;
  /** Finds tables that were dropped, replaced or changed. */
  readonly inspector: DatasetInspector;
  /** Creates missing tables and the views. Throws ContradictionError if a table was lost. */
  applySchema(clustering?: readonly string[], order?: ApplyOrder): Promise<Applied>;
  /** The same, where it was not done yet: a look at the tables otherwise, or none where one was just taken. */
  ensureSchema(clustering: readonly string[], look?: DatasetLook): Promise<Applied>;
  /** Begins to connect to the append service, ahead of the first stream. */
  connect(): void;
  /** Ends connections. Appenders must be closed before. */
  close(): Promise<void>;
}

/** Throws ConfigurationError for names that BigQuery does not take. Connects to nothing yet. */
export function openSink(options: SinkOptions): Sink {
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
  return {
    dataset,
    jobs,
    backfill: new BackfillQueries(jobs, dataset, runtime),
    queries,
    reads: sinkReads(queries, new RuledOwnership(queries)),
    known: knownPayments(jobs, dataset),
    streams: new BigQueryWriteStreams({
      ...common,
      rpc,
      isEmulator,
      encoder: new ArrowRowEncoder(),
      // While a table or its stream is not found: fails at once if waiting cannot help.
      inspectTable: () => inspector.wrongTables(),
    }),
    encoder,
    rpc,
    inspector,
    applySchema: (clustering, order) => applyToDataset(partsOf(clustering), order),
    ensureSchema: (clustering, look) => ensureDataset(partsOf(clustering), look),
    connect: () => rpc.connect(),
    close: () => rpc.close(),
  };
}
