/** provenonce reconcile: is every transaction there once, day by day? */
import { reconcile, reconciliationTable } from '../../checks/reconcile.ts';
import { VERDICT_EXIT_CODES } from '../../checks/verify.ts';
import { parseBigQuery } from '../config/process-config.ts';
import { BIGQUERY_SETTINGS } from '../config/settings-table.ts';
import { addFlags } from '../config/show-settings.ts';
import { printJson } from '../exit.ts';
import type { AddCommand } from '../main.ts';
import { wholeNumber } from '../options.ts';
import { openCommandSink } from '../sink.ts';
import { tableText } from '../table-text.ts';

export const addCommand: AddCommand = (program) => {
  const command = program
    .command('reconcile')
    .description('check that COUNT(DISTINCT transaction_id) = COUNT(*), day by day')
    .option('--days <n>', 'only so many days back; all unless given', wholeNumber(1))
    .option('--json', 'one JSON document on standard output');
  addFlags(command, BIGQUERY_SETTINGS).action(
    async (flags: Record<string, string | undefined> & { days?: number; json?: boolean }) => {
      const { days, json, ...rest } = flags;
      const { config } = parseBigQuery(process.env, rest as Record<string, string | undefined>);
      const sink = openCommandSink(config);
      try {
        const result = await reconcile(sink, days === undefined ? {} : { days: Number(days) });
        if (json) printJson(result);
        else {
          const { head, rows } = reconciliationTable(result);
          process.stdout.write(`${tableText(head, rows)}\n${result.verdict}\n`);
        }
        process.exitCode = VERDICT_EXIT_CODES[result.verdict];
      } finally {
        await sink.close();
      }
    },
  );
};
