/** The Delta Lake sink of one location: everything that the processor and operators' commands need of it, wired together. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { ConfigurationError } from '../../base/errors.ts';
import { BUILT_IN_LAYOUT } from '../../payments/row-layout.ts';
import { errorOf } from '../findings.ts';
import type { OpenSinkOptions } from '../open-options.ts';
import type { Applied, DeltaSink, SchemaOrder, SinkPlace } from '../opened-sink.ts';
import type { DeltaEndpoint } from '../sink-endpoint.ts';
import { withDeltaCrashPoints, withDeltaRescalePoints } from './crash-points.ts';
import {
  DEFAULT_DELTA_LIMITS,
  type DeltaLimits,
  DISK_COMMIT_INTERVAL_MS,
  processorLimitsOf,
  STORE_COMMIT_INTERVAL_MS,
} from './delta-limits.ts';
import { WorkerFormat } from './files/worker-format.ts';
import { PARQUET_CHECKPOINTS } from './log/checkpoint/parquet-checkpoint.ts';
import { DeltaLogTable } from './log/log-table.ts';
import { deltaOperatorSink } from './operator-sink.ts';
import { DeltaBackfill } from './operators/backfill-tables.ts';
import { DeltaCheckpoints } from './operators/checkpoint-upkeep.ts';
import { DeltaKnownPayments } from './operators/known-payments.ts';
import { deltaProcessorSink } from './processor-sink.ts';
import { deltaReads, deltaSinkParts } from './sink-parts.ts';
import { openStore } from './store/open-store.ts';
import { applyTables, type DeltaTables, lookAtTables } from './tables/apply-tables.ts';
import { TableInspection } from './tables/inspection.ts';
import { DELTA_TABLES } from './tables/table-columns.ts';
import { deltaUpkeep } from './upkeep/upkeep.ts';

const VERSION = (
  JSON.parse(readFileSync(path.join(import.meta.dirname, '../../../package.json'), 'utf8')) as { version: string }
).version;

/** Throws ConfigurationError for a location that is not supported. Connects to nothing yet. */
export function openDeltaSink(endpoint: DeltaEndpoint, options: OpenSinkOptions): DeltaSink {
  const { location } = endpoint;
  const { runtime, layout = BUILT_IN_LAYOUT, onWaiting, onRecovered } = options;
  const store = openStore(location, { runtime });
  const limits = limitsOf(endpoint, options);
  const unreachableAfterMs = options.limits?.unreachableAfterMs;
  const made = DELTA_TABLES.map((name) => {
    const table = new DeltaLogTable({
      store,
      name,
      runtime,
      checkpoints: PARQUET_CHECKPOINTS,
      engineVersion: VERSION,
      limits: unreachableAfterMs === undefined ? {} : { unreachableAfterMs },
      observer: { onWaiting, onRecovered },
    });
    return [name, table] as const;
  });
  const tables = Object.fromEntries(made) as unknown as DeltaTables;
  const format = new WorkerFormat();
  const parts = deltaSinkParts({ runtime, tables, format });
  const { ownershipTable, checkpoints } = parts;
  const located = { tables, runtime, layout };
  const inspection = new TableInspection({ ...located, ownership: ownershipTable, checkpoints });
  const known = new DeltaKnownPayments({ table: tables.known_payments, format });
  return {
    kind: 'delta',
    location,
    place: placeOf(location),
    reads: deltaReads(parts),
    known,
    backfill: new DeltaBackfill({ tables, format, runtime, known }),
    upkeep: deltaUpkeep({ tables: made.map(([, table]) => table), store, format, runtime }),
    checkpoints: new DeltaCheckpoints({ table: tables.checkpoint_log, format, runtime }),
    processorLimits: (given) => processorLimitsOf(limits, given),
    topics: () => ownershipTable.topics(),
    storedOwnership: (topic) => ownershipTable.readOwnership(topic),
    processor({ hit }) {
      if (hit === undefined) return deltaProcessorSink({ parts, inspection, limits });
      const reported = deltaSinkParts({ runtime, tables: withDeltaCrashPoints(tables, hit), format });
      return deltaProcessorSink({ parts: reported, inspection, limits });
    },
    operator({ hit }) {
      if (hit === undefined) return deltaOperatorSink(parts);
      return deltaOperatorSink(deltaSinkParts({ runtime, tables: withDeltaRescalePoints(tables, hit), format }));
    },
    async requireTables() {
      const { found, missing, findings } = await lookAtTables(located);
      const error = errorOf(findings);
      if (error !== undefined) throw error;
      if (found.size > 0 && missing.length === 0) return;
      const what = found.size === 0 ? 'no tables' : `no table ${missing.join(', ')}`;
      throw new ConfigurationError([
        `there is ${what} at ${location}: \`provenonce process\` makes the tables at its first start, and so does ` +
          `\`provenonce schema apply\`. Is DELTA_LOCATION right?`,
      ]);
    },
    async missingTables() {
      const { missing, findings } = await lookAtTables(located);
      const error = errorOf(findings);
      if (error !== undefined) throw error;
      return missing;
    },
    async compareRows() {
      const wrong = await inspection.wrongTables();
      if (wrong !== undefined) throw wrong;
      return { lost: await inspection.lostInBulk(), tooMany: [], acceptedLosses: [] };
    },
    async applySchema(_clustering, order = {}) {
      refuseAccepting(order);
      return appliedOf(await applyTables(located, { addsColumns: true, dryRun: order.dryRun }));
    },
    prepare: ({ beforeFirst }) => applyTables(located, { addsColumns: false, beforeFirst }),
    connect: () => {},
    async close() {
      await format.close();
      store.close();
    },
  };
}

function limitsOf({ location, commitIntervalMs }: DeltaEndpoint, { limits }: OpenSinkOptions): DeltaLimits {
  const usual = location.startsWith('s3://') ? STORE_COMMIT_INTERVAL_MS : DISK_COMMIT_INTERVAL_MS;
  return {
    ...DEFAULT_DELTA_LIMITS,
    commitIntervalMs: commitIntervalMs ?? usual,
    commitBytes: limits?.maxInFlightBytes ?? DEFAULT_DELTA_LIMITS.commitBytes,
  };
}

function placeOf(location: string): SinkPlace {
  return { name: location, text: `the location ${location}`, setting: 'DELTA_LOCATION', json: { location } };
}

function appliedOf({
  madeTables,
  alteredColumns,
  warnings,
}: Pick<Applied, 'madeTables' | 'alteredColumns' | 'warnings'>): Applied {
  return { madeDataset: false, madeTables, markedTables: [], alteredColumns, warnings, givenUp: [] };
}

/** A Delta table keeps its history: what was lost is restored there, and nothing is taken for what it is not. */
function refuseAccepting({ accepting }: SchemaOrder): void {
  if (accepting === undefined || accepting.lost.size + accepting.restored.size === 0) return;
  throw new ConfigurationError([
    '--accept-loss and --accept-restored are of BigQuery: bring a Delta table back with RESTORE of the engine that changed it, or from a copy ' +
      'of its folder',
  ]);
}
