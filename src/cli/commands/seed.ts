/** provenonce seed: where the topic begins, and what another pipeline has written already, before a processor runs. */
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { ConfigurationError } from '../../base/errors.ts';
import { systemRuntime } from '../../base/system-runtime.ts';
import { seedText } from '../../operations/seeding/seed-text.ts';
import {
  lookBeforeSeeding,
  planSeed,
  type SeedLook,
  type SeedOrder,
  type SeedPorts,
  seedTopic,
} from '../../operations/seeding/seed-topic.ts';
import { layoutOf } from '../../payments/row-layout.ts';
import { compileEntry } from '../../payments/settings.ts';
import { silentObserver } from '../../processor/events.ts';
import { firstLook } from '../../processor/first-look.ts';
import type { LogSource } from '../../processor/ports.ts';
import type { ProcessorSettings } from '../../processor/settings.ts';
import { entryOf } from '../../processor/takeover/next-entry.ts';
import { minEventTimeOf } from '../../processor/topic-checks.ts';
import type { OpenedSink } from '../../sinks/opened-sink.ts';
import { ALL_SETTINGS, parseConfig } from '../config/process-config.ts';
import { addFlags } from '../config/show-settings.ts';
import { printJson, stopSignal } from '../exit.ts';
import type { AddCommand } from '../main.ts';
import { instant } from '../options.ts';
import { complain, print } from '../print.ts';
import { openLog, settingsOf } from '../run-from-config.ts';
import { openCommandSink } from '../sink.ts';

interface SeedFlags {
  readonly knownIds?: string;
  readonly lateBefore?: number;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export const addCommand: AddCommand = (program) => {
  const command = program
    .command('seed')
    .description('set where the topic begins, and which payments another pipeline has written, before a processor runs')
    .option(
      '--known-ids <query>',
      'SELECT with the columns transaction_id and event_time, of what another pipeline wrote; @FILE reads it from a file',
    )
    .option(
      '--late-before <time>',
      'payments with an earlier event time are late. Default: from the known ids',
      instant,
    )
    .option('--dry-run', 'show what would be seeded, and change nothing')
    .option('--json', 'one JSON document on standard output');
  addFlags(command, ALL_SETTINGS).action(async (flags: SeedFlags & Record<string, unknown>) => {
    const { knownIds, lateBefore, dryRun = false, json, ...rest } = flags;
    const { config } = parseConfig(process.env, rest as Record<string, string>);
    if (lateBefore !== undefined && knownIds === undefined)
      throw new ConfigurationError(['--late-before: only with --known-ids']);
    const owner = `${hostname()}-${process.pid}`;
    const settings = settingsOf(config, owner);
    const order: SeedOrder = { settings, query: knownIds && queryOf(knownIds), lateBeforeMs: lateBefore };
    const { rules } = config.rules;
    const sink = await openCommandSink(config.sink, layoutOf(rules === undefined ? [] : [rules.rules]));
    const log = openLog(config, { owner, observer: silentObserver }, undefined);
    try {
      const reads = { ...sink.reads, topics: () => sink.topics() };
      const ports = { log, sink: reads, known: sink.known, runtime: systemRuntime, look: lookOf(settings, log, false) };
      const withoutTables = { ...ports, look: lookOf(settings, log, true) };
      const { clusteringColumns } = config.process;
      const looked = await prepare(sink, dryRun, clusteringColumns, () => lookBeforeSeeding(order, withoutTables));
      const plan = await (dryRun ? planSeed(order, ports, looked) : seedTopic(order, ports, looked));
      if (json) printJson({ ...plan, dryRun });
      else print(seedText(plan, dryRun));
    } finally {
      await log.stop();
      await sink.close();
    }
  });
};

/** As a processor looks at a new dataset. Records that name a schema are left to the processor, which can ask for it. */
function lookOf(settings: ProcessorSettings, log: LogSource, isBeforeTables: boolean): SeedPorts['look'] {
  const { topic, acceptNothing, rules, rulesFile } = settings;
  if (acceptNothing || (rules !== undefined && rules.rules.event.format !== 'json')) return undefined;
  const ports = { log, runtime: systemRuntime, observer: silentObserver };
  return (startOffsets) =>
    firstLook(
      {
        topic,
        startOffsets,
        minEventTimeMs: minEventTimeOf(settings, systemRuntime),
        settings: compileEntry(entryOf(settings, 0)),
        // It ends at the end of the log, also where that is before there is a payment.
        untilCaughtUp: true,
        isBeforeTables,
        rulesFile,
        isSeeded: async () => false,
      },
      ports,
      stopSignal(),
    );
}

function queryOf(given: string): string {
  if (!given.startsWith('@')) return given;
  const file = given.slice(1);
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigurationError([
      `--known-ids @${file}: cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    ]);
  }
}

/**
 * Makes the tables, as `process` does at its first start: once the topic was looked at, if there are none. A dry run makes none. Resolves
 * with what was seen where it looked.
 */
async function prepare(
  sink: OpenedSink,
  dryRun: boolean,
  clustering: readonly string[],
  look: () => Promise<SeedLook>,
): Promise<SeedLook | undefined> {
  if (dryRun) return (await sink.missingTables()).includes('partition_ownership') ? await look() : undefined;
  let looked: SeedLook | undefined;
  const beforeFirst = async (): Promise<void> => {
    looked = await look();
  };
  const { warnings } = await sink.prepare({ clustering, beforeFirst });
  for (const warning of warnings) complain(warning);
  return looked;
}
