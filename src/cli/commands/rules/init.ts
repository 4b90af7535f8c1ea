/** provenonce rules init: proposes a rules file from what the records of a topic, or of a sample, look like. */
import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { ConfigurationError } from '../../../base/errors.ts';
import { systemRuntime } from '../../../base/system-runtime.ts';
import { FRAUD_MEMBERS } from '../../../payments/rules/fraud-document.ts';
import { settingsRulesText } from '../../../rules/settings-rules-text.ts';
import { decodeSample } from '../../../rules-check/decode-sample.ts';
import { decisionsText, proposalText } from '../../../rules-check/proposal-text.ts';
import { proposeRules } from '../../../rules-check/propose-rules.ts';
import { fileProblem } from '../../config/file-problem.ts';
import { parseSettings } from '../../config/parse-settings.ts';
import { decisionOf } from '../../config/process-config.ts';
import { REGISTRY_SETTINGS } from '../../config/registry-config.ts';
import { DECISION_SETTINGS, KAFKA_SETTINGS } from '../../config/settings-table.ts';
import { addFlags } from '../../config/show-settings.ts';
import { wholeNumber } from '../../options.ts';
import { complain, printVerbatim } from '../../print.ts';
import { sourcesOf } from './sample-schemas.ts';
import { type SampleFlags, takeSample } from './take-sample.ts';

export function addRulesInit(rules: Command): void {
  const command = rules
    .command('init')
    .description('propose a rules file by the names and shapes of members; each line says why it stands there')
    .option('--sample <file>', 'records, one a line: a value, or a key, a tab and a value')
    .option(
      '--from-topic',
      'the first records of the topic, from all of its partitions; nothing is committed or written',
    )
    .option('--count <n>', 'records that are taken from the topic', wholeNumber(1), 200)
    .option('--from-settings', 'no proposal: the built-in event, and the fraud rules as the FRAUD_ variables have them')
    .option('--output <file>', 'write the file there, which must not exist; default: standard output');
  addFlags(command, { ...KAFKA_SETTINGS, ...REGISTRY_SETTINGS }).action(init);
}

interface InitFlags extends SampleFlags {
  readonly output?: string;
  readonly fromSettings?: boolean;
}

async function init(flags: InitFlags): Promise<void> {
  if (flags.fromSettings === true) {
    write(flags, settingsAsRules(flags), '');
    return;
  }
  const { records } = await takeSample(flags, systemRuntime.nowMs(), { base64: false });
  const schemas = await sourcesOf(records, flags as unknown as Record<string, string>);
  const proposal = proposeRules(records, decodeSample(records, schemas));
  if (proposal === undefined)
    throw new ConfigurationError([
      `none of ${records.length} records has an object as its value: nothing to propose (records with a schema id need SCHEMA_REGISTRY_URL)`,
    ]);
  write(flags, proposalText(proposal, records.length), decisionsText(proposal));
}

/** Reads no record. */
function settingsAsRules({ sample, fromTopic }: InitFlags): string {
  if (sample !== undefined || fromTopic === true)
    throw new ConfigurationError(['--from-settings takes no records: leave out --sample and --from-topic']);
  const { values, effective, problems } = parseSettings(DECISION_SETTINGS, process.env, {});
  if (values === undefined) throw new ConfigurationError(problems);
  const given = effective
    .filter(({ origin, setting }) => origin === 'env' && setting.env in FRAUD_MEMBERS)
    .map(({ setting }) => setting.env);
  return settingsRulesText(decisionOf(values).fraud, given);
}

/** `decisions`: what is to be done with the file first; may be empty. */
function write({ output, sample }: InitFlags, text: string, decisions: string): void {
  if (output === undefined) {
    // A terminal's width would break comments, which end with their line.
    printVerbatim(text.trimEnd());
    return;
  }
  writeNew(output, text);
  const records = sample === undefined ? '--from-topic' : `--sample ${sample}`;
  complain(`${output} is written. ${decisions}Next: provenonce rules check ${output} ${records}`);
}

/** Never overwrites. */
function writeNew(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: 'wx' });
  } catch (error) {
    throw new ConfigurationError([`--output ${file}: ${fileProblem(error)}`]);
  }
}
