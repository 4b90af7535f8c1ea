/** The sink port on the simulated BigQuery, and on Delta tables in memory and, with Parquet files, on a disk. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
import { BUILT_IN_LAYOUT } from '../../payments/row-layout.ts';
import { silentObserver } from '../../processor/events.ts';
import { processorSink } from '../../sinks/bigquery/processor-sink.ts';
import { DEFAULT_SINK_LIMITS } from '../../sinks/bigquery/sink-limits.ts';
import { BigQueryWriteStreams } from '../../sinks/bigquery/write/write-streams.ts';
import { ParquetFormat } from '../../sinks/delta/files/parquet-format.ts';
import type { ObjectStore } from '../../sinks/delta/ports.ts';
import { DiskStore } from '../../sinks/delta/store/disk-store.ts';
import { applyTables } from '../../sinks/delta/tables/apply-tables.ts';
import { BusyRuntime } from '../../sinks/delta/testing/busy-runtime.ts';
import { deltaProcess, type ProcessOptions } from '../../sinks/delta/testing/delta-fixture.ts';
import { MemoryStore } from '../../sinks/delta/testing/memory-store.ts';
import { SIM_DATASET } from '../sim/bigquery/sim-bigquery.ts';
import { CALM } from '../sim/case/noise.ts';
import { settled } from '../sim/testing.ts';
import { createWorld } from '../sim/world/create-world.ts';
import { type SinksUnderTest, sinkContract } from './sink-suite.ts';

async function onSimulatedBigQuery(): Promise<SinksUnderTest> {
  const world = createWorld({ seed: 1, partitions: 3, dialect: 'service', noise: CALM });
  let processes = 0;
  return {
    process() {
      const { runtime, rpc, encoder, queries, inspection } = world.process(`client-${++processes}`).boot();
      const limits = DEFAULT_SINK_LIMITS;
      const streams = new BigQueryWriteStreams({
        rpc,
        runtime,
        dataset: SIM_DATASET,
        limits,
        isEmulator: false,
        encoder,
      });
      return processorSink({ runtime, queries, streams, encoder, inspection, observer: silentObserver });
    },
    settle: (promise) => settled(world, promise),
  };
}

async function onDelta(store: ObjectStore, more: Partial<ProcessOptions> = {}): Promise<SinksUnderTest> {
  let processes = 0;
  const process = () => deltaProcess({ store, runtime: new BusyRuntime(++processes), ...more });
  const { tables, parts } = process();
  await applyTables({ tables, runtime: parts.runtime, layout: BUILT_IN_LAYOUT }, { addsColumns: false });
  return { process: () => process().sink, settle: (promise) => promise };
}

const folders: string[] = [];

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

function onDisk(): Promise<SinksUnderTest> {
  const folder = mkdtempSync(path.join(tmpdir(), 'provenonce-sink-'));
  folders.push(folder);
  return onDelta(new DiskStore(folder, new BusyRuntime(900)), { format: new ParquetFormat() });
}

sinkContract('the simulated BigQuery', onSimulatedBigQuery);
sinkContract('Delta tables in memory', () => onDelta(new MemoryStore()));
sinkContract('Delta tables on a disk', onDisk);
