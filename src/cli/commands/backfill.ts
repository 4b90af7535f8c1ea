/** provenonce backfill: adds late payments to payment_transactions, exactly once, and corrects their windows. */
import { hostname } from 'node:os';
import { systemRuntime } from '../../base/system-runtime.ts';
import { type BackfillReport, backfill } from '../../operations/backfill/backfill.ts';
import { backfillText } from '../../operations/backfill/backfill-text.ts';
import { BACKFILL_POINTS } from '../../processor/crash-points.ts';
import { errorOf } from '../../sinks/bigquery/dataset/findings.ts';
import type { Sink } from '../../sinks/bigquery/open-sink.ts';
import { parseTopicAndBigQuery, TOPIC_AND_BIGQUERY_SETTINGS } from '../config/process-config.ts';
import { addFlags } from '../config/show-settings.ts';
import { requireTopicOfDataset } from '../dataset-topic.ts';
import { printJson } from '../exit.ts';
import { killAt } from '../kill-at.ts';
import type { AddCommand } from '../main.ts';
import { instant, listOf, wholeNumber } from '../options.ts';
import { print } from '../print.ts';
import { openCommandSink } from '../sink.ts';

interface Options {
  readonly partition?: readonly number[];
  readonly from?: number;
  readonly to?: number;
  readonly transaction?: readonly string[];
  readonly batch: number;
  readonly list: number;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export const addCommand: AddCommand = (program) => {
  const command = program
    .command('backfill')
    .description('add late payments to payment_transactions, exactly once, and correct their windows')
    .option('--partition <n>', 'only this Kafka partition; may be repeated', listOf(wholeNumber(0)))
    .option('--from <time>', 'only event times from this on: 2026-11-22 or 2026-11-22T10:00:00Z', instant)
    .option('--to <time>', 'only event times before this', instant)
    .option(
      '--transaction <id>',
      'only this transaction; may be repeated',
      listOf((id) => id),
    )
    .option('--batch <n>', 'payments of one statement', wholeNumber(1), 1_000)
    .option('--list <n>', 'records named in the report; all are counted', wholeNumber(0), 20)
    .option('--dry-run', 'show what would be added and what is left out, and change nothing')
    .option('--json', 'one JSON document on standard output');
  addFlags(command, TOPIC_AND_BIGQUERY_SETTINGS).action(async (flags: Options & Record<string, unknown>) => {
    const { partition, from, to, transaction, batch, list, dryRun, json, ...rest } = flags;
    const { config } = parseTopicAndBigQuery(process.env, rest as Record<string, string>);
    const hit = killAt(process.env.PROVENONCE_CRASH_AT, BACKFILL_POINTS);
    const sink = openCommandSink(config.bigquery);
    try {
      await prepare(sink, dryRun === true);
      await requireTopicOfDataset(config.topic, config.bigquery.dataset, sink.queries);
      const report = await backfill(
        {
          topic: config.topic,
          partitions: partition,
          fromEventTimeMs: from,
          beforeEventTimeMs: to,
          transactionIds: transaction,
        },
        {
          queries: sink.reads,
          backfill: sink.backfill,
          runtime: systemRuntime,
          owner: `${hostname()}-${process.pid}`,
          dryRun: dryRun === true,
          batchRows: batch,
          listMax: list,
          ...(hit === undefined ? {} : { hit }),
        },
      );
      show(report, json === true);
    } finally {
      await sink.close();
    }
  });
};

/**
 * A dataset of an older release lacks the table of turns and has older views; any other dataset without that table has
 * lost it.
 */
async function prepare(sink: Sink, dryRun: boolean): Promise<void> {
  const { toMake, findings } = await sink.inspector.assess(false);
  const error = errorOf(findings);
  if (error !== undefined) throw error;
  if (toMake.length === 0) return;
  if (dryRun) await sink.inspector.requireTables();
  await sink.applySchema();
}

function show(report: BackfillReport, json: boolean): void {
  if (json) printJson(report);
  else print(backfillText(report));
}
