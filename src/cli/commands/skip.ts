/** provenonce skip: gives up a range of offsets of one partition on purpose, and records it in the ownership row. */

import { systemRuntime } from '../../base/system-runtime.ts';
import { textOfLines } from '../../base/text/printable.ts';
import { planSkip, type SkipOrder, type SkipPlan, skipOffsets } from '../../operations/skip.ts';
import { silentObserver } from '../../processor/events.ts';
import { ENDPOINT_SETTINGS, parseEndpoints } from '../config/process-config.ts';
import { addFlags } from '../config/show-settings.ts';
import { printJson, stopSignal } from '../exit.ts';
import type { AddCommand } from '../main.ts';
import { operatorOption, wholeNumber } from '../options.ts';
import { print } from '../print.ts';
import { commandInputs, openCommandSink } from '../sink.ts';

interface SkipFlags {
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  readonly reason: string;
  readonly by: string;
  readonly removeRows?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export const addCommand: AddCommand = (program) => {
  const command = program
    .command('skip')
    .description('give up offsets of a partition on purpose: they get no row, and verify lists them from then on')
    .requiredOption('--partition <n>', 'the Kafka partition', wholeNumber(0))
    .requiredOption('--from <offset>', 'the first offset to give up', wholeNumber(0))
    .requiredOption('--to <offset>', 'the first offset to keep again', wholeNumber(1))
    .requiredOption('--reason <text>', 'why; recorded in the tables')
    .addOption(operatorOption('who gives them up; recorded in the tables'))
    .option('--remove-rows', 'delete rows past the checkpoint whose records the log has lost')
    .option('--dry-run', 'show what would be done, and change nothing')
    .option('--json', 'one JSON document on standard output');
  addFlags(command, ENDPOINT_SETTINGS).action(async (flags: SkipFlags & Record<string, string>) => {
    const { partition, from, to, reason, by, removeRows = false, dryRun = false, json, ...rest } = flags;
    const { config } = parseEndpoints(process.env, rest as Record<string, string>);
    const sink = await openCommandSink(config.sink);
    try {
      const { bounds } = await commandInputs(config, sink);
      const observer = silentObserver;
      const ports = { runtime: systemRuntime, observer, sink: sink.operator({ observer }), bounds };
      const order: SkipOrder = { topic: config.kafka.topic, partition, from, to, reason, by, removeRows };
      const plan = dryRun ? await planSkip(order, ports) : await skipOffsets(order, ports, stopSignal());
      if (json) printJson({ ...plan, dryRun });
      else print(skipText(plan, dryRun));
    } finally {
      await sink.close();
    }
  });
};

export function skipText(plan: SkipPlan, dryRun: boolean): string {
  const { order, log, checkpointOffset, resumeOffset, isDone, warnings } = plan;
  const { topic, partition, from, to, reason, by } = order;
  const gone = Math.max(0, Math.min(to, log.startOffset) - from);
  const done = dryRun ? 'would be given up' : 'given up';
  return textOfLines([
    `${topic}, partition ${partition}: the log holds ${log.startOffset} to ${log.endOffset - 1}, judged and checkpointed below ${checkpointOffset}, rows below ${resumeOffset}`,
    isDone
      ? `offsets ${from} to ${to - 1} were given up before; nothing to do`
      : `offsets ${from} to ${to - 1} ${done} by ${by}: ${reason} (${gone} of ${to - from} are no longer in the log)`,
    ...(plan.removesRows ? [`rows of offsets ${checkpointOffset} to ${resumeOffset - 1} go with them`] : []),
    ...warnings.map((warning) => `warning: ${warning}`),
    ...(dryRun || isDone ? [] : ['Start the processor again: it resumes after them.']),
  ]);
}
