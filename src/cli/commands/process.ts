/** provenonce process: the processor, as operators run it. Exit codes: docs/reference/exit-codes.md. */
import { setTimeout } from 'node:timers/promises';
import { ALL_SETTINGS, parseConfig } from '../config/process-config.ts';
import { addFlags } from '../config/show-settings.ts';
import { stopSignal } from '../exit.ts';
import type { AddCommand } from '../main.ts';

/** Time to connect on this machine or within a network. A slower query is sent after the code is loaded. */
const LEAVES_WITHIN_MS = 8;

export const addCommand: AddCommand = (program) => {
  const command = program
    .command('process')
    .description('consume the topic and write it to BigQuery, exactly once, until SIGTERM or SIGINT');
  addFlags(command, ALL_SETTINGS).action(async (flags: Record<string, string | boolean | undefined>) => {
    // The whole configuration is checked before anything is touched.
    const { config } = parseConfig(process.env, flags);
    const { askForTables } = await import('../first-query.ts');
    const asked = askForTables(config);
    // Loading blocks the event loop, so the query is sent first. Twice, because building the request blocks it too.
    await Promise.race([asked, setTimeout(LEAVES_WITHIN_MS).then(() => setTimeout(LEAVES_WITHIN_MS))]);
    const { runProcess } = await import('../run-process.ts');
    const { exitCode } = await runProcess(config, stopSignal(), process.env, asked);
    // Do not wait for open work, such as a request to a service that is down.
    process.exit(exitCode);
  });
};
