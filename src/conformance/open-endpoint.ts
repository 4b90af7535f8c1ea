/**
 * An endpoint with a dataset of its own: made here under a drawn name, removed at the end. The only dataset that is ever
 * created or removed is the one of that name, and only if nothing had the name before.
 */

import type { Runtime } from '../base/runtime.ts';
import { type DatasetRef, quotedTable } from '../sinks/bigquery/identifiers.ts';
import { type RestCalls, RestClient, RestError } from '../sinks/bigquery/query/rest-client.ts';
import { applySchema } from '../sinks/bigquery/schema.ts';
import { DEFAULT_SINK_LIMITS } from '../sinks/bigquery/sink-limits.ts';
import type { WriteRpc } from '../sinks/bigquery/write/write-rpc.ts';
import { GoogleWriteRpc } from '../sinks/bigquery/write/write-rpc-google.ts';
import type { Endpoint } from './bench.ts';

export const DATASET_PREFIX = 'provenonce_conformance_';

export interface EndpointOptions {
  readonly projectId: string;
  /** Both, or neither for the real service. */
  readonly emulatorHost?: string | undefined;
  readonly storageEmulatorHost?: string | undefined;
  readonly location?: string | undefined;
  readonly runtime: Runtime;
  /** Puts something between us and the endpoint: for tests of what a lie looks like. */
  readonly wrapRest?: (rest: RestCalls) => RestCalls;
  readonly wrapRpc?: (rpc: WriteRpc) => WriteRpc;
}

export interface OpenEndpoint {
  readonly endpoint: Endpoint;
  /** Ends the connections; removes the dataset unless `keep`. */
  close(keep: boolean): Promise<void>;
}

export function newDatasetName(runtime: Runtime): string {
  return `${DATASET_PREFIX}${runtime.uuid().replaceAll('-', '').slice(0, 12)}`;
}

/** Creates the dataset with its tables and views. Throws where the name is taken. */
export async function openEndpoint(dataset: DatasetRef, options: EndpointOptions): Promise<OpenEndpoint> {
  const { runtime } = options;
  if (!dataset.dataset.startsWith(DATASET_PREFIX)) throw new RangeError(`not a dataset for this: ${dataset.dataset}`);
  const rest = restOf(dataset, options);
  const rpcs = [rpcOf(options), rpcOf(options)] as const;
  const closeRpcs = () => Promise.all(rpcs.map((rpc) => rpc.close()));
  try {
    if (await exists(rest, dataset)) throw new Error(`dataset ${dataset.dataset} exists already: it is not ours`);
    const limits = { ...DEFAULT_SINK_LIMITS, unreachableAfterMs: 60_000 };
    const isEmulator = options.storageEmulatorHost !== undefined;
    await applySchema({ dataset, rest, runtime, limits, isEmulator });
  } catch (error) {
    await closeRpcs();
    throw error;
  }
  return {
    endpoint: { dataset, runtime, rest, rpc: rpcs[0], otherRest: restOf(dataset, options), otherRpc: rpcs[1] },
    async close(keep) {
      await closeRpcs();
      if (!keep) await removeDataset(restOf(dataset, { ...options, wrapRest: (same) => same }), dataset);
    },
  };
}

function restOf(dataset: DatasetRef, { emulatorHost, location, wrapRest }: EndpointOptions): RestCalls {
  const { requestTimeoutMs } = DEFAULT_SINK_LIMITS;
  const rest = new RestClient({ dataset, emulatorHost, location, requestTimeoutMs });
  return wrapRest === undefined ? rest : wrapRest(rest);
}

function rpcOf({ projectId, storageEmulatorHost, wrapRpc }: EndpointOptions): WriteRpc {
  const callTimeoutMs = DEFAULT_SINK_LIMITS.requestTimeoutMs;
  const rpc = new GoogleWriteRpc({ projectId, emulatorHost: storageEmulatorHost, callTimeoutMs });
  return wrapRpc === undefined ? rpc : wrapRpc(rpc);
}

async function exists(rest: RestCalls, { dataset }: DatasetRef): Promise<boolean> {
  try {
    await rest.request({ method: 'GET', path: `/datasets/${dataset}` });
    return true;
  } catch (error) {
    if (error instanceof RestError && error.isNotFound) return false;
    throw error;
  }
}

async function removeDataset(rest: RestCalls, ref: DatasetRef): Promise<void> {
  if (!ref.dataset.startsWith(DATASET_PREFIX)) throw new RangeError(`not ours to remove: ${quotedTable(ref, '')}`);
  await rest.request({
    method: 'DELETE',
    path: `/datasets/${ref.dataset}`,
    query: { deleteContents: true },
    mayBeEmpty: true,
  });
}
