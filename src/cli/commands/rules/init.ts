/** provenonce rules init: proposes a rules file from what the records of a topic, or of a sample, look like. */
import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { ConfigurationError } from '../../../base/errors.ts';
import { systemRuntime } from '../../../base/system-runtime.ts';
import { decodeSample } from '../../../rules-check/decode-sample.ts';
import { proposalText } from '../../../rules-check/proposal-text.ts';
import { proposeRules } from '../../../rules-check/propose-rules.ts';
import { REGISTRY_SETTINGS } from '../../config/registry-config.ts';
import { KAFKA_SETTINGS } from '../../config/settings-table.ts';
import { addFlags } from '../../config/show-settings.ts';
import { wholeNumber } from '../../options.ts';
import { complain, print } from '../../print.ts';
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
    .option('--output <file>', 'write the file there, which must not exist; default: standard output');
  addFlags(command, { ...KAFKA_SETTINGS, ...REGISTRY_SETTINGS }).action(init);
}

async function init(flags: SampleFlags & { readonly output?: string }): Promise<void> {
  const { records } = await takeSample(flags, systemRuntime.nowMs(), { base64: false });
  const schemas = await sourcesOf(records, flags as unknown as Record<string, string>);
  const proposal = proposeRules(records, decodeSample(records, schemas));
  if (proposal === undefined)
    throw new ConfigurationError([
      `none of ${records.length} records has an object as its value: nothing to propose (records with a schema id need SCHEMA_REGISTRY_URL)`,
    ]);
  const text = proposalText(proposal, records.length);
  if (flags.output === undefined) {
    print(text.trimEnd());
    return;
  }
  writeNew(flags.output, text);
  complain(`${flags.output} is written. Next: provenonce rules check ${flags.output} --from-topic`);
}

/** Never overwrites. */
function writeNew(file: string, text: string): void {
  try {
    writeFileSync(file, text, { flag: 'wx' });
  } catch (error) {
    throw new ConfigurationError([`--output ${file}: ${error instanceof Error ? error.message : String(error)}`]);
  }
}
