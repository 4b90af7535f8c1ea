/** The first question of `process` to the sink, on its way while most of the code is still loaded: a query takes about as long. */
import { RestClient } from '../bigquery/rest-client.ts';
import { isSchemaThere } from '../bigquery/schema.ts';
import { DEFAULT_SINK_LIMITS } from '../bigquery/sink-limits.ts';
import { systemRuntime } from '../runtime/system-runtime.ts';
import type { ProcessConfig } from './config/process-config.ts';

/** Then it is left to those that wait, and say so. */
const PATIENCE_MS = 5_000;

/** Whether the schema is there; false also where nothing could be learned. Never rejects. */
export async function askForSchema({ bigquery }: Pick<ProcessConfig, 'bigquery'>): Promise<boolean> {
  const { projectId, dataset: name, emulatorHost, location } = bigquery;
  const dataset = { projectId, dataset: name };
  const limits = DEFAULT_SINK_LIMITS;
  try {
    const rest = new RestClient({ dataset, emulatorHost, location, requestTimeoutMs: PATIENCE_MS });
    return await isSchemaThere({ dataset, rest, runtime: systemRuntime, limits });
  } catch {
    return false;
  }
}
