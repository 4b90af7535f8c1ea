/** SINK decides which settings must be there. */
import { expect, test } from 'vitest';
import { checkConfig, parseEndpoints, parseSink } from './process-config.ts';

const KAFKA = { KAFKA_BOOTSTRAP_SERVERS: 'localhost:9092' };
const DELTA = { ...KAFKA, SINK: 'delta', DELTA_LOCATION: '/data/payments' };

test('SINK=delta needs a location and no project', () => {
  expect(checkConfig(DELTA, {}).problems).toEqual([]);
  expect(checkConfig(DELTA, {}).config?.sink).toEqual({
    kind: 'delta',
    location: '/data/payments',
    commitIntervalMs: undefined,
  });
  const { config } = parseEndpoints(
    { ...DELTA, DELTA_COMMIT_INTERVAL: '250ms' },
    { deltaLocation: 's3://bucket-1/a/b' },
  );
  expect(config.sink).toEqual({ kind: 'delta', location: 's3://bucket-1/a/b', commitIntervalMs: 250 });
  expect(() => parseSink({ SINK: 'delta' }, {})).toThrow(
    'DELTA_LOCATION is not set: set it, or give --delta-location (folder, or s3://bucket/prefix). Required with SINK=delta',
  );
});

test('without SINK the sink is BigQuery, which needs its project, and a location changes nothing', () => {
  expect(checkConfig({ ...KAFKA, DELTA_LOCATION: 'x' }, {}).problems).toEqual([
    expect.stringMatching(/^BIGQUERY_PROJECT is not set: set it, or give --bigquery-project/),
  ]);
  const { config } = parseSink({ BIGQUERY_PROJECT: 'my-project', DELTA_LOCATION: 'x' }, {});
  expect(config.kind).toBe('bigquery');
});

test('settings of the other sink are not judged', () => {
  expect(checkConfig({ ...DELTA, BIGQUERY_EMULATOR_HOST: 'localhost:9050' }, {}).problems).toEqual([]);
});

test.each([
  ['gs://bucket/x', /gs:\/\/ is not supported: expected a folder, or s3:\/\/bucket\/prefix/],
  ['abfss://c@a.dfs.core.windows.net/x', /abfss:\/\/ is not supported/],
  ['s3://B', /expected s3:\/\/bucket\/prefix/],
  ['s3://bucket/x?versionId=1', /without a query/],
])('DELTA_LOCATION=%s is refused', (location, problem) => {
  expect(checkConfig({ ...DELTA, DELTA_LOCATION: location }, {}).problems).toEqual([expect.stringMatching(problem)]);
});

test('an unknown sink is one problem, of SINK', () => {
  expect(checkConfig({ ...KAFKA, BIGQUERY_PROJECT: 'my-project', SINK: 'iceberg' }, {}).problems).toEqual([
    'SINK (environment) is "iceberg": expected bigquery or delta',
  ]);
});
