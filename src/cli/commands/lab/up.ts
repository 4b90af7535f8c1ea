/** provenonce lab up: a Kafka broker and a BigQuery emulator to work with by hand, until Ctrl-C. */
import type { Command } from 'commander';
import { startInfra } from '../../../infra/start-infra.ts';
import type { InfraChoice, StartedInfra } from '../../../infra/types.ts';
import { printJson, stopSignal, untilAborted } from '../../exit.ts';
import { infraOptions } from '../../options.ts';
import { printVerbatim, tell } from '../../print.ts';

export function addUp(lab: Command): void {
  const up = lab
    .command('up')
    .description('start a Kafka broker and a BigQuery emulator to work with by hand, until Ctrl-C')
    .option('--json', 'one JSON document on standard output');
  for (const option of infraOptions()) up.addOption(option);
  up.action(async (flags: { infra: InfraChoice; emulatorImage?: string; json?: boolean }) => {
    const stop = stopSignal();
    const { emulatorImage } = flags;
    await using infra = await startInfra({
      way: flags.infra,
      ...(emulatorImage === undefined ? {} : { emulatorImage }),
      onProgress: ({ part, text }) => tell(`${part}: ${text}`),
    });
    if (flags.json) printJson(environmentOf(infra));
    else printVerbatim(exportsText(infra));
    await untilAborted(stop);
  });
}

/** The variables that the other commands read. */
export function environmentOf(infra: StartedInfra): Record<string, string> {
  return {
    KAFKA_BOOTSTRAP_SERVERS: infra.kafkaBootstrapServers,
    BIGQUERY_PROJECT: infra.projectId,
    BIGQUERY_EMULATOR_HOST: infra.bigqueryEmulatorHost,
    BIGQUERY_STORAGE_EMULATOR_HOST: infra.bigqueryStorageEmulatorHost,
  };
}

function exportsText(infra: StartedInfra): string {
  const lines = Object.entries(environmentOf(infra)).map(([name, value]) => `export ${name}=${value}`);
  return [...lines, '# in another terminal, paste the lines above; Ctrl-C here ends both'].join('\n');
}
