/** The emulator as an endpoint that may lie about one thing at a time, with a dataset that the tests of a file share. */
import { systemRuntime } from '../../base/system-runtime.ts';
import type { RestCalls } from '../../sinks/bigquery/query/rest-client.ts';
import { bigQueryEndpoints } from '../../sinks/bigquery/testing/contract-endpoints.ts';
import type { WriteRpc } from '../../sinks/bigquery/write/write-rpc.ts';
import { type ConformanceOptions, type ConformanceReport, PARTITIONS, tryNeeds } from '../conformance.ts';
import { newDatasetName, type OpenEndpoint, openEndpoint } from '../open-endpoint.ts';

export const PROJECT = 'provenonce-contract';

/** What is answered or asked otherwise than by the emulator. */
export interface Lie {
  readonly rpc?: (rpc: WriteRpc) => Partial<WriteRpc>;
  readonly rest?: (sql: string) => string;
}

export class LyingEndpoint {
  #open: OpenEndpoint | undefined;
  #lie: Lie = {};
  #nextPartition = 0;

  static async open(): Promise<LyingEndpoint> {
    const endpoint = new LyingEndpoint();
    endpoint.#open = await openEndpoint(
      { projectId: PROJECT, dataset: newDatasetName(systemRuntime) },
      {
        projectId: PROJECT,
        ...bigQueryEndpoints(),
        runtime: systemRuntime,
        wrapRpc: (rpc) => endpoint.#lyingRpc(rpc),
        wrapRest: (rest) => endpoint.#lyingRest(rest),
      },
    );
    return endpoint;
  }

  get dataset(): OpenEndpoint['endpoint']['dataset'] {
    return this.#open!.endpoint.dataset;
  }

  /** Removes the dataset. */
  async close(): Promise<void> {
    await this.#open!.close(false);
  }

  /** On rows of its own: all tests of a file share one dataset. */
  async tried(options: ConformanceOptions = {}, lie: Lie = {}): Promise<ConformanceReport> {
    this.#nextPartition += PARTITIONS;
    this.#lie = lie;
    try {
      return await tryNeeds(this.#open!.endpoint, { ...options, firstPartition: this.#nextPartition - PARTITIONS });
    } finally {
      this.#lie = {};
    }
  }

  #lyingRpc(rpc: WriteRpc): WriteRpc {
    const lies = (): Partial<WriteRpc> => this.#lie.rpc?.(rpc) ?? {};
    return {
      createWriteStream: (path) => (lies().createWriteStream ?? rpc.createWriteStream.bind(rpc))(path),
      finalizeWriteStream: (name) => (lies().finalizeWriteStream ?? rpc.finalizeWriteStream.bind(rpc))(name),
      appendRows: (name, handlers) => (lies().appendRows ?? rpc.appendRows.bind(rpc))(name, handlers),
      close: () => rpc.close(),
    };
  }

  #lyingRest(rest: RestCalls): RestCalls {
    return {
      location: rest.location,
      request: (request) => {
        const text = JSON.stringify(request.body ?? null);
        const body = JSON.parse(this.#lie.rest?.(text) ?? text) as object | null;
        return rest.request(body === null ? request : { ...request, body });
      },
    };
  }
}
