/** Rows below each partition's newest checkpoint, against its counters: of a sink that does not count them by itself. */
import { quotedTable } from '../../sinks/bigquery/identifiers.ts';
import type { TableQueries } from './reconcile.ts';

export interface CountedRows {
  /** A line for each table and partition that has fewer rows than the counters say. */
  readonly tooFew: readonly string[];
  readonly tooMany: readonly string[];
}

export async function countRows({ dataset, queries }: TableQueries): Promise<CountedRows> {
  const rows = await queries.runQuery(
    `SELECT kafka_partition, next_offset, accepted, duplicates + late + rejected AS refused, payment_rows, fraud_rows, exception_rows
     FROM ${quotedTable(dataset, 'pipeline_health')} WHERE accepted IS NOT NULL AND NOT rows_match ORDER BY topic, kafka_partition`,
  );
  const compared = rows.flatMap((row) => {
    const { kafka_partition, next_offset, accepted, refused, payment_rows, fraud_rows, exception_rows } = row;
    const of = [
      ['payment_transactions', payment_rows, accepted],
      ['payment_transactions_fraud', fraud_rows, accepted],
      ['payment_exceptions', exception_rows, refused],
    ] as const;
    return of.map(([table, found, promised]) => ({
      more: Number(found) - Number(promised),
      line: `${table}: partition ${kafka_partition} has ${found} rows below offset ${next_offset}, and its counters say ${promised}`,
    }));
  });
  return {
    tooFew: compared.filter(({ more }) => more < 0).map(({ line }) => line),
    tooMany: compared.filter(({ more }) => more > 0).map(({ line }) => line),
  };
}
