/** provenonce rules check: what each record of a sample, or of the topic's beginning, becomes by a rules file. */
import type { Command } from 'commander';
import { ConfigurationError } from '../../../base/errors.ts';
import { systemRuntime } from '../../../base/system-runtime.ts';
import { terminalColumns } from '../../../base/text/terminal.ts';
import { checkSample, isClean } from '../../../rules-check/check-sample.ts';
import { checkText } from '../../../rules-check/check-text.ts';
import { decodeSample } from '../../../rules-check/decode-sample.ts';
import { settingsToTry } from '../../../rules-check/settings-to-try.ts';
import { parseSettings } from '../../config/parse-settings.ts';
import { REGISTRY_SETTINGS } from '../../config/registry-config.ts';
import { rulesOfFile } from '../../config/rules-config.ts';
import { DECISION_SETTINGS, KAFKA_SETTINGS, SEED_SETTINGS } from '../../config/settings-table.ts';
import { addFlags } from '../../config/show-settings.ts';
import { EXIT, printJson } from '../../exit.ts';
import { wholeNumber } from '../../options.ts';
import { print } from '../../print.ts';
import { schemasOf } from './sample-schemas.ts';
import { type SampleFlags, takeSample } from './take-sample.ts';

/** Of all settings, those that decide what one record becomes. */
const { allowedSkewMs, maxAmount, partitioner } = DECISION_SETTINGS;
const JUDGED_BY = { allowedSkewMs, maxAmount, partitioner, minEventAgeMs: SEED_SETTINGS.minEventAgeMs } as const;

export function addRulesCheck(rules: Command): void {
  const command = rules
    .command('check')
    .description('show what each record becomes: a payment with these values, or a rejected row with this reason')
    .addHelpText(
      'after',
      '\nEnds with 1 if a record is rejected, if no record has a path that the rules need, or if no record is a payment.\n' +
        'Records that `select` leaves out are not rejected. An optional path that none of fewer than 100 records has is a note.',
    )
    .argument('[file]', 'the rules file; without one, records have the built-in event')
    .option('--sample <file>', 'records, one a line: a value, or a key, a tab and a value (binary values in base64)')
    .option(
      '--from-topic',
      'the first records of the topic, from all of its partitions; nothing is committed or written',
    )
    .option('--count <n>', 'records that are taken from the topic', wholeNumber(1), 20)
    .option('--json', 'one JSON document on standard output');
  addFlags(command, { ...KAFKA_SETTINGS, ...REGISTRY_SETTINGS, ...JUDGED_BY }).action(check);
}

async function check(file: string | undefined, flags: SampleFlags & { readonly json?: boolean }): Promise<void> {
  const rules = file === undefined ? undefined : rulesOfFile(file);
  const { values, problems } = parseSettings(JUDGED_BY, process.env, flags as unknown as Record<string, string>);
  if (values === undefined) throw new ConfigurationError(problems);
  const nowMs = systemRuntime.nowMs();
  const isBinary = rules?.event.format === 'avro' || rules?.event.format === 'protobuf';
  const { records, partitionCount } = await takeSample(flags, nowMs, { base64: isBinary });
  const { minEventAgeMs, ...decided } = values;
  const tried = settingsToTry(decided, rules);
  const { book, sources } = await schemasOf(records, tried.settings, flags as unknown as Record<string, string>);
  const result = checkSample(records, {
    ...(rules === undefined ? {} : { rules }),
    ...tried,
    schemas: book,
    values: isBinary ? decodeSample(records, sources).values : undefined,
    partitionCount,
    minEventTimeMs: nowMs - minEventAgeMs,
  });
  if (flags.json) printJson(result);
  else print(checkText(result, terminalColumns(process.stdout, process.env)));
  process.exitCode = isClean(result) ? EXIT.ok : EXIT.failed;
}
