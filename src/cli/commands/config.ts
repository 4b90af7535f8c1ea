/**
 * provenonce config: the settings that `process` would run with, and where each comes from. Secrets are masked. What
 * `process` would refuse is one line each, and the exit code is 64.
 */

import { ConfigurationError } from '../../base/errors.ts';
import { ALL_SETTINGS, checkConfig } from '../config/process-config.ts';
import { addFlags, documentSettings, showEffective } from '../config/show-settings.ts';
import { rulesText, shownRules } from '../config/shown-rules.ts';
import { EXIT, errorDocument, printJson } from '../exit.ts';
import type { AddCommand } from '../main.ts';
import { complain, print, printVerbatim } from '../print.ts';
import { tableText } from '../table-text.ts';

export const addCommand: AddCommand = (program) => {
  const command = program
    .command('config')
    .description('show the settings that process would run with, where each comes from, and what it would refuse')
    .option('--markdown', 'print the reference table of all settings instead')
    .option('--json', 'one JSON document on standard output');
  addFlags(command, ALL_SETTINGS).action((flags: Record<string, string | boolean | undefined>) => {
    if (flags.markdown) {
      printVerbatim(documentSettings(ALL_SETTINGS).trimEnd());
      return;
    }
    const { config, origins, problems } = checkConfig(process.env, flags);
    const rules = config && shownRules(config.rules);
    const settings = showEffective(origins);
    if (flags.json)
      printJson({
        settings,
        problems,
        ...(rules === undefined ? {} : { rules }),
        ...(problems.length > 0 ? { error: errorDocument(new ConfigurationError(problems)) } : {}),
      });
    else {
      const rows = settings.map(({ name, value, origin }) => [name, value ?? '-', origin]);
      print(tableText(['setting', 'value', 'from'], rows));
      if (rules !== undefined) print(rulesText(rules));
      for (const problem of problems) complain(problem);
    }
    process.exitCode = problems.length > 0 ? EXIT.usage : EXIT.ok;
  });
};
