/** Opens the sink that the configuration names. What one sink needs is loaded only where it is that sink. */

import type { BigQuerySink } from './bigquery/open-sink.ts';
import type { OpenSinkOptions } from './open-options.ts';
import type { DeltaSink } from './opened-sink.ts';
import type { SinkEndpoint } from './sink-endpoint.ts';

/** Told apart by `kind`. */
export type AnySink = BigQuerySink | DeltaSink;

/** Throws ConfigurationError for names that the sink does not take. Connects to nothing yet. */
export async function openSink(endpoint: SinkEndpoint, options: OpenSinkOptions): Promise<AnySink> {
  switch (endpoint.kind) {
    case 'bigquery':
      return (await import('./bigquery/open-sink.ts')).openBigQuerySink({ ...endpoint, ...options });
    case 'delta':
      return (await import('./delta/open-delta-sink.ts')).openDeltaSink(endpoint, options);
    default:
      return endpoint satisfies never;
  }
}
