/** provenonce process: the processor, as operators run it. Exit codes: 0, 64, 65, 69, 70 (docs/reference/exit-codes.md). */

import { ALL_SETTINGS, parseConfig } from '../config/process-config.ts';
import { addFlags } from '../config/show-settings.ts';
import { stopSignal } from '../exit.ts';
import type { AddCommand } from '../main.ts';
import { runProcess } from '../run-process.ts';

export const addCommand: AddCommand = (program) => {
  const command = program
    .command('process')
    .description('consume the topic and write it to BigQuery, exactly once, until SIGTERM or SIGINT');
  addFlags(command, ALL_SETTINGS).action(async (flags: Record<string, string | boolean | undefined>) => {
    // Nothing is touched before the whole configuration is known to be right.
    const { config } = parseConfig(process.env, flags);
    const { exitCode } = await runProcess(config, stopSignal(), process.env);
    // What is left (a request to a service that is away) is nothing to wait for.
    process.exit(exitCode);
  });
};
