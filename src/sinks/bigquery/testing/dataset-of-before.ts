/** The tables as release 0.2.0 made them: every role of a payment is REQUIRED. */
import { datasetStatements } from '../dataset/statements.ts';
import type { BigQuerySink } from '../open-sink.ts';

export const RELAXED_ROLES = ['receiver_account_id', 'device_id', 'ip_address', 'region', 'payment_method'] as const;

/** Makes the dataset, with all tables and views. */
export async function makeDatasetOfBefore(sink: BigQuerySink): Promise<void> {
  const { makeDataset, tables } = await datasetStatements({ dataset: sink.dataset });
  await sink.jobs.change({ what: 'dataset', sql: makeDataset });
  for (const table of ['payment_transactions', 'payment_transactions_fraud']) {
    const sql = tables.get(table)!.replace(/^( {2}(\w+) STRING)(,?)$/gm, '$1 NOT NULL$3');
    await sink.jobs.change({ what: table, sql });
  }
  await sink.applySchema();
}
