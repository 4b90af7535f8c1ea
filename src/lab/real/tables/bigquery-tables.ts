/** The tables of a world in BigQuery: a dataset of its emulator. */
import { systemRuntime } from '../../../base/system-runtime.ts';
import { realInputs } from '../../../checks/inputs/real-inputs.ts';
import { openBigQuerySink } from '../../../sinks/bigquery/open-sink.ts';
import type { WorldInfra } from '../real-world-options.ts';
import type { WorldTables } from './world-tables.ts';

/** Throws where the world has no emulator. */
export function bigQueryTables(infra: WorldInfra, dataset: string): WorldTables {
  const { projectId, bigqueryEmulatorHost: rest, bigqueryStorageEmulatorHost: storage } = infra;
  if (projectId === undefined || rest === undefined || storage === undefined)
    throw new Error('a world on BigQuery needs an emulator');
  const sink = openBigQuerySink({
    projectId,
    dataset,
    emulatorHost: rest,
    storageEmulatorHost: storage,
    runtime: systemRuntime,
    onWaiting: () => {},
  });
  return {
    sink,
    sql: sink,
    bigquery: sink,
    folder: undefined,
    services: { bigqueryEmulatorHost: rest, bigqueryStorageEmulatorHost: storage },
    settings: ({ bigqueryEmulatorHost, bigqueryStorageEmulatorHost } = {}) => ({
      BIGQUERY_PROJECT: projectId,
      BIGQUERY_DATASET: dataset,
      BIGQUERY_EMULATOR_HOST: bigqueryEmulatorHost ?? rest,
      BIGQUERY_STORAGE_EMULATOR_HOST: bigqueryStorageEmulatorHost ?? storage,
    }),
    inputs: (source) => realInputs({ ...source, sink }),
    query: (sql) => sink.queries.runQuery(sql.replaceAll('{dataset}', `${projectId}.${dataset}`)),
    close: () => sink.close(),
  };
}
