/** The tables of a world in Delta Lake: a folder or a prefix of its own below a location. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { systemRuntime } from '../../../base/system-runtime.ts';
import { deltaInputs } from '../../../checks/inputs/delta/delta-inputs.ts';
import { LOSSES_TABLE, TABLES } from '../../../sinks/bigquery/dataset/names.ts';
import { duckdbViews } from '../../../sinks/duckdb-views.ts';
import { openSink } from '../../../sinks/open-sink.ts';
import { diskFolder, s3Folder } from './delta-log-files.ts';
import { deltaQueries } from './delta-queries.ts';
import type { DeltaWorldSink, WorldTables } from './world-tables.ts';

const IS_STORE = /^[a-z0-9]+:\/\//;

/** `name`: of the world. `folder`: of the run, for copies of what is read of a store. */
export async function deltaTables(
  { location: all, env = {} }: DeltaWorldSink,
  name: string,
  folder: string,
): Promise<WorldTables> {
  const isStore = IS_STORE.test(all);
  const location = isStore ? `${all}/${name}` : path.join(all, name);
  // The sink makes no folder for a location that is not there: a disk that is not mounted must not look like an empty one.
  if (!isStore) await mkdir(location, { recursive: true });
  const sink = await openSink({ kind: 'delta', location }, { runtime: systemRuntime });
  const sql = deltaQueries({
    tables: [...TABLES, LOSSES_TABLE],
    folderOf: (table) =>
      isStore
        ? s3Folder(`${location}/${table}`, env, path.join(folder, 'copies', table))
        : Promise.resolve(diskFolder(path.join(location, table))),
    views: async () => [...(await duckdbViews()).values()],
  });
  const { AWS_ENDPOINT_URL: endpoint } = env;
  return {
    sink,
    sql,
    folder: isStore ? undefined : location,
    get bigquery(): never {
      throw new Error('this world has its tables in Delta Lake: the story must say that it runs on BigQuery only');
    },
    services: endpoint === undefined ? {} : { storeHost: new URL(endpoint).host },
    settings: ({ storeHost } = {}) => ({
      SINK: 'delta',
      // Stories are short: with the interval of a disk a workload would be a commit or two.
      DELTA_COMMIT_INTERVAL: '200ms',
      DELTA_LOCATION: location,
      ...env,
      ...(storeHost === undefined ? {} : { AWS_ENDPOINT_URL: `http://${storeHost}` }),
    }),
    inputs: (source) => deltaInputs({ ...source, location }),
    query: (text) => sql.queries.runQuery(text),
    close: () => sink.close(),
  };
}
