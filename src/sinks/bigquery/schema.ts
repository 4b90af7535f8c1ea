/**
 * The tables and views of sql/, printed, and made in a dataset of which nothing is known yet. What is made beside rows, and what
 * is not, is decided in dataset/.
 */
import type { Runtime } from '../../base/runtime.ts';
import type { Applied } from '../opened-sink.ts';
import type { ApplyOrder, ApplyParts } from './dataset/apply-order.ts';
import { applyToDataset } from './dataset/apply-to-dataset.ts';
import { DatasetInspector } from './dataset/inspect.ts';
import { TABLES } from './dataset/names.ts';
import { datasetStatements, type SchemaOptions, wantedTables } from './dataset/statements.ts';
import { BigQueryQueries } from './query/queries.ts';
import { type QueryJobLimits, QueryJobs } from './query/query-job.ts';
import type { RestCalls } from './query/rest-client.ts';
import type { WaitingObserver } from './query/waiting.ts';

export { TABLES, VIEWS } from './dataset/names.ts';
export { DEFAULT_CLUSTERING, type SchemaOptions } from './dataset/statements.ts';

export interface ApplySchemaOptions extends SchemaOptions, WaitingObserver {
  readonly rest: RestCalls;
  readonly runtime: Runtime;
  readonly limits: QueryJobLimits;
  /** An emulator leaves out of its answers what the service has in them. */
  readonly isEmulator?: boolean;
  /** For inspectors that share what they have seen. */
  readonly seen?: { wholeAtMs: number };
}

/** As a script for `bq query --use_legacy_sql=false`. */
export async function printSchema(options: SchemaOptions): Promise<string> {
  const { makeDataset, tables, views } = await datasetStatements(options);
  const script = [makeDataset, ...TABLES.map((table) => tables.get(table)!), ...views];
  return `${script.join(';\n\n')};\n`;
}

/** What inspecting a dataset, and applying the schema to it, are made of. */
export function datasetParts(options: ApplySchemaOptions): ApplyParts {
  const { dataset, rest, runtime, clustering, layout, isEmulator = false, seen = neverSeen() } = options;
  const jobs = new QueryJobs({ ...options, nothing: 'SELECT 1' });
  const queries = new BigQueryQueries(options);
  const wanted = once(() => wantedTables({ dataset, clustering, layout }));
  return {
    dataset,
    rest,
    jobs,
    runtime,
    queries,
    isEmulator,
    wanted,
    location: rest.location,
    statements: once(() => datasetStatements({ dataset, clustering, layout })),
    inspector: new DatasetInspector({ rest, jobs, queries, dataset, runtime, isEmulator, seen, wanted }),
  };
}

/** Waits, with backoff, while the service is away. Throws ContradictionError where something was lost. */
export function applySchema(options: ApplySchemaOptions, order?: ApplyOrder): Promise<Applied> {
  return applyToDataset(datasetParts(options), order);
}

export function neverSeen(): { wholeAtMs: number } {
  return { wholeAtMs: Number.NEGATIVE_INFINITY };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
