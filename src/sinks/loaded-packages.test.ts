/** A process loads the packages of the sink that it has, and none of the other's: they are large, and a start waits for them. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const SINKS = import.meta.dirname;
const ENDPOINTS = {
  bigquery: { kind: 'bigquery', projectId: 'my-project', dataset: 'd' },
  delta: { kind: 'delta', location: SINKS },
} as const;

/** Opens the sink in a process of its own. Returns the packages that were loaded. */
async function loadedBy(endpoint: object): Promise<string[]> {
  const script = `
    import { registerHooks } from 'node:module';
    const seen = new Set();
    registerHooks({ load(url, context, next) {
      const name = /node_modules\\/((?:@[^/]+\\/)?[^/]+)/.exec(url)?.[1];
      if (name !== undefined) seen.add(name);
      return next(url, context);
    } });
    const { openSink } = await import(${JSON.stringify(path.join(SINKS, 'open-sink.ts'))});
    const { systemRuntime } = await import(${JSON.stringify(path.join(SINKS, '../base/system-runtime.ts'))});
    const sink = await openSink(${JSON.stringify(endpoint)}, { runtime: systemRuntime });
    console.log(JSON.stringify([sink.kind, ...seen]));
    process.exit(0);`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
  return JSON.parse(stdout) as string[];
}

test('BigQuery loads neither Parquet nor DuckDB nor the SDK of S3', { timeout: 60_000 }, async () => {
  const [kind, ...packages] = await loadedBy(ENDPOINTS.bigquery);
  expect(kind).toBe('bigquery');
  expect(packages).toContain('apache-arrow');
  expect(packages.filter((name) => /parquet|duckdb|@aws-sdk|@smithy/.test(name))).toEqual([]);
});

test('Delta tables in a folder load neither DuckDB nor the SDK of S3 nor the clients of Google', {
  timeout: 60_000,
}, async () => {
  const [kind, ...packages] = await loadedBy(ENDPOINTS.delta);
  expect(kind).toBe('delta');
  expect(packages.filter((name) => /duckdb|@aws-sdk|@smithy|@google|grpc/.test(name))).toEqual([]);
});
