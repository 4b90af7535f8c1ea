/** The first question of `process` to the sink, on its way while most of the code is still loaded: it takes about as long. */
import { type DatasetLook, lookAtDataset } from '../sinks/bigquery/dataset/look.ts';
import { LOOKED_AT } from '../sinks/bigquery/dataset/names.ts';
import { RestClient } from '../sinks/bigquery/query/rest-client.ts';
import type { ProcessConfig } from './config/process-config.ts';

/** Then it is left to those that wait, and say so. */
const PATIENCE_MS = 5_000;

/** What there is of the dataset; undefined where nothing could be learned. Never rejects. */
export async function askForTables({ bigquery }: Pick<ProcessConfig, 'bigquery'>): Promise<DatasetLook | undefined> {
  const { projectId, dataset: name, emulatorHost, location } = bigquery;
  const dataset = { projectId, dataset: name };
  try {
    const rest = new RestClient({ dataset, emulatorHost, location, requestTimeoutMs: PATIENCE_MS });
    return await lookAtDataset(rest, dataset, LOOKED_AT);
  } catch {
    return undefined;
  }
}
