/**
 * The facts of a demo run on real parts, from the topic and from the views of the dataset, as anybody can query them.
 */
import { storedSums } from '../checks/by-sql/assertions.ts';
import { reconcile } from '../checks/by-sql/reconcile.ts';
import type { RealWorld } from '../lab/real/real-world.ts';
import type { DemoFacts } from './demo-facts.ts';

export async function realFacts(world: RealWorld): Promise<DemoFacts> {
  const verified = await world.verify();
  const { days } = await reconcile(world.tables.sql);
  const [[counted], [windows], partitions, fraud, duplicates, sums] = await Promise.all([
    world.query(
      'SELECT COUNT(*) AS total, COUNT(DISTINCT transaction_id) AS ids FROM `{dataset}.payment_transactions`',
    ),
    world.query('SELECT COUNT(DISTINCT window_start) AS closed FROM `{dataset}.payment_metrics_partials`'),
    world.query(
      'SELECT kafka_partition, consumed, accepted, duplicates, late, rejected FROM `{dataset}.pipeline_health` ORDER BY kafka_partition',
    ),
    world.query(
      'SELECT risk_amount, SUM(transactions) AS transactions, SUM(high_risk_transactions) AS high_risk, MAX(max_fraud_score) AS max_score FROM `{dataset}.fraud_summary` GROUP BY risk_amount ORDER BY risk_amount',
    ),
    world.query(
      'SELECT CAST(date AS STRING) AS date, accepted, duplicates, conflicts FROM `{dataset}.deduplication_effectiveness` ORDER BY date DESC',
    ),
    storedSums(world.tables.sql),
  ]);
  return {
    verified,
    days,
    rows: Number(counted?.total),
    distinctIds: Number(counted?.ids),
    storedSums: sums,
    closedWindows: Number(windows?.closed),
    partitions: partitions.map((row) => ({
      partition: Number(row.kafka_partition),
      consumed: Number(row.consumed),
      accepted: Number(row.accepted),
      duplicates: Number(row.duplicates),
      late: Number(row.late),
      rejected: Number(row.rejected),
    })),
    fraud: fraud.map((row) => ({
      band: String(row.risk_amount),
      payments: Number(row.transactions),
      highRisk: Number(row.high_risk),
      topScore: Number(row.max_score),
    })),
    duplicates: duplicates.map((row) => ({
      date: String(row.date),
      accepted: Number(row.accepted),
      duplicates: Number(row.duplicates),
      conflicts: Number(row.conflicts),
    })),
  };
}
