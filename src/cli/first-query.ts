/** The first query of `process` to the sink, sent while most of the code is still loading: both take about as long. */
import { type DatasetLook, lookAtDataset } from '../sinks/bigquery/dataset/look-at-dataset.ts';
import { LOOKED_AT } from '../sinks/bigquery/dataset/names.ts';
import { RestClient } from '../sinks/bigquery/query/rest-client.ts';
import type { ProcessConfig } from './config/process-config.ts';

/** After that the components that wait for the sink take over, and log that they wait. */
const PATIENCE_MS = 5_000;

/** What exists of the dataset; undefined if that could not be found out, and for a sink that is no service. Never rejects. */
export async function askForTables({ sink }: Pick<ProcessConfig, 'sink'>): Promise<DatasetLook | undefined> {
  if (sink.kind !== 'bigquery') return undefined;
  const { projectId, dataset: name, emulatorHost, location } = sink;
  const dataset = { projectId, dataset: name };
  try {
    const rest = new RestClient({ dataset, emulatorHost, location, requestTimeoutMs: PATIENCE_MS });
    return await lookAtDataset(rest, dataset, LOOKED_AT);
  } catch {
    return undefined;
  }
}
