/**
 * provenonce conformance: tests whether this BigQuery keeps what the protocol needs. Exit codes: 0 it does, 1 it does
 * not.
 */

import { ConfigurationError } from '../../base/errors.ts';
import { systemRuntime } from '../../base/system-runtime.ts';
import { tryNeeds } from '../../conformance/conformance.ts';
import { announcement, needText, verdictText } from '../../conformance/conformance-text.ts';
import { newDatasetName, openEndpoint } from '../../conformance/open-endpoint.ts';
import { startInfra } from '../../infra/start-infra.ts';
import { INFRA_WAYS, type InfraChoice } from '../../infra/types.ts';
import type { BigQueryEndpoint } from '../../sinks/sink-endpoint.ts';
import { parseBigQuery } from '../config/process-config.ts';
import { BIGQUERY_SETTINGS } from '../config/settings-table.ts';
import { addFlags } from '../config/show-settings.ts';
import { EXIT, printJson } from '../exit.ts';
import type { AddCommand } from '../main.ts';
import { listOf } from '../options.ts';
import { print, tell } from '../print.ts';

interface Options {
  readonly infra?: InfraChoice;
  readonly only?: readonly string[];
  readonly keep?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** The endpoint without the dataset: the command never works in one of the user's. */
const { dataset: _, ...ENDPOINT } = BIGQUERY_SETTINGS;

export const addCommand: AddCommand = (program) => {
  const command = program
    .command('conformance')
    .description('test what the protocol needs of BigQuery, on an emulator or a real project, in a new dataset')
    .option('--infra <way>', `start an emulator for it: auto, ${INFRA_WAYS.join(', ')}`)
    .option(
      '--only <need>',
      'only this need, by name; may be repeated',
      listOf((name) => name),
    )
    .option('--keep', 'keep the dataset afterwards')
    .option('--yes', 'confirm that this is a real project')
    .option('--json', 'one JSON document on standard output');
  addFlags(command, ENDPOINT).action(async (flags: Options & Record<string, unknown>) => {
    const { infra, only, keep, yes, json, ...rest } = flags;
    await using target = await targetOf(infra, rest as Record<string, string>);
    const { endpoint, isReal } = target;
    const dataset = { projectId: endpoint.projectId, dataset: newDatasetName(systemRuntime) };
    const say = json ? tell : print;
    if (isReal) {
      say(announcement(dataset.projectId, dataset.dataset, keep === true));
      if (!yes) throw new ConfigurationError(['This is a real project: nothing was done. Add --yes to continue.']);
    }
    const open = await openEndpoint(dataset, { ...endpoint, runtime: systemRuntime });
    try {
      const report = await tryNeeds(open.endpoint, {
        only,
        ...(json ? {} : { onNeed: (need) => say(needText(need)) }),
      });
      if (json) printJson({ endpoint: isReal ? 'service' : 'emulator', ...report });
      else say(verdictText(report));
      process.exitCode = report.conforms ? EXIT.ok : EXIT.failed;
    } finally {
      await open.close(keep === true);
      if (keep) say(`kept: ${dataset.projectId}.${dataset.dataset}`);
    }
  });
};

interface Target extends AsyncDisposable {
  readonly endpoint: Omit<BigQueryEndpoint, 'dataset'>;
  readonly isReal: boolean;
}

async function targetOf(way: InfraChoice | undefined, flags: Record<string, string>): Promise<Target> {
  if (way === undefined) {
    const { config: endpoint } = parseBigQuery(process.env, flags);
    return { endpoint, isReal: endpoint.emulatorHost === undefined, async [Symbol.asyncDispose]() {} };
  }
  if (way !== 'auto' && !INFRA_WAYS.some((each) => each === way)) {
    throw new ConfigurationError([`--infra ${way}: must be auto, ${INFRA_WAYS.join(', ')}`]);
  }
  const infra = await startInfra({ way, onProgress: ({ part, text }) => tell(`${part}: ${text}`) });
  return {
    endpoint: {
      projectId: infra.projectId,
      location: undefined,
      emulatorHost: infra.bigqueryEmulatorHost,
      storageEmulatorHost: infra.bigqueryStorageEmulatorHost,
    },
    isReal: false,
    [Symbol.asyncDispose]: () => infra.stop(),
  };
}
