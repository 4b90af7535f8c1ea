/**
 * provenonce backfill: adds late payments, or payments of rejected records, to payment_transactions, exactly once, and corrects
 * their windows.
 */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { ConfigurationError } from '../../base/errors.ts';
import { systemRuntime } from '../../base/system-runtime.ts';
import { terminalColumns } from '../../base/text/terminal.ts';
import { readTopic } from '../../kafka/read-topic.ts';
import { type BackfillReport, backfill } from '../../operations/backfill/backfill.ts';
import { backfillText } from '../../operations/backfill/backfill-text.ts';
import type { RecordsFrom } from '../../operations/backfill/rejected-records.ts';
import { BACKFILL_POINTS } from '../../processor/crash-points.ts';
import { silentObserver } from '../../processor/events.ts';
import { DatasetSchemas } from '../../processor/schemas/dataset-schemas.ts';
import type { OpenedSink } from '../../sinks/opened-sink.ts';
import type { KafkaEndpoint } from '../config/kafka-config.ts';
import { kafkaConnection } from '../config/kafka-connection.ts';
import { parseSettings } from '../config/parse-settings.ts';
import { ENDPOINT_SETTINGS, parseEndpoints, parseTopicAndSink } from '../config/process-config.ts';
import { REGISTRY_SETTINGS, registryProblems, schemaParts } from '../config/registry-config.ts';
import { addFlags } from '../config/show-settings.ts';
import { requireTopicOfDataset } from '../dataset-topic.ts';
import { printJson } from '../exit.ts';
import { killAt } from '../kill-at.ts';
import type { AddCommand } from '../main.ts';
import { instant, listOf, wholeNumber } from '../options.ts';
import { print } from '../print.ts';
import { openCommandSink, PATIENCE_MS } from '../sink.ts';

interface Options {
  readonly partition?: readonly number[];
  readonly from?: number;
  readonly to?: number;
  readonly transaction?: readonly string[];
  readonly batch: number;
  readonly list: number;
  readonly rejected?: boolean;
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
    .option('--rejected', 'judge rejected records of the topic again, by the newest rules of their partitions')
    .option('--batch <n>', 'payments of one statement', wholeNumber(1), 1_000)
    .option('--list <n>', 'records named in the report; all are counted', wholeNumber(0), 20)
    .option('--dry-run', 'show what would be added and what is left out, and change nothing')
    .option('--json', 'one JSON document on standard output');
  addFlags(command, { ...ENDPOINT_SETTINGS, ...REGISTRY_SETTINGS }).action(
    async (flags: Options & Record<string, unknown>) => {
      const { partition, from, to, transaction, batch, list, rejected, dryRun, json, ...rest } = flags;
      const { config } = parseTopicAndSink(process.env, rest as Record<string, string>);
      // Late rows hold what is needed: only rejected records are read from the topic.
      const kafka =
        rejected === true ? parseEndpoints(process.env, rest as Record<string, string>).config.kafka : undefined;
      const hit = killAt(process.env.PROVENONCE_CRASH_AT, BACKFILL_POINTS);
      const sink = await openCommandSink(config.sink);
      try {
        await prepare(sink, dryRun === true);
        await requireTopicOfDataset(config.topic, sink);
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
            rejected:
              kafka === undefined
                ? undefined
                : { recordsFrom: topicRecords(kafka), schemas: schemasOf(sink, rest as Record<string, string>) },
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
    },
  );
};

/** For rules whose records name schemas: those of the dataset, and of the registry, which is asked as a processor asks. */
function schemasOf(sink: OpenedSink, flags: Record<string, string>): DatasetSchemas {
  const read = (file: string): string => readFileSync(file, 'utf8');
  const { values, problems } = parseSettings(REGISTRY_SETTINGS, process.env, flags);
  const found = values === undefined ? problems : registryProblems(values, read);
  if (values === undefined || found.length > 0) throw new ConfigurationError(found);
  const parts = schemaParts(values, PATIENCE_MS, read);
  return new DatasetSchemas({ ...parts, runtime: systemRuntime, sink: sink.reads, observer: silentObserver });
}

/** The records of the topic; a record that is no longer there is left out. */
function topicRecords(kafka: KafkaEndpoint): RecordsFrom {
  const connection = kafkaConnection(kafka, 'provenonce-backfill', (file) => readFileSync(file, 'utf8'));
  return async function* (partition, fromOffset) {
    const fromOffsets = new Map([[partition, fromOffset]]);
    const { topic } = kafka;
    for await (const { records } of await readTopic({
      connection,
      topic,
      runtime: systemRuntime,
      partitions: [partition],
      fromOffsets,
    }))
      yield records;
  };
}

/**
 * A dataset of an older release lacks the table of turns and has older views; any other dataset without that table has
 * lost it.
 */
async function prepare(sink: OpenedSink, dryRun: boolean): Promise<void> {
  const missing = await sink.missingTables();
  if (missing.length === 0) return;
  if (dryRun) await sink.requireTables();
  await sink.applySchema();
}

function show(report: BackfillReport, json: boolean): void {
  if (json) printJson(report);
  else print(backfillText(report, terminalColumns(process.stdout, process.env)));
}
