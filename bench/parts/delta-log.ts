/** Tables of Delta Lake by their logs, for `delta`: an empty one, and one whose log is as long as that of months. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { systemRuntime } from '../../src/base/system-runtime.ts';
import { PARQUET_CHECKPOINTS } from '../../src/sinks/delta/log/checkpoint/parquet-checkpoint.ts';
import { encodeCommit } from '../../src/sinks/delta/log/encode-commit.ts';
import { commitKey } from '../../src/sinks/delta/log/log-names.ts';
import { DeltaLogTable } from '../../src/sinks/delta/log/log-table.ts';
import type { CommitActions, DataFile, ObjectStore } from '../../src/sinks/delta/ports.ts';
import { DELTA_COLUMNS, deltaField, schemaString } from '../../src/sinks/delta/tables/table-columns.ts';

export const TABLE = 'payment_transactions';
/** As a processor of four partitions that commits every second: a file and two txns for each. */
const PARTITIONS = 4;
const FILE_ROWS = 1_000;
const ENGINE_VERSION = '0-bench';

export async function newTable(store: ObjectStore, name: string): Promise<DeltaLogTable> {
  const table = tableOf(store, name);
  await table.ensure({
    schemaString: schemaString(DELTA_COLUMNS[TABLE].map(deltaField)),
    partitionColumns: [],
    configuration: {},
  });
  return table;
}

/** As a process that starts: reads the log. */
export async function openedTable(store: ObjectStore, name: string): Promise<DeltaLogTable> {
  const table = tableOf(store, name);
  await table.refresh();
  return table;
}

/** The files of the log are written without the disk's guarantee; the last commits are the table's own, and write its checkpoint. */
export async function longTable(store: ObjectStore, folder: string, commits: number): Promise<void> {
  const made = await newTable(store, TABLE);
  const state = made.current;
  if (state === undefined) throw new Error('the table was not made');
  const own = 100;
  for (let version = 1; version <= commits - own; version += 1) {
    const facts = { nowMs: systemRuntime.nowMs(), txnId: systemRuntime.uuid(), engineVersion: ENGINE_VERSION };
    writeFileSync(path.join(folder, commitKey(TABLE, version)), encodeCommit(state, write(version), facts));
  }
  const table = await openedTable(store, TABLE);
  for (let more = Math.max(1, commits - own + 1); more <= commits; more += 1) {
    const action = write(more);
    const [app, next] = [...action.txns!][0]!;
    await table.commit(({ txns }) => ((txns.get(app) ?? 0) >= next ? undefined : action));
  }
}

function write(version: number): CommitActions {
  const partition = version % PARTITIONS;
  const appId = `provenonce/payments/${partition}`;
  const txns = new Map([
    [`${appId}/next`, version * FILE_ROWS],
    [`${appId}/print`, version],
  ]);
  return { operation: 'WRITE', adds: [file(version)], txns };
}

function file(version: number): DataFile {
  const [from, to] = [version * FILE_ROWS, (version + 1) * FILE_ROWS - 1];
  const [first, last] = [from, to].map((ms) => new Date(1_790_000_000_000 + ms).toISOString());
  return {
    path: `part-${systemRuntime.uuid()}.parquet`,
    byteLength: 57_000,
    modifiedAtMs: systemRuntime.nowMs(),
    dataChange: true,
    stats: {
      rowCount: FILE_ROWS,
      min: { kafka_partition: 0, kafka_offset: from, event_time: first! },
      max: { kafka_partition: 3, kafka_offset: to, event_time: last! },
      nullCount: { kafka_partition: 0, kafka_offset: 0, event_time: 0 },
    },
  };
}

function tableOf(store: ObjectStore, name: string): DeltaLogTable {
  return new DeltaLogTable({
    store,
    name,
    runtime: systemRuntime,
    checkpoints: PARQUET_CHECKPOINTS,
    engineVersion: ENGINE_VERSION,
  });
}
