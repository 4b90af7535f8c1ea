/** docs/reference/configuration.md, made from the table of settings. `npm run docs:generate` writes it; a test compares. */
import { REGISTRY_SETTINGS } from '../src/cli/config/registry-config.ts';
import { RULES_SETTINGS } from '../src/cli/config/rules-config.ts';
import type { SettingsTable } from '../src/cli/config/setting.ts';
import {
  BIGQUERY_SETTINGS,
  DECISION_SETTINGS,
  DELTA_SETTINGS,
  KAFKA_SETTINGS,
  PROCESS_SETTINGS,
  SEED_SETTINGS,
} from '../src/cli/config/settings-table.ts';
import { documentSettings } from '../src/cli/config/show-settings.ts';

interface Group {
  readonly title: string;
  readonly text: string;
  readonly table: SettingsTable;
}

const GROUPS: readonly Group[] = [
  { title: 'Kafka', text: 'Read by every command that touches the topic.', table: KAFKA_SETTINGS },
  {
    title: 'Sink',
    text:
      'Read by every command that touches the tables. On an object store the address, the region and the credentials come\n' +
      "from the AWS SDK's usual variables and files (`AWS_ENDPOINT_URL`, `AWS_REGION`, `AWS_PROFILE` and others).",
    table: DELTA_SETTINGS,
  },
  {
    title: 'BigQuery',
    text:
      'Read with SINK=bigquery by every command that touches the dataset. The two emulator hosts go together: both, or\n' +
      'neither.',
    table: BIGQUERY_SETTINGS,
  },
  {
    title: 'Rules',
    text:
      'What a record becomes. Without a rules file: the built-in event ([rules-file.md](rules-file.md)). With one, no\n' +
      'FRAUD_ setting may be set: the file has them in its section `fraud`.',
    table: RULES_SETTINGS,
  },
  {
    title: 'Schema registry',
    text:
      'For a rules file with the format `avro` or `protobuf`. Each schema is asked for once, stored in\n' +
      '`event_schemas`, and read from there afterwards.',
    table: REGISTRY_SETTINGS,
  },
  { title: 'Process', text: 'How `provenonce process` runs.', table: PROCESS_SETTINGS },
  {
    title: 'Fixed at seeding',
    text:
      'Used when a partition is seen for the first time, and stored in its ownership row. A later change has no effect.\n' +
      '`provenonce process` warns of it at its start, with both values, except of a shorter MIN_EVENT_TIME_AGE, which it\n' +
      'cannot notice.',
    table: SEED_SETTINGS,
  },
  {
    title: 'Decisions',
    text:
      'May differ from run to run: raise SETTINGS_REVISION, or the `revision` of the rules file, with every change. The\n' +
      'ownership row keeps their history, with the first offset of each entry. Replay and `verify` decide every record by\n' +
      'the entry that covers it. Other settings of an equal revision are refused; settings of a lower one are not used.',
    table: DECISION_SETTINGS,
  },
];

const HEAD = `# Configuration

<!-- Made by \`npm run docs:generate\` from src/cli/config/settings-table.ts. Do not edit. -->

Every setting is a variable and a flag; the flag wins. A secret may also come from a file: the variable with \`_FILE\`
at the end of its name holds the path. The file is read once, when the command starts.

\`provenonce config\` shows the settings that \`provenonce process\` would run with and where each comes from, with secrets
masked. A wrong value, or values that contradict each other, is one line each on standard error and exit code 64, in
\`config\` and in \`process\`, which then touches nothing. A variable that looks like a misspelt setting is ignored with a
warning on standard error.
`;

export function configurationPage(): string {
  const parts = GROUPS.map(({ title, text, table }) => `## ${title}\n\n${text}\n\n${documentSettings(table)}`);
  return [HEAD, ...parts].join('\n');
}
