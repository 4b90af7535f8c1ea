/** provenonce reconcile: checks, day by day, that every transaction is there once. */
import { rename, writeFile } from 'node:fs/promises';
import { ContradictionError } from '../../base/errors.ts';
import { systemRuntime } from '../../base/system-runtime.ts';
import { reconcile, reconciliationTable } from '../../checks/by-sql/reconcile.ts';
import { countRows } from '../../checks/by-sql/row-counters.ts';
import { tableQueries } from '../../checks/by-sql/table-queries.ts';
import { VERDICT_EXIT_CODES } from '../../checks/verify.ts';
import { reconciliationText } from '../../observability/reconciliation-metrics.ts';
import { type ComparedRows, comparisonJson, comparisonText } from '../../sinks/compared-rows.ts';
import type { AnySink } from '../../sinks/open-sink.ts';
import { parseSink } from '../config/process-config.ts';
import { SINK_SETTINGS } from '../config/settings-table.ts';
import { addFlags } from '../config/show-settings.ts';
import { failWith, lostDocument, printJson } from '../exit.ts';
import type { AddCommand } from '../main.ts';
import { wholeNumber } from '../options.ts';
import { print } from '../print.ts';
import { openCommandSink } from '../sink.ts';
import { tableText } from '../table-text.ts';

export const addCommand: AddCommand = (program) => {
  const command = program
    .command('reconcile')
    .description(
      'check that COUNT(DISTINCT transaction_id) = COUNT(*), day by day, and the tables against their counters',
    )
    .option('--days <n>', 'check only the last n days (default: all)', wholeNumber(1))
    .option('--textfile <file>', "write the result as metrics too, for the node exporter's textfile collector")
    .option('--json', 'one JSON document on standard output');
  addFlags(command, SINK_SETTINGS).action(
    async (flags: Record<string, string | undefined> & { days?: number; textfile?: string; json?: boolean }) => {
      const { days, textfile, json, ...rest } = flags;
      const { config } = parseSink(process.env, rest as Record<string, string | undefined>);
      const sink = await openCommandSink(config);
      try {
        const tables = await comparedRows(sink);
        const result = await reconcile(tableQueries(sink), days === undefined ? {} : { days: Number(days) });
        if (textfile !== undefined)
          await replaceFile(textfile, await reconciliationText(result.days, systemRuntime.nowMs()));
        const verdict = tables.tooMany.length > 0 || tables.lost !== undefined ? 'FAIL' : result.verdict;
        if (json) printJson({ ...result, verdict, ...comparisonJson(tables), ...lostDocument(tables.lost) });
        else {
          const { head, rows } = reconciliationTable(result);
          print([tableText(head, rows), ...comparisonText(tables), verdict].join('\n'));
        }
        process.exitCode = VERDICT_EXIT_CODES[verdict];
        if (tables.lost !== undefined) failWith(tables.lost);
      } finally {
        await sink.close();
      }
    },
  );
};

/** BigQuery counts rows when it compares them; of Delta tables they are counted here. */
async function comparedRows(sink: AnySink): Promise<ComparedRows> {
  const compared = await sink.compareRows();
  if (sink.kind === 'bigquery') return compared;
  const { tooFew, tooMany } = await countRows(tableQueries(sink));
  const what = `${tooFew.join('\n')}\nRestore the table as it was (runbook, rows_lost), or run \`provenonce verify\` for what is missing`;
  const lost = tooFew.length === 0 ? undefined : new ContradictionError('rows_lost', what);
  return { ...compared, lost: compared.lost ?? lost, tooMany: [...compared.tooMany, ...tooMany] };
}

/** By renaming, so that a collector never reads half a file. */
async function replaceFile(file: string, text: string): Promise<void> {
  await writeFile(`${file}.new`, text);
  await rename(`${file}.new`, file);
}
