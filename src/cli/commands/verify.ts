/** provenonce verify: G1 to G6 against the topic itself. Exit codes: 0 PASS, 1 FAIL, 2 UNKNOWN, 3 NODATA. */

import { VERDICT_EXIT_CODES, verify } from '../../checks/verify.ts';
import { verifyText } from '../../checks/verify-text.ts';
import { comparisonJson, comparisonText } from '../../sinks/compared-rows.ts';
import { clockConditionsOf } from '../clock-conditions.ts';
import { ENDPOINT_SETTINGS, parseEndpoints } from '../config/process-config.ts';
import { addFlags } from '../config/show-settings.ts';
import { failWith, lostDocument, printJson } from '../exit.ts';
import type { AddCommand } from '../main.ts';
import { wholeNumber } from '../options.ts';
import { print, showStatus } from '../print.ts';
import { commandInputs, openCommandSink } from '../sink.ts';

export const addCommand: AddCommand = (program) => {
  const command = program
    .command('verify')
    .description('recompute every record of the topic and compare with the tables: G1 to G6')
    .option('--findings <n>', 'findings shown for each guarantee; all are counted', wholeNumber(1), 20)
    .option('--json', 'one JSON document on standard output');
  addFlags(command, ENDPOINT_SETTINGS).action(
    async (flags: Record<string, string> & { findings: number; json?: boolean }) => {
      const { findings, json, ...rest } = flags;
      const { config } = parseEndpoints(process.env, rest as Record<string, string>);
      const sink = await openCommandSink(config.sink);
      try {
        const inputs = await commandInputs(config, sink);
        const tables = await sink.compareRows();
        const checked = await verify(inputs, {
          findingsMax: Number(findings),
          ...(process.stderr.isTTY && !json ? { onProgress: showProgress } : {}),
        });
        const clock = await clockConditionsOf(config, sink.reads);
        const verdict = tables.lost === undefined ? checked.verdict : 'FAIL';
        const report = { ...checked, verdict, conditions: [...checked.conditions, ...clock] } as const;
        if (json) printJson({ ...report, ...comparisonJson(tables), ...lostDocument(tables.lost) });
        else print(verifyText(report, comparisonText(tables)));
        process.exitCode = VERDICT_EXIT_CODES[verdict];
        if (tables.lost !== undefined) failWith(tables.lost);
      } finally {
        await sink.close();
      }
    },
  );
};

function showProgress({ partition, recordsChecked }: { partition: number; recordsChecked: number }): void {
  showStatus(progressText(partition, recordsChecked));
}

/** `recordsChecked`: over all partitions so far. */
export function progressText(partition: number, recordsChecked: number): string {
  return `${recordsChecked.toLocaleString('en')} records checked in all; now in partition ${partition}`;
}
