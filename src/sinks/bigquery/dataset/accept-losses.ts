/**
 * What an operator accepts about a table that was lost or restored: rows that are given up are written down first, and what the
 * streams of the table of before had taken is over.
 */

import { ConfigurationError } from '../../../base/errors.ts';
import { DATA_TABLES, type DataTable } from '../../../payments/types.ts';
import { quotedTable } from '../identifiers.ts';
import { intParameter, rowsParameter, textParameter } from '../query/query-values.ts';
import type { ApplyOrder, ApplyParts } from './apply-order.ts';
import type { Assessment } from './inspect.ts';
import { lookAtDataset } from './look-at-dataset.ts';
import { IRREPLACEABLE } from './mend.ts';
import { LOSSES_TABLE } from './names.ts';
import { LOSS_LABEL, markTable } from './table-labels.ts';

/** Writes down what is given up, before anything is made. */
export async function acceptLosses(parts: ApplyParts, order: ApplyOrder, assessment: Assessment): Promise<void> {
  const lost = [...(order.accepting?.lost ?? [])];
  if (lost.length === 0) return;
  const { jobs, dataset, rest, runtime, statements } = parts;
  const make = (await statements()).tables.get(LOSSES_TABLE)!;
  await jobs.change({ what: `table ${LOSSES_TABLE}`, sql: make });
  const rows = lost.flatMap((table) => {
    const losses = assessment.losses.filter((loss) => loss.table === table);
    const countsOf = new Map(assessment.counts?.partitions.map((counts) => [counts.partition, counts]));
    const told = losses.map(({ partition, promised, found }) => ({
      table_name: table,
      kafka_partition: partition ?? -1,
      rows_lost: promised - found,
      below_offset: (partition === undefined ? undefined : countsOf.get(partition)?.nextOffset) ?? -1,
    }));
    return told.length > 0 ? told : [{ table_name: table, kafka_partition: -1, rows_lost: 0, below_offset: -1 }];
  });
  await jobs.change({
    what: `accepted losses of ${lost.join(', ')}`,
    sql: `INSERT INTO ${quotedTable(dataset, LOSSES_TABLE)}
  (table_name, kafka_partition, rows_lost, below_offset, reason, accepted_by, accepted_at)
SELECT l.table_name, NULLIF(l.kafka_partition, -1), l.rows_lost, NULLIF(l.below_offset, -1), @reason, @accepted_by,
  TIMESTAMP_MILLIS(@now_ms)
FROM UNNEST(@losses) AS l`,
    parameters: [
      textParameter('reason', order.reason ?? ''),
      textParameter('accepted_by', order.by ?? ''),
      intParameter('now_ms', runtime.nowMs()),
      rowsParameter(
        'losses',
        { table_name: 'STRING', kafka_partition: 'INT64', rows_lost: 'INT64', below_offset: 'INT64' },
        rows,
      ),
    ],
  });
  // On tables that are not lost too: a dropped accepted_losses is noticed.
  const { tables } = await lookAtDataset(rest, dataset, ['checkpoint_log', 'partition_ownership', LOSSES_TABLE]);
  for (const [name, found] of tables) {
    if (found !== undefined) await markTable(rest, dataset, name, found, { [LOSS_LABEL]: 'yes' });
  }
}

/** Throws ConfigurationError for a loss that cannot be accepted. */
export function checkAcceptable(order: ApplyOrder, assessment: Assessment): void {
  const { reason = '', by = '', accepting } = order;
  const lost = [...(accepting?.lost ?? [])];
  if (lost.length === 0) return;
  const { counts, losses, toMake, accepted } = assessment;
  const isOther = (name: string): boolean => toMake.includes(name) || accepted.includes(name);
  const problems = lost
    .filter((name) => !isOther(name) && !losses.some(({ table }) => table === name))
    .map((name) => `--accept-loss ${name}: nothing of it is lost`);
  if (reason.trim() === '') problems.push('--reason: is empty; it is recorded in the tables');
  if (by.trim() === '') problems.push('--by: is empty; the name is recorded in the tables');
  // Only a partition with a row somewhere is counted.
  const hasRows = counts !== undefined && counts.partitions.length > 0;
  for (const table of lost.filter((name) => IRREPLACEABLE.has(name))) {
    // Payments that were deleted on purpose: a person's, say.
    if (!hasRows || (table === 'payment_transactions' && !isOther(table))) continue;
    problems.push(
      `--accept-loss ${table}: other tables have rows, and without ${table} they mean nothing. Restore it ` +
        '(`provenonce schema apply` says how), or start over with another BIGQUERY_DATASET',
    );
  }
  if (problems.length > 0) throw new ConfigurationError(problems);
}

/**
 * The streams of a table that is gone take no more rows, and nobody knows how many they took: they leave the lists, by a
 * claim of each partition, and rows past its checkpoint go with them. The next owner yields those again.
 */
export async function dropOldStreams({ queries, runtime }: ApplyParts, accepted: readonly string[]): Promise<void> {
  const replaced = new Set(accepted);
  const dataTables = DATA_TABLES.filter((table) => replaced.has(table));
  if (dataTables.length === 0 && !replaced.has('checkpoint_log')) return;
  for (const topic of await queries.topics()) {
    const owned = (await queries.readOwnership(topic)).filter(({ streams }) =>
      streams.some(({ table }) => replaced.has(table)),
    );
    await queries.claim(
      topic,
      owned.map(({ partition, epoch, streams }) => ({
        partition,
        expectedEpoch: epoch,
        claimId: runtime.uuid(),
        owner: 'schema apply',
        streams: streams.filter(({ table }) => !replaced.has(table)),
      })),
    );
    for (const { partition, startOffset } of owned) {
      const from = (await queries.latestCheckpoint(topic, partition))?.nextOffset ?? startOffset;
      for (const table of dataTables) await removeFrom(queries, table, partition, from);
    }
  }
}

function removeFrom(queries: ApplyParts['queries'], table: DataTable, partition: number, from: number): Promise<void> {
  return queries.removeRows(table, partition, from, Number.MAX_SAFE_INTEGER);
}
