/** The real BigQuery emulator (or service) as a contract suite takes it. */
import { afterAll } from 'vitest';
import { systemRuntime } from '../../../base/system-runtime.ts';
import { type ContractSink, contractSink } from '../../../sinks/bigquery/testing/contract-endpoints.ts';
import { until } from './real-time.ts';
import type { MakeSink, SinkClient, SinkUnderTest } from './sink-under-test.ts';

/** What was sent has arrived by then, on 127.0.0.1; virtual waits are longer because they cost nothing. */
const ARRIVED_MS = 200;

/** One dataset for all tests of a file, since a schema takes a second; partitions and a topic of its own for each of them. */
export function realSinks(): MakeSink {
  let sinks: Promise<readonly [ContractSink, ContractSink]> | undefined;
  let tests = 0;
  afterAll(async () => {
    if (sinks !== undefined) await close(await sinks);
  });
  return async () => {
    sinks ??= openTwo();
    return { ...underTest(await sinks, tests++), async [Symbol.asyncDispose]() {} };
  };
}

/** Two sinks with connections of their own, on one dataset. */
async function openTwo(): Promise<readonly [ContractSink, ContractSink]> {
  const main = await contractSink();
  return [main, await contractSink({ dataset: main.dataset.dataset, withoutSchema: true })];
}

async function close(sinks: readonly ContractSink[]): Promise<void> {
  await Promise.all(sinks.map((sink) => sink[Symbol.asyncDispose]()));
}

function underTest(
  [main, other]: readonly [ContractSink, ContractSink],
  test: number,
): Omit<SinkUnderTest, keyof AsyncDisposable> {
  const { projectId, dataset } = main.dataset;
  return {
    ...clientOf(main),
    dialect: 'emulator',
    partition: 2 * test,
    topic: `payments-${test}`,
    another: () => clientOf(other),
    tablePath: (table) => `projects/${projectId}/datasets/${dataset}/tables/${table}`,
    settle: (promise) => promise,
    until,
    elapse: (ms) => systemRuntime.sleep(Math.min(ms, ARRIVED_MS)),
  };
}

function clientOf({ rpc, streams, encoder, queries }: ContractSink): SinkClient {
  return { runtime: systemRuntime, rpc, streams, encoder, queries };
}
