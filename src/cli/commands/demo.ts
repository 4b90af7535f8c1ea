/** provenonce demo: the whole pipeline, on real parts where they can be had, through a kill -9 and a lost checkpoint, to a verdict. */
import { Option } from 'commander';
import { INTERRUPTED_EXIT } from '../../demo/interrupts.ts';
import { runDemo } from '../../demo/run-demo.ts';
import type { InfraChoice } from '../../infra/types.ts';
import type { AddCommand } from '../main.ts';
import { infraOptions, wholeNumber } from '../options.ts';
import { writeDocument, writeStyled } from '../print.ts';

interface DemoFlags {
  readonly events: number;
  readonly rate: number;
  readonly seed?: number;
  readonly world?: 'sim' | 'real';
  readonly infra: InfraChoice;
  readonly emulatorImage?: string;
  readonly keep?: boolean;
  readonly folder?: string;
  readonly json?: boolean;
}

export const addCommand: AddCommand = (program) => {
  const command = program
    .command('demo')
    .description('payments through broker and warehouse, with a kill -9 in mid-batch and a deleted checkpoint')
    .option('--events <n>', 'payments to send', wholeNumber(20_000), 50_000)
    .option('--rate <n>', 'payments per second; 0: as fast as possible', wholeNumber(0), 5_000)
    .option('--seed <n>', 'draws the payments; a new one each time unless given', wholeNumber(0))
    .option('--folder <path>', 'on real parts: keep logs, checkpoints and the record of what was sent there')
    .option('--keep', 'leave broker and emulator up afterwards, until Ctrl-C')
    .option('--json', 'one JSON document on standard output')
    .addOption(
      new Option(
        '--world <world>',
        'real: a broker and an emulator or nothing; sim: the simulated world (default: real, or with --infra auto sim where real parts cannot be had)',
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
    // What an interruption left unfinished would keep the process up, and start nothing good any more.
    if (code === INTERRUPTED_EXIT) process.exit(code);
  });
};
