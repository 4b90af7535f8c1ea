/** The inputs of `verify` from a real topic and a real dataset. Money is read as text: the checkers parse it themselves. */
import type { DatasetRef } from '../../sinks/bigquery/identifiers.ts';
import type { BigQueryQueries } from '../../sinks/bigquery/query/queries.ts';
import { spooledTables } from './spooled-tables.ts';
import { type TopicSource, topicInputs } from './topic-inputs.ts';
import type { VerifyInputs } from './verify-inputs.ts';

export interface RealInputsOptions extends TopicSource {
  readonly sink: {
    readonly dataset: DatasetRef;
    readonly queries: Pick<BigQueryQueries, 'readOwnership' | 'runQuery' | 'streamQuery'>;
  };
}

export function realInputs(options: RealInputsOptions): VerifyInputs {
  const { topic, sink } = options;
  return {
    topic,
    ...topicInputs(options),
    ownership: () => sink.queries.readOwnership(topic),
    tables: () => spooledTables(sink, topic),
  };
}
