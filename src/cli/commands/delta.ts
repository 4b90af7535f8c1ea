/** provenonce delta compact|vacuum: upkeep of Delta tables, beside running processors. */
import { InvalidArgumentError } from 'commander';
import { ConfigurationError } from '../../base/errors.ts';
import { textOfLines } from '../../base/text/printable.ts';
import type { AnySink } from '../../sinks/open-sink.ts';
import type { CompactedTable, DeltaSink, VacuumedTable } from '../../sinks/opened-sink.ts';
import { parseSink } from '../config/process-config.ts';
import { SINK_SETTINGS } from '../config/settings-table.ts';
import { addFlags } from '../config/show-settings.ts';
import { printJson } from '../exit.ts';
import type { AddCommand } from '../main.ts';
import { listOf, wholeNumber } from '../options.ts';
import { print } from '../print.ts';
import { openCommandSink } from '../sink.ts';
import { tableText } from '../table-text.ts';

const DAY_MS = 86_400_000;
/** As long as a log remembers what it removed. */
const DEFAULT_DAYS = 7;

interface UpkeepFlags {
  readonly table?: readonly string[];
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

interface VacuumFlags extends UpkeepFlags {
  readonly retentionDays: number;
  readonly list: number;
}

export const addCommand: AddCommand = (program) => {
  const delta = program
    .command('delta')
    .description('upkeep of the Delta tables: compact small files, delete old ones');
  const compact = delta
    .command('compact')
    .description('move the rows of small files into larger ones; no row changes, and processors may run');
  const vacuum = delta
    .command('vacuum')
    .description('delete files that no version of the last days has, and what a crash left; processors may run')
    .option(
      '--retention-days <n>',
      'keep what was removed or uploaded in the last n days, 1 to 7',
      wholeNumber(1),
      DEFAULT_DAYS,
    )
    .option('--list <n>', 'files named for each table; all are counted', wholeNumber(0), 5);
  for (const command of [compact, vacuum]) {
    command
      .option('--table <name>', 'only this table; may be repeated', listOf(tableName))
      .option('--dry-run', 'show what would be done, and change nothing')
      .option('--json', 'one JSON document on standard output');
    addFlags(command, SINK_SETTINGS);
  }
  compact.action(async ({ table, dryRun = false, json, ...rest }: UpkeepFlags & Record<string, unknown>) => {
    const tables = await withTables(rest, (sink) => sink.upkeep.compact({ tables: table, dryRun }));
    if (json) printJson({ dryRun, tables });
    else print(compactedText(tables, dryRun));
  });
  vacuum.action(async (flags: VacuumFlags & Record<string, unknown>) => {
    const { table, dryRun = false, json, retentionDays, list, ...rest } = flags;
    const order = { tables: table, dryRun, retentionMs: retentionDays * DAY_MS, listMax: list };
    const tables = await withTables(rest, (sink) => sink.upkeep.vacuum(order));
    if (json) printJson({ dryRun, tables });
    else print(vacuumedText(tables, dryRun));
  });
};

/** A name in lower case; that there is such a table, the sink knows. */
function tableName(text: string): string {
  if (!/^[a-z_]{1,64}$/.test(text)) throw new InvalidArgumentError('must be the name of a table.');
  return text;
}

async function withTables<T>(flags: Record<string, unknown>, work: (sink: DeltaSink) => Promise<T>): Promise<T> {
  const { config } = parseSink(process.env, flags as Record<string, string>);
  const sink = await openCommandSink(config);
  try {
    const delta = deltaOf(sink);
    await delta.requireTables();
    return await work(delta);
  } finally {
    await sink.close();
  }
}

function deltaOf(sink: AnySink): DeltaSink {
  if (sink.kind === 'delta') return sink;
  throw new ConfigurationError([
    `\`provenonce delta\` works on Delta tables, and SINK is ${sink.kind}: set SINK=delta and DELTA_LOCATION`,
  ]);
}

export function compactedText(tables: readonly CompactedTable[], dryRun: boolean): string {
  const done = tables.filter(({ filesBefore, skippedFiles }) => filesBefore + skippedFiles > 0);
  if (done.length === 0) return 'No table has small files to move together.';
  const head = ['table', dryRun ? 'files that would go' : 'files gone', 'in their place', 'rows', 'MB', 'left'];
  return tableText(
    head,
    done.map(({ table, filesBefore, filesAfter, rows, byteLength, skippedFiles }) => [
      table,
      ...[filesBefore, filesAfter, rows, megabytes(byteLength), skippedFiles].map(String),
    ]),
  );
}

export function vacuumedText(tables: readonly VacuumedTable[], dryRun: boolean): string {
  const head = ['table', dryRun ? 'would be deleted' : 'deleted', 'of them orphans', 'MB', 'kept for now'];
  const rows = tables.map(({ table, files, orphans, byteLength, keptFiles }) => [
    table,
    ...[files, orphans, megabytes(byteLength), keptFiles].map(String),
  ]);
  const named = tables.flatMap(({ table, files, paths }) => [
    ...paths.map((path) => `${table}/${path}`),
    ...(files > paths.length ? [`and ${files - paths.length} more of ${table}`] : []),
  ]);
  return `${tableText(head, rows)}${named.length === 0 ? '' : `\n${textOfLines(named)}`}`;
}

function megabytes(byteLength: number): string {
  return (byteLength / 1e6).toFixed(1);
}
