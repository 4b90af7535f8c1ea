/**
 * provenonce demo: the whole pipeline, on real parts if they are available, through a kill -9 and lost local state, to
 * a verdict.
 */
import { Option } from 'commander';
import { INTERRUPTED_EXIT } from '../../demo/interrupts.ts';
import { runDemo } from '../../demo/run-demo.ts';
import type { InfraChoice } from '../../infra/types.ts';
import { SINK_NAMES, type SinkName } from '../../lab/sink-names.ts';
import type { AddCommand } from '../main.ts';
import { infraOptions, wholeNumber } from '../options.ts';
import { writeDocument, writeStyled } from '../print.ts';

interface DemoFlags {
  readonly events: number;
  readonly rate: number;
  readonly seed?: number;
  readonly world?: 'sim' | 'real';
  readonly sink?: SinkName;
  readonly infra: InfraChoice;
  readonly emulatorImage?: string;
  readonly keep?: boolean;
  readonly folder?: string;
  readonly json?: boolean;
}

export const addCommand: AddCommand = (program) => {
  const command = program
    .command('demo')
    .description('run the pipeline through a kill -9 in mid-batch and deleted local state, and check the result')
    .option('--events <n>', 'payments to send', wholeNumber(20_000), 50_000)
    .option('--rate <n>', 'payments per second; 0: as fast as possible', wholeNumber(0), 5_000)
    .option('--seed <n>', 'seed of the payments (default: a new one)', wholeNumber(0))
    .option('--folder <path>', 'on real parts: folder that keeps logs, local state and the ledger of what was sent')
    .option('--keep', 'keep broker and emulator running afterwards, until Ctrl-C')
    .addOption(
      new Option(
        '--sink <sink>',
        'where the tables are (default: bigquery; with --infra auto, delta if there is a broker and no emulator)',
      ).choices(SINK_NAMES),
    )
    .option('--json', 'one JSON document on standard output')
    .addOption(
      new Option(
        '--world <world>',
        'real: a broker and an emulator; sim: the simulated world (default: real; with --infra auto, sim if no real parts are available)',
      ).choices(['sim', 'real']),
    );
  for (const option of infraOptions()) command.addOption(option);
  command.action(async (flags: DemoFlags) => {
    const { rate, seed, keep, json, ...others } = flags;
    const code = await runDemo({
      ...others,
      ratePerSecond: rate,
      seed,
      keep: keep ?? false,
      json: json ?? false,
      write: (text) => (json ? writeDocument(text) : writeStyled(process.stdout, text)),
    });
    process.exitCode = code;
    // Work left unfinished by the interruption would keep the process alive to no use.
    if (code === INTERRUPTED_EXIT) process.exit(code);
  });
};
