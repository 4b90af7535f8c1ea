/** A dataset of a few rows on the emulator: three payments and two exceptions below a checkpoint of an owner's first epoch. */
import { type ContractSink, contractSink } from '../../testing/contract-endpoints.ts';
import {
  acceptedRow,
  appendRows,
  checkpoint,
  exceptionRow,
  FIXED,
  partialRow,
  settings,
} from '../../testing/sample-rows.ts';

export const TOPIC = 'payments';

/** To be closed by the caller. */
export async function filledDataset(): Promise<ContractSink> {
  const sink = await contractSink();
  const seed = { partition: 0, partitionCount: 1, startOffset: 0, fixed: FIXED, history: [settings(0)] };
  await sink.queries.seed(TOPIC, [seed]);
  await sink.queries.claim(TOPIC, [{ partition: 0, expectedEpoch: 0, claimId: 'c', owner: 'o', streams: [] }]);
  await appendRows(
    sink,
    'payment_transactions',
    [0, 1, 2].map((offset) => acceptedRow(offset)),
  );
  await appendRows(
    sink,
    'payment_transactions_fraud',
    [0, 1, 2].map((offset) => acceptedRow(offset)),
  );
  await appendRows(sink, 'payment_exceptions', [exceptionRow(3), exceptionRow(4, { disposition: 'late' })]);
  await appendRows(sink, 'payment_metrics_partials', [partialRow(2)]);
  const counters = { consumed: 5, accepted: 3, duplicates: 1, late: 1, rejected: 0 };
  const streamOffsets = {
    payment_transactions: 3,
    payment_transactions_fraud: 3,
    payment_exceptions: 2,
    payment_metrics_partials: 1,
  };
  await appendRows(sink, 'checkpoint_log', [checkpoint(5, { counters, streamOffsets })]);
  return sink;
}

/** One statement, as an operator runs it by hand. */
export async function changeByHand(sink: ContractSink, sql: string): Promise<void> {
  await sink.jobs.change({ what: sql.slice(0, 40), sql });
}

/** The one row of the view `pipeline_health`. */
export async function healthOf(sink: ContractSink): Promise<Record<string, unknown>> {
  const [row] = await sink.queries.runQuery(`SELECT * FROM ${sink.table('pipeline_health')}`);
  return row!;
}
