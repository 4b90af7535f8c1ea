/** provenonce schema apply|print: the dataset, its tables and views. */
import { InvalidArgumentError, Option } from 'commander';
import { ConfigurationError } from '../../base/errors.ts';
import { layoutOf, type RowLayout } from '../../payments/row-layout.ts';
import { LOSSES_TABLE, TABLES, VIEWS } from '../../sinks/bigquery/dataset/names.ts';
import type { Applied, ViewDifferences } from '../../sinks/opened-sink.ts';
import { printSinkSchema } from '../../sinks/print-schema.ts';
import { parseSettings } from '../config/parse-settings.ts';
import { parseSink } from '../config/process-config.ts';
import { parseRules, RULES_SETTINGS } from '../config/rules-config.ts';
import { PROCESS_SETTINGS, SINK_SETTINGS } from '../config/settings-table.ts';
import { addFlags } from '../config/show-settings.ts';
import { printJson } from '../exit.ts';
import type { AddCommand } from '../main.ts';
import { operatorOption } from '../options.ts';
import { print as printText, printVerbatim } from '../print.ts';
import { openCommandSink } from '../sink.ts';

const CLUSTERING = { clusteringColumns: PROCESS_SETTINGS.clusteringColumns } as const;

type Flags = Record<string, string | boolean | undefined>;
interface ApplyFlags {
  readonly dryRun?: boolean;
  readonly acceptRestored?: string[];
  readonly acceptLoss?: string[];
  readonly reason: string;
  readonly by?: string;
  readonly json?: boolean;
}

export const addCommand: AddCommand = (program) => {
  const schema = program.command('schema').description('the dataset: its tables and views');
  const apply = schema.command('apply').description('create what is missing, and bring the views up to date');
  const print = schema.command('print').description('print the SQL');
  apply
    .option('--dry-run', 'show what would be created, and change nothing')
    .addOption(
      tablesOption(
        '--accept-restored <table>',
        'accept a table that was restored or copied, if its rows match the counters',
      ),
    )
    .addOption(
      tablesOption(
        '--accept-loss <table>',
        'give up the rows that this table has lost; verify lists them from then on',
      ),
    )
    .option('--reason <text>', 'why the rows are given up; recorded in the tables', '')
    .addOption(operatorOption('who gives them up; recorded in the tables').makeOptionMandatory(false));
  for (const command of [apply, print]) {
    addFlags(command, { ...SINK_SETTINGS, ...CLUSTERING, rulesFile: RULES_SETTINGS.rulesFile });
    command.option('--json', 'one JSON document on standard output');
  }
  apply.action(async (flags: ApplyFlags & Flags) => {
    const { dryRun = false, acceptRestored = [], acceptLoss = [], reason, by = '', json, ...rest } = flags;
    const { config } = parseSink(process.env, rest);
    const sink = await openCommandSink(config, layoutOfFile(rest));
    try {
      const accepting = { restored: new Set(acceptRestored), lost: new Set(acceptLoss) };
      const applied = await sink.applySchema(clusteringOf(rest), { accepting, dryRun, reason, by });
      if (json) printJson({ applied: !dryRun, ...sink.place.json, ...applied });
      else printText(appliedText(sink.place.name, applied, dryRun));
    } finally {
      await sink.close();
    }
  });
  print.action(async (flags: Flags) => {
    const { config } = parseSink(process.env, flags);
    const sql = await printSinkSchema(config, { clustering: clusteringOf(flags), layout: layoutOfFile(flags) });
    if (flags.json) printJson({ sql });
    else printVerbatim(sql.trimEnd());
  });
};

/** An option that may be repeated for several tables. */
function tablesOption(flags: string, description: string): Option {
  const names = [...TABLES, LOSSES_TABLE];
  return new Option(flags, `${description}; may be repeated`).argParser((value: string, before: string[] = []) => {
    if (!names.includes(value)) throw new InvalidArgumentError(`It must be one of ${names.join(', ')}.`);
    return [...before, value];
  });
}

export function appliedText(
  name: string,
  { madeDataset, madeTables, markedTables, alteredColumns, warnings, givenUp, views }: Applied,
  dryRun: boolean,
): string {
  const marked = markedTables.filter((table) => !madeTables.includes(table));
  return [
    ...(madeDataset ? [dryRun ? 'would make the dataset' : 'made the dataset'] : []),
    ...givenUp.map((rows) => `${dryRun ? 'would give up for good' : 'gave up'}: ${rows}`),
    ...madeTables.map((table) => `${dryRun ? 'would make' : 'made'} ${table}`),
    ...alteredColumns.map((change) => `${dryRun ? 'would change' : 'changed'} ${change}`),
    ...(marked.length === 0
      ? []
      : [`${dryRun ? 'would mark' : 'marked'} as the tables of this dataset: ${marked.join(', ')}`]),
    ...(views === undefined ? [] : viewLines(views)),
    ...warnings.map((warning) => `warning: ${warning}`),
    dryRun
      ? `${name}: nothing was changed`
      : `${name}: ${TABLES.length} tables and ${VIEWS.length} views are up to date`,
  ].join('\n');
}

function viewLines({ missing, different, unknown }: ViewDifferences): string[] {
  const all = [
    ...missing.map((view) => `would make view ${view}`),
    ...different.map((view) => `would replace view ${view}, whose query differs`),
  ];
  if (unknown.length > 0) {
    all.push(`would replace these views, of which the service does not say how they are made: ${unknown.join(', ')}`);
  }
  return all.length > 0 ? all : ['every view matches this release'];
}

/** What the rows of RULES_FILE hold. */
function layoutOfFile(flags: Flags): RowLayout {
  const rules = parseRules(process.env, flags);
  return layoutOf(rules === undefined ? [] : [rules.rules]);
}

function clusteringOf(flags: Flags): readonly string[] {
  const { values, problems } = parseSettings(CLUSTERING, process.env, flags);
  if (values === undefined) throw new ConfigurationError(problems);
  return values.clusteringColumns;
}
