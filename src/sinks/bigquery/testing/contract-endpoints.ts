/** The emulator that contract tests run on, and a dataset of its own for each of them. */
import { inject } from 'vitest';
import { systemRuntime } from '../../../base/system-runtime.ts';
import { type BigQuerySink, type BigQuerySinkOptions, openBigQuerySink } from '../open-sink.ts';
import { RestClient } from '../query/rest-client.ts';

export interface BigQueryEndpoints {
  /** REST host:port. */
  readonly emulatorHost: string;
  /** gRPC host:port. */
  readonly storageEmulatorHost: string;
}

/** From the global set-up of the contract project, or the environment where an emulator was started by hand. */
export function bigQueryEndpoints(): BigQueryEndpoints {
  return {
    emulatorHost: endpoint('bigqueryEmulatorHost', 'BIGQUERY_EMULATOR_HOST'),
    storageEmulatorHost: endpoint('bigqueryStorageEmulatorHost', 'BIGQUERY_STORAGE_EMULATOR_HOST'),
  };
}

function endpoint(key: string, variable: string): string {
  const provided = (inject as (key: string) => unknown)(key);
  const value = typeof provided === 'string' ? provided : process.env[variable];
  if (value === undefined) throw new Error(`no BigQuery emulator: run with the contract project, or set ${variable}`);
  return value;
}

export interface ContractSink extends BigQuerySink, AsyncDisposable {
  /** `project.dataset.table` in backticks. */
  table(name: string): string;
  /** Takes its labels from a table: as the release before left it. */
  unmark(table: string): Promise<void>;
}

/** A sink on a dataset that no other test has, with its schema unless told otherwise. */
export async function contractSink(
  options: Partial<BigQuerySinkOptions> & { readonly withoutSchema?: boolean } = {},
): Promise<ContractSink> {
  const { withoutSchema, ...overrides } = options;
  const sink = openBigQuerySink({
    projectId: 'provenonce-contract',
    dataset: `contract_${systemRuntime.uuid().replaceAll('-', '')}`,
    ...bigQueryEndpoints(),
    runtime: systemRuntime,
    ...overrides,
    limits: { unreachableAfterMs: 20_000, ...overrides.limits },
  });
  if (!withoutSchema) await sink.applySchema();
  return {
    ...sink,
    unmark: async (table) => {
      const { emulatorHost } = bigQueryEndpoints();
      const rest = new RestClient({ dataset: sink.dataset, emulatorHost, requestTimeoutMs: 20_000 });
      const path = `/datasets/${sink.dataset.dataset}/tables/${table}`;
      await rest.request({ method: 'PATCH', path, body: { labels: {} } });
    },
    table: (name) => `\`${sink.dataset.projectId}.${sink.dataset.dataset}.${name}\``,
    [Symbol.asyncDispose]: () => sink.close(),
  };
}
