/** provenonce schema apply|print: the dataset, its tables and views. */
import { printSchema } from '../../bigquery/schema.ts';
import { ConfigurationError } from '../../processor/errors.ts';
import { parseSettings } from '../config/parse-settings.ts';
import { parseBigQuery } from '../config/process-config.ts';
import { BIGQUERY_SETTINGS, PROCESS_SETTINGS } from '../config/settings-table.ts';
import { addFlags } from '../config/show-settings.ts';
import { printJson } from '../exit.ts';
import type { AddCommand } from '../main.ts';
import { print as printText } from '../print.ts';
import { openCommandSink } from '../sink.ts';

const CLUSTERING = { clusteringColumns: PROCESS_SETTINGS.clusteringColumns } as const;

type Flags = Record<string, string | boolean | undefined>;

export const addCommand: AddCommand = (program) => {
  const schema = program.command('schema').description('the dataset: seven tables and ten views');
  const apply = schema.command('apply').description('create what is missing, and bring the views up to date');
  const print = schema.command('print').description('print the SQL');
  for (const command of [apply, print]) {
    addFlags(command, { ...BIGQUERY_SETTINGS, ...CLUSTERING });
    command.option('--json', 'one JSON document on standard output');
  }
  apply.action(async (flags: Flags) => {
    const { config } = parseBigQuery(process.env, flags);
    const sink = openCommandSink(config);
    try {
      await sink.applySchema(clusteringOf(flags));
    } finally {
      await sink.close();
    }
    const { projectId, dataset } = config;
    if (flags.json) printJson({ applied: true, projectId, dataset });
    else printText(`${projectId}.${dataset}: 7 tables and 10 views are up to date`);
  });
  print.action(async (flags: Flags) => {
    const { config } = parseBigQuery(process.env, flags);
    const sql = await printSchema({ dataset: config, clustering: clusteringOf(flags) });
    if (flags.json) printJson({ sql });
    else printText(sql.trimEnd());
  });
};

function clusteringOf(flags: Flags): readonly string[] {
  const { values, problems } = parseSettings(CLUSTERING, process.env, flags);
  if (values === undefined) throw new ConfigurationError(problems);
  return values.clusteringColumns;
}
