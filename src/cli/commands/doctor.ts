/** provenonce doctor: what this machine has for runs on real parts, what is missing, and how to install it. */
import { doctor } from '../../infra/doctor.ts';
import { renderDoctor } from '../../infra/doctor-text.ts';
import { EXIT, printJson } from '../exit.ts';
import type { AddCommand } from '../main.ts';
import { print } from '../print.ts';

export const addCommand: AddCommand = (program) => {
  program
    .command('doctor')
    .description('show what this machine has for runs on a real broker and emulator, and how to get what is missing')
    .option('--emulator-image <name>', 'image of the BigQuery emulator to look for')
    .option('--json', 'one JSON document on standard output')
    .action(async (options: { emulatorImage?: string; json?: boolean }) => {
      const { emulatorImage } = options;
      const report = await doctor(emulatorImage === undefined ? {} : { emulatorImage });
      if (options.json) printJson(report);
      else print(renderDoctor(report));
      const auto = process.env.SINK === 'delta' ? report.autoBroker : report.auto;
      process.exitCode = auto === undefined ? EXIT.unreachable : EXIT.ok;
    });
};
