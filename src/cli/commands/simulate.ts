/** provenonce simulate: sends seeded payments to the topic, and records exactly what was sent. */
import { readFileSync } from 'node:fs';
import { Option } from 'commander';
import { ConfigurationError, UnreachableError } from '../../base/errors.ts';
import { systemRuntime } from '../../base/system-runtime.ts';
import { printable } from '../../base/text/printable.ts';
import type { KafkaConnectionOptions } from '../../kafka/client/connection-options.ts';
import { messageOf, refusalOf } from '../../kafka/client/errors.ts';
import { CREATE_TIME_AFTER_MAX_MS, KafkaAdmin } from '../../kafka/kafka-admin.ts';
import { liveDials } from '../../simulator/live.ts';
import type { SimulationDials } from '../../simulator/plan.ts';
import { runSimulator } from '../../simulator/run-simulator.ts';
import type { SimulationSummary } from '../../simulator/summary.ts';
import { kafkaConnection } from '../config/kafka-connection.ts';
import { parseKafka } from '../config/process-config.ts';
import { duration } from '../config/setting-kinds.ts';
import { KAFKA_SETTINGS } from '../config/settings-table.ts';
import { addFlags } from '../config/show-settings.ts';
import { printJson, stopSignal } from '../exit.ts';
import type { AddCommand } from '../main.ts';
import { share, wholeNumber } from '../options.ts';
import { complain, print, showStatus } from '../print.ts';
import { sendFile } from '../send-file.ts';
import { tableText } from '../table-text.ts';

interface Dials {
  readonly count: number;
  readonly rate: number;
  readonly seed: number;
  readonly partitions: number;
  readonly duplicates: number;
  readonly changed: number;
  readonly late: number;
  readonly future: number;
  readonly malformed: number;
  readonly missingKey: number;
  readonly accounts: number;
  readonly hotAccounts: number;
  readonly hotShare: number;
  readonly span: string;
  readonly live?: boolean;
  readonly watermarkDelay: string;
  readonly ledger?: string;
  readonly records?: string;
  readonly compression: 'none' | 'gzip' | 'zstd';
  readonly createTopic: boolean;
  readonly json?: boolean;
}

/** Maximum wait for the broker. */
const PATIENCE_MS = 60_000;
const DAY_MS = 86_400_000;

export const addCommand: AddCommand = (program) => {
  const command = program
    .command('simulate')
    .description('send seeded payments to the topic, and record exactly what was sent')
    .option('--count <n>', 'total number of records', wholeNumber(1), 10_000)
    .option('--rate <n>', 'records per second; 0: as fast as possible', wholeNumber(0), 0)
    .option('--seed <n>', 'the same seed and dials give the same payments', wholeNumber(0), 1)
    .option('--partitions <n>', 'partitions of the topic if this command creates it', wholeNumber(1), 4)
    .option('--duplicates <share>', 'share of copies', share, 0.03)
    .option('--changed <share>', 'share of the copies whose amount or device differs', share, 0.2)
    .option('--late <share>', 'share of payments older than the watermark', share, 0.01)
    .option('--future <share>', 'share of payments past the allowed skew', share, 0.001)
    .option('--malformed <share>', 'share of records that are not valid payments', share, 0.002)
    .option('--missing-key <share>', 'share of records without a key', share, 0.0005)
    .option('--accounts <n>', 'sender accounts', wholeNumber(1), 2_000)
    .option('--hot-accounts <n>', 'accounts that send more than their share', wholeNumber(0), 4)
    .option('--hot-share <share>', 'share of payments that the hot accounts send', share, 0.1)
    .option('--span <duration>', 'event time that the run covers, up to now', '1h')
    .option('--live', 'event times follow the clock, with new ids in every run (needs --rate; replaces --span)')
    .option('--watermark-delay <duration>', 'WATERMARK_DELAY of the processor; it decides what is late', '1h')
    .option('--ledger <file>', 'write every record sent to this file, one JSON object per line')
    .option('--records <file>', 'send the records of this file instead, one a line: a key, a tab and a value')
    .addOption(
      new Option('--compression <codec>', 'compression of the batches')
        .choices(['none', 'gzip', 'zstd'])
        .default('none'),
    )
    .option('--no-create-topic', 'fail if the topic does not exist, instead of creating it')
    .option('--json', 'one JSON document on standard output');
  addFlags(command, KAFKA_SETTINGS).action(simulate);
};

async function simulate(flags: Dials & Record<string, unknown>): Promise<void> {
  const { config } = parseKafka(process.env, textFlags(flags));
  const connection = kafkaConnection(config, 'provenonce-simulator', (file) => readFileSync(file, 'utf8'));
  // Wrong dials are refused before the wait for Kafka; live ones begin when it answers.
  dialsOf(flags);
  const partitions = await partitionsOf(connection, config.topic, flags);
  const kafka = { connection, topic: config.topic, compression: flags.compression, patienceMs: PATIENCE_MS };
  if (flags.records !== undefined) {
    const sent = await sendFile(flags.records, partitions, kafka);
    if (flags.json) printJson({ sent });
    else print(`${sent} records of ${flags.records} acknowledged in ${printable(config.topic)}`);
    return;
  }
  const summary = await runSimulator(
    {
      dials: { ...dialsOf(flags), partitions },
      kafka,
      ...(flags.ledger === undefined ? {} : { ledgerPath: flags.ledger }),
      signal: stopSignal(),
      ...(process.stderr.isTTY && !flags.json ? { onProgress: showProgress } : {}),
    },
    systemRuntime,
  );
  if (flags.json) printJson(summary);
  else print(summaryText(config.topic, summary));
}

function dialsOf(flags: Dials): SimulationDials {
  return {
    count: flags.count,
    ratePerSecond: flags.rate,
    seed: flags.seed,
    duplicateShare: flags.duplicates,
    changedShare: flags.changed,
    lateShare: flags.late,
    futureShare: flags.future,
    malformedShare: flags.malformed,
    missingKeyShare: flags.missingKey,
    accounts: flags.accounts,
    hotAccounts: flags.hotAccounts,
    hotShare: flags.hotAccounts === 0 ? 0 : flags.hotShare,
    watermarkDelayMs: durationOf('--watermark-delay', flags.watermarkDelay),
    ...(flags.live
      ? liveDials({ ...flags, ratePerSecond: flags.rate }, systemRuntime.nowMs())
      : { spanMs: durationOf('--span', flags.span) }),
  };
}

function durationOf(flag: string, text: string): number {
  const parsed = duration(0, 365 * DAY_MS).schema.safeParse(text);
  if (!parsed.success)
    throw new ConfigurationError([`${flag} is ${JSON.stringify(text)}: ${parsed.error.issues[0]?.message}`]);
  return parsed.data;
}

/** The topic's partition count. Creates a missing topic if that is allowed. */
async function partitionsOf(connection: KafkaConnectionOptions, topic: string, flags: Dials): Promise<number> {
  await using admin = await connectAdmin(connection);
  const existing = await admin.partitionCount(topic);
  if (existing !== undefined) return existing;
  if (!flags.createTopic)
    throw new ConfigurationError([`topic ${topic} does not exist, and --no-create-topic was given`]);
  await admin.createTopic({
    topic,
    partitions: flags.partitions,
    timestamps: { createTimeAfterMaxMs: CREATE_TIME_AFTER_MAX_MS },
  });
  return flags.partitions;
}

/** Waits for the broker, and reports that it waits. */
async function connectAdmin(connection: KafkaConnectionOptions): Promise<KafkaAdmin> {
  const untilMs = systemRuntime.nowMs() + PATIENCE_MS;
  for (;;) {
    try {
      return await KafkaAdmin.connect(connection);
    } catch (cause) {
      const refusal = refusalOf(cause, `Kafka at ${connection.brokers.join(',')}`);
      if (refusal !== undefined) throw refusal;
      const why = `Kafka at ${connection.brokers.join(',')} cannot be reached: ${messageOf(cause)}`;
      if (systemRuntime.nowMs() >= untilMs) throw new UnreachableError(why, { cause });
      complain(`${why}; retrying`);
      await systemRuntime.sleep(2_000);
    }
  }
}

/** The flags that are settings; commander passes them as text. */
function textFlags(flags: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(flags).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function showProgress({ sent, count }: { sent: number; count: number }): void {
  showStatus(`${sent.toLocaleString('en')} of ${count.toLocaleString('en')} sent`);
}

export function summaryText(topic: string, summary: SimulationSummary): string {
  const format = (n: number): string => n.toLocaleString('en');
  const kinds = Object.entries(summary.byKind).filter(([, n]) => n > 0);
  const sums = Object.entries(summary.expectedSums);
  return [
    tableText(
      ['kind', 'records'],
      kinds.map(([kind, n]) => [kind, format(n)]),
    ),
    tableText(
      ['currency', 'payments to accept', 'amount'],
      sums.map(([currency, { count, amount }]) => [currency, format(count), amount]),
    ),
    `${format(summary.acked)} records acknowledged in ${printable(topic)}, ${format(summary.eventsPerSecond)}/s${summary.complete ? '' : '; stopped before the end'}`,
    ...(summary.unknown > 0
      ? [`${format(summary.unknown)} records without an acknowledgement: they may be in the log`]
      : []),
  ].join('\n');
}
