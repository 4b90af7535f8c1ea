/** provenonce process: the processor, as operators run it. Exit codes: 0, 64, 65, 69, 70 (docs/reference/exit-codes.md). */
import { setTimeout } from 'node:timers/promises';
import { ALL_SETTINGS, parseConfig } from '../config/process-config.ts';
import { addFlags } from '../config/show-settings.ts';
import { stopSignal } from '../exit.ts';
import type { AddCommand } from '../main.ts';

/** To connect on this machine, or in this network; a question that takes longer waits for the loading. */
const LEAVES_WITHIN_MS = 8;

export const addCommand: AddCommand = (program) => {
  const command = program
    .command('process')
    .description('consume the topic and write it to BigQuery, exactly once, until SIGTERM or SIGINT');
  addFlags(command, ALL_SETTINGS).action(async (flags: Record<string, string | boolean | undefined>) => {
    // Nothing is touched before the whole configuration is known to be right.
    const { config } = parseConfig(process.env, flags);
    const { askForTables } = await import('../first-query.ts');
    const asked = askForTables(config);
    // Loading keeps the event loop busy: the question leaves first.
    // Twice, since putting it together keeps the event loop busy too.
    await Promise.race([asked, setTimeout(LEAVES_WITHIN_MS).then(() => setTimeout(LEAVES_WITHIN_MS))]);
    const { runProcess } = await import('../run-process.ts');
    const { exitCode } = await runProcess(config, stopSignal(), process.env, asked);
    // What is left (a request to a service that is away) is nothing to wait for.
    process.exit(exitCode);
  });
};
