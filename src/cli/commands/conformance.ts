/**
 * provenonce conformance: tests whether this BigQuery, or this store of Delta tables, keeps what the protocol needs. Exit codes:
 * 0 it does, 1 it does not.
 */

import { rm } from 'node:fs/promises';
import path from 'node:path';
import { ConfigurationError } from '../../base/errors.ts';
import { systemRuntime } from '../../base/system-runtime.ts';
import { tryNeeds } from '../../conformance/conformance.ts';
import { announcement, needText, storeAnnouncement, verdictText } from '../../conformance/conformance-text.ts';
import { newDatasetName, openEndpoint } from '../../conformance/open-endpoint.ts';
import { newFolderName, tryStore } from '../../conformance/try-store.ts';
import { startInfra } from '../../infra/start-infra.ts';
import { INFRA_WAYS, type InfraChoice } from '../../infra/types.ts';
import { openStore } from '../../sinks/delta/store/open-store.ts';
import type { BigQueryEndpoint } from '../../sinks/sink-endpoint.ts';
import { parseBigQuery, parseDeltaLocation } from '../config/process-config.ts';
import { BIGQUERY_SETTINGS, DELTA_SETTINGS } from '../config/settings-table.ts';
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
const { deltaCommitIntervalMs: __, ...STORE } = DELTA_SETTINGS;

export const addCommand: AddCommand = (program) => {
  const command = program
    .command('conformance')
    .description(
      'test what the protocol needs of BigQuery (in a new dataset) or of a store of Delta tables (in a new folder)',
    )
    .option('--infra <way>', `start an emulator for it: auto, ${INFRA_WAYS.join(', ')}`)
    .option(
      '--only <need>',
      'only this need, by name; may be repeated',
      listOf((name) => name),
    )
    .option('--keep', 'keep the dataset or folder afterwards')
    .option('--yes', 'confirm that this is a real project or bucket')
    .option('--json', 'one JSON document on standard output');
  addFlags(command, { ...STORE, ...ENDPOINT }).action(async (flags: Options & Record<string, unknown>) => {
    const { infra, only, keep, yes, json, ...rest } = flags;
    const location = parseDeltaLocation(process.env, rest as Record<string, string>);
    if (location !== undefined) return tryLocation(location, flags);
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

/** The same for a store of Delta tables: a folder of a disk, or a bucket. */
async function tryLocation(location: string, { infra, only, keep, yes, json }: Options): Promise<void> {
  if (infra !== undefined)
    throw new ConfigurationError(['--infra starts an emulator of BigQuery: leave it out with SINK=delta']);
  const isRemote = location.startsWith('s3://');
  const isReal = isRemote && !process.env.AWS_ENDPOINT_URL && !process.env.AWS_ENDPOINT_URL_S3;
  const folder = newFolderName(systemRuntime);
  const say = json ? tell : print;
  if (isReal) {
    say(storeAnnouncement(location, folder, keep === true));
    if (!yes) throw new ConfigurationError(['This is a real bucket: nothing was done. Add --yes to continue.']);
  }
  const open = (requestTimeoutMs?: number) => {
    const limits = requestTimeoutMs === undefined ? {} : { requestTimeoutMs };
    return openStore(location, { runtime: systemRuntime, trustsConditions: true, ...limits });
  };
  const report = await tryStore({ open, isRemote, runtime: systemRuntime }, folder, {
    only,
    keep: keep === true,
    ...(json ? {} : { onNeed: (need) => say(needText(need)) }),
  });
  if (!keep && !isRemote) await rm(path.join(location, folder), { recursive: true, force: true });
  if (json) printJson({ location, ...report });
  else say(verdictText(report));
  if (keep) say(`kept: ${location}/${folder}`);
  process.exitCode = report.conforms ? EXIT.ok : EXIT.failed;
}

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
