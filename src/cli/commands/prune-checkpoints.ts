/** provenonce prune-checkpoints: removes old rows of checkpoint_log that neither a takeover nor verify needs. */

import { systemRuntime } from '../../base/system-runtime.ts';
import { type PrunedPartition, pruneCheckpoints } from '../../operations/prune-checkpoints.ts';
import { ENDPOINT_SETTINGS, parseEndpoints } from '../config/process-config.ts';
import { addFlags } from '../config/show-settings.ts';
import { printJson } from '../exit.ts';
import type { AddCommand } from '../main.ts';
import { wholeNumber } from '../options.ts';
import { print } from '../print.ts';
import { commandInputs, openCommandSink } from '../sink.ts';
import { tableText } from '../table-text.ts';

const DAY_MS = 86_400_000;
const DEFAULT_DAYS = 90;

interface PruneFlags {
  readonly days: number;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export const addCommand: AddCommand = (program) => {
  const command = program
    .command('prune-checkpoints')
    .alias('retention')
    .description('remove old checkpoints that neither a takeover nor verify needs (retention is its old name)')
    .option('--days <n>', 'keep all checkpoints of the last n days', wholeNumber(0), DEFAULT_DAYS)
    .option('--dry-run', 'show what would be removed, and remove nothing')
    .option('--json', 'one JSON document on standard output');
  addFlags(command, ENDPOINT_SETTINGS).action(async (flags: PruneFlags & Record<string, unknown>) => {
    const { days, dryRun = false, json, ...rest } = flags;
    const { config } = parseEndpoints(process.env, rest as Record<string, string>);
    const sink = await openCommandSink(config.sink);
    try {
      const { bounds } = await commandInputs(config, sink);
      const { reads: queries, checkpoints } = sink;
      const beforeMs = systemRuntime.nowMs() - days * DAY_MS;
      const order = { topic: config.kafka.topic, beforeMs, dryRun };
      const partitions = await pruneCheckpoints(order, { queries, checkpoints, bounds });
      if (json) printJson({ dryRun, partitions });
      else print(prunedText(partitions, dryRun));
    } finally {
      await sink.close();
    }
  });
};

function prunedText(partitions: readonly PrunedPartition[], dryRun: boolean): string {
  if (partitions.length === 0) return 'No partition has a checkpoint.';
  const head = ['partition', dryRun ? 'would be removed' : 'removed', 'kept', 'all kept from offset'];
  const rows = partitions.map(({ partition, removed, kept, keepFromOffset }) =>
    [partition, removed, kept, keepFromOffset].map(String),
  );
  return tableText(head, rows);
}
