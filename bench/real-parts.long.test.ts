/**
 * The benchmarks on real parts, small, beside each other, on the broker and the emulator of the test run: they run, and
 * give every figure. `npm run bench` gives the figures themselves.
 */
import { beforeAll, expect, inject, it } from 'vitest';
import { measure } from './harness/measure.ts';
import { loadBenchmark } from './registry.ts';

beforeAll(() => {
  process.env.PROVENONCE_INFRA = 'external';
  process.env.KAFKA_BOOTSTRAP_SERVERS = inject('kafkaBootstrapServers');
  process.env.BIGQUERY_EMULATOR_HOST = inject('bigqueryEmulatorHost');
  process.env.BIGQUERY_STORAGE_EMULATOR_HOST = inject('bigqueryStorageEmulatorHost');
  process.env.BIGQUERY_PROJECT = inject('bigqueryProjectId');
});

it.concurrent.each([
  'pipeline',
  'end-to-end',
  'latency',
  'load',
  'start',
  'recover',
  'takeover',
  'quota',
  'verify',
] as const)('%s measures at small sizes', async (name) => {
  // The bare loop of end-to-end appends the same rows in each repeat.
  const repeats = name === 'end-to-end' ? { repeats: 2 } : {};
  const results = await measure(await loadBenchmark(name), { smoke: true, say: () => {}, ...repeats });
  expect(results[0]?.detail.error).toBeUndefined();
  for (const { name: figure, figure: value } of results) expect(value, figure).toBeGreaterThan(0);
});
