/** The tables and views of a sink as SQL, without connecting to it. */
import { ConfigurationError } from '../base/errors.ts';
import type { SchemaOptions } from './bigquery/dataset/statements.ts';
import { printSchema } from './bigquery/schema.ts';
import type { SinkEndpoint } from './sink-endpoint.ts';

export async function printSinkSchema(
  endpoint: SinkEndpoint,
  options: Pick<SchemaOptions, 'clustering' | 'layout'>,
): Promise<string> {
  switch (endpoint.kind) {
    case 'bigquery':
      return printSchema({ dataset: endpoint, ...options });
    case 'delta':
      throw new ConfigurationError(['SINK=delta: this build has no Delta Lake sink']);
    default:
      return endpoint satisfies never;
  }
}
