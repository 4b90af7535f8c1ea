/** Opens the sink that the configuration names. What one sink needs is loaded only where it is that sink. */

import type { Runtime } from '../base/runtime.ts';
import type { RowLayout } from '../payments/row-layout.ts';
import { type BigQuerySink, openBigQuerySink } from './bigquery/open-sink.ts';
import type { DeltaSink } from './opened-sink.ts';
import type { SinkEndpoint } from './sink-endpoint.ts';

/** A service that is waited for; as the events service.waiting and service.recovered have it. */
export interface SinkWaiting {
  readonly service: string;
  readonly what: string;
  readonly waitedMs: number;
  readonly limitMs: number;
  readonly error: string;
}

export interface OpenSinkOptions {
  readonly runtime: Runtime;
  /** What the rows of these rules hold: the tables must have its columns. Default: no rules. */
  readonly layout?: RowLayout | undefined;
  readonly limits?: {
    /** How long a service may be away. */
    readonly unreachableAfterMs?: number;
    readonly maxInFlightBytes?: number;
    readonly appendDeadlineMs?: number;
  };
  readonly onWaiting?: ((waiting: SinkWaiting) => void) | undefined;
  readonly onRecovered?: ((recovered: Pick<SinkWaiting, 'service' | 'what' | 'waitedMs'>) => void) | undefined;
}

/** Told apart by `kind`. */
export type AnySink = BigQuerySink | DeltaSink;

/** Throws ConfigurationError for names that the sink does not take. Connects to nothing yet. */
export async function openSink(endpoint: SinkEndpoint, options: OpenSinkOptions): Promise<AnySink> {
  switch (endpoint.kind) {
    case 'bigquery':
      return openBigQuerySink({ ...endpoint, ...options });
    case 'delta':
      return (await import('./delta/open-delta-sink.ts')).openDeltaSink(endpoint, options);
    default:
      return endpoint satisfies never;
  }
}
