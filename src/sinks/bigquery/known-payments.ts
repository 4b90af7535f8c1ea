/** known_payments for the command that fills it: the table is made when it is first needed. */
import type { KnownPayments } from '../../processor/ports/known-payments.ts';
import { datasetStatements } from './dataset/statements.ts';
import type { DatasetRef } from './identifiers.ts';
import { KNOWN_TABLE, KnownPaymentQueries } from './query/known-payments.ts';
import type { QueryJobs } from './query/query-job.ts';

export function knownPayments(jobs: QueryJobs, dataset: DatasetRef): KnownPayments {
  const queries = new KnownPaymentQueries(jobs, dataset);
  return {
    survey: (query) => queries.survey(query),
    countFrom: (query, fromMs) => queries.countFrom(query, fromMs),
    async fill(list, query) {
      const { tables } = await datasetStatements({ dataset });
      await jobs.change({ what: `table ${KNOWN_TABLE}`, sql: tables.get(KNOWN_TABLE)! });
      await queries.fill(list, query);
    },
    read: (list, fromMs) => queries.read(list, fromMs),
    removeOthers: (list) => queries.removeOthers(list),
  };
}
