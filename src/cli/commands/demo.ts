/** provenonce demo: the whole pipeline on real parts, through a kill -9 and a lost checkpoint, to a verdict. */
import { runDemo } from '../../demo/run-demo.ts';
import type { InfraChoice } from '../../infra/types.ts';
import type { AddCommand } from '../main.ts';
import { infraOptions, wholeNumber } from '../options.ts';

interface DemoFlags {
  readonly events: number;
  readonly rate: number;
  readonly seed?: number;
  readonly infra: InfraChoice;
  readonly emulatorImage?: string;
  readonly keep?: boolean;
  readonly folder?: string;
  readonly json?: boolean;
}

export const addCommand: AddCommand = (program) => {
  const command = program
    .command('demo')
    .description(
      'payments through a real broker into a real emulator, with a kill -9 in mid-batch and a deleted checkpoint',
    )
    .option('--events <n>', 'payments to send', wholeNumber(20_000), 50_000)
    .option('--rate <n>', 'payments per second; 0: as fast as possible', wholeNumber(0), 5_000)
    .option('--seed <n>', 'draws the payments; a new one each time unless given', wholeNumber(0))
    .option('--folder <path>', 'keep logs, checkpoints and the record of what was sent there')
    .option('--keep', 'leave everything up afterwards, until Ctrl-C')
    .option('--json', 'one JSON document on standard output');
  for (const option of infraOptions()) command.addOption(option);
  command.action(async (flags: DemoFlags) => {
    const { events, rate, seed, infra, emulatorImage, keep, json, folder } = flags;
    process.exitCode = await runDemo({
      events,
      ratePerSecond: rate,
      seed,
      infra,
      ...(emulatorImage === undefined ? {} : { emulatorImage }),
      ...(folder === undefined ? {} : { folder }),
      keep: keep ?? false,
      json: json ?? false,
      write: (text) => process.stdout.write(text),
    });
  });
};
