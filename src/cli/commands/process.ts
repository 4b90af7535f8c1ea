/** provenonce process: the processor, as operators run it. Exit codes: docs/reference/exit-codes.md. */
import { ALL_SETTINGS, parseConfig } from '../config/process-config.ts';
import { addFlags } from '../config/show-settings.ts';
import { stopSignal } from '../exit.ts';
import type { AddCommand } from '../main.ts';

export const addCommand: AddCommand = (program) => {
  const command = program
    .command('process')
    .description('consume the topic and write it to BigQuery, exactly once, until SIGTERM or SIGINT');
  addFlags(command, ALL_SETTINGS).action(async (flags: Record<string, string | boolean | undefined>) => {
    // The whole configuration is checked before anything is touched.
    const { config } = parseConfig(process.env, flags);
    const { runProcess } = await import('../run-process.ts');
    const { exitCode } = await runProcess(config, stopSignal(), process.env);
    // Do not wait for open work, such as a request to a service that is down.
    process.exit(exitCode);
  });
};
