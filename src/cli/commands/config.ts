/** provenonce config: the settings that `process` would run with, and where each comes from. Secrets are masked. */

import { parseSettings } from '../config/parse-settings.ts';
import { ALL_SETTINGS } from '../config/process-config.ts';
import { addFlags, documentSettings, showEffective } from '../config/show-settings.ts';
import { EXIT, printJson } from '../exit.ts';
import type { AddCommand } from '../main.ts';
import { tableText } from '../table-text.ts';

export const addCommand: AddCommand = (program) => {
  const command = program
    .command('config')
    .description('the settings that process would run with, and where each comes from')
    .option('--markdown', 'the reference table of all settings instead')
    .option('--json', 'one JSON document on standard output');
  addFlags(command, ALL_SETTINGS).action((flags: Record<string, string | boolean | undefined>) => {
    if (flags.markdown) {
      process.stdout.write(documentSettings(ALL_SETTINGS));
      return;
    }
    const { effective, problems } = parseSettings(ALL_SETTINGS, process.env, flags);
    const settings = showEffective(effective);
    if (flags.json) printJson({ settings, problems });
    else {
      const rows = settings.map(({ name, value, origin }) => [name, value ?? '-', origin]);
      process.stdout.write(`${tableText(['setting', 'value', 'from'], rows)}\n`);
      if (problems.length > 0) process.stderr.write(`${problems.join('\n')}\n`);
    }
    process.exitCode = problems.length > 0 ? EXIT.usage : EXIT.ok;
  });
};
