/** What reading a dataset for `verify` needs of a sink. */
import type { DatasetRef } from '../bigquery/identifiers.ts';
import type { BigQueryQueries } from '../bigquery/queries.ts';

export interface RowQueries {
  readonly dataset: DatasetRef;
  readonly queries: Pick<BigQueryQueries, 'runQuery' | 'streamQuery'>;
}
