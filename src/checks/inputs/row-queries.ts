/** What reading a dataset for `verify` needs of a sink. */
import type { DatasetRef } from '../../sinks/bigquery/identifiers.ts';
import type { BigQueryQueries } from '../../sinks/bigquery/query/queries.ts';

export interface RowQueries {
  readonly dataset: DatasetRef;
  readonly queries: Pick<BigQueryQueries, 'runQuery' | 'streamQuery'>;
}
