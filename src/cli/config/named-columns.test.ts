/** Settings that name something which must exist are checked when they are read, before anything is touched. */
import { expect, test } from 'vitest';
import { parseConfig } from './process-config.ts';

const LEAST = { KAFKA_BOOTSTRAP_SERVERS: 'localhost:9092', BIGQUERY_PROJECT: 'my-project' };

test.each([
  ['CLUSTERING_COLUMNS', 'nope', /^CLUSTERING_COLUMNS \(environment\) is "nope": "nope" is no column of the payments/],
  ['CLUSTERING_COLUMNS', 'region,region', /names a column twice/],
  ['CLUSTERING_COLUMNS', 'region,', /"" is no column/],
  ['FRAUD_REGION_POINTS', 'eu-west=0,africa=10,eu-west=5', /names "eu-west" twice/],
])('%s=%s is refused', (name, value, why) => {
  expect(() => parseConfig({ ...LEAST, [name]: value }, {})).toThrow(why);
});

test('columns that are there are taken in their order', () => {
  const { config } = parseConfig({ ...LEAST, CLUSTERING_COLUMNS: 'region, currency,amount' }, {});
  expect(config.process.clusteringColumns).toEqual(['region', 'currency', 'amount']);
});
