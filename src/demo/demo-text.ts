/** The end of a demo as text: tables that fit the window, verdicts that can be read without colour. */
import Table from 'cli-table3';
import pc from 'picocolors';
import type { RealWorld } from '../lab/real/real-world.ts';
import type { DemoCheck } from './demo-checks.ts';
import type { StoryResult } from './demo-story.ts';

const COUNT = new Intl.NumberFormat('en');

export async function summaryText(world: RealWorld, { sent, survived, flowMs }: StoryResult): Promise<string> {
  const [days, partitions, fraud, dedup] = await Promise.all([
    world.query(
      'SELECT CAST(date AS STRING) AS date, unique_transactions, total_rows, CAST(total_amount AS STRING) AS total_amount, reconciliation_status FROM `{dataset}.daily_reconciliation` ORDER BY date DESC',
    ),
    world.query(
      'SELECT kafka_partition, epoch, next_offset, consumed, accepted, duplicates, late, rejected FROM `{dataset}.pipeline_health` ORDER BY kafka_partition',
    ),
    world.query(
      'SELECT risk_amount, SUM(transactions) AS transactions, SUM(high_risk_transactions) AS high_risk, MAX(max_fraud_score) AS max_score FROM `{dataset}.fraud_summary` GROUP BY risk_amount ORDER BY risk_amount',
    ),
    world.query(
      'SELECT CAST(date AS STRING) AS date, accepted, duplicates, conflicts, duplicate_rate_pct, assessment FROM `{dataset}.deduplication_effectiveness` ORDER BY date DESC',
    ),
  ]);
  const perSecond = Math.round(sent.acked / (flowMs / 1000));
  const restart =
    survived.restartToFirstRowMs === undefined ? 'no rows' : `${(survived.restartToFirstRowMs / 1000).toFixed(1)} s`;
  return [
    section('Reconciliation', ['day', 'distinct ids', 'rows', 'amount', 'status'], days),
    section(
      'Conservation',
      ['partition', 'epoch', 'next offset', 'consumed', 'accepted', 'duplicate', 'late', 'rejected'],
      partitions,
    ),
    section('Fraud', ['amount band', 'payments', 'high risk', 'top score'], fraud),
    section('Deduplication', ['day', 'accepted', 'duplicates', 'of these changed', 'rate %', 'range'], dedup),
    pc.bold('Survived'),
    `  one kill -9 in the middle of a batch: ${COUNT.format(survived.rowsFoundPastCheckpoint)} rows were found past the checkpoint, compared with the log, and not written again`,
    `  one deleted checkpoint: ${COUNT.format(survived.idsRebuilt)} remembered ids rebuilt from BigQuery; restart to first new row ${restart}`,
    `  ${survived.takeovers} takeovers, ${survived.streamsFinalized} write streams finalized`,
    `  ${COUNT.format(sent.acked)} events in ${(flowMs / 1000).toFixed(1)} s from first send to last checkpoint, crash and rebalance included: ${COUNT.format(perSecond)}/s`,
  ].join('\n');
}

export function checksText(checks: readonly DemoCheck[]): string {
  const lines = checks.map(
    ({ what, pass, detail }) => `  ${pass ? pc.green('PASS') : pc.red('FAIL')}  ${what}  ${pc.dim(detail)}`,
  );
  return [pc.bold('Checks'), ...lines].join('\n');
}

function section(title: string, head: string[], rows: readonly Record<string, unknown>[]): string {
  const table = new Table({
    head,
    style: { head: [], border: [] },
    colAligns: head.map((_, i) => (i === 0 ? 'left' : 'right')),
  });
  for (const row of rows) table.push(Object.values(row).map(cell));
  return `${pc.bold(title)}\n${table.toString()}\n`;
}

function cell(value: unknown): string {
  if (typeof value === 'number' || typeof value === 'bigint') return COUNT.format(value);
  return value === null ? '-' : String(value);
}
