import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { createMetrics } from '../../src/observability/metrics.ts';
import { createReconciliationMetrics } from '../../src/observability/reconciliation-metrics.ts';
import { knownNames, unknownNamesIn } from '../metric-names.ts';
import { dashboard } from './dashboard.ts';
import { ROWS } from './panels.ts';

const read = (file: string): string => readFileSync(new URL(file, import.meta.url), 'utf8');
const queries = ROWS.flatMap(({ panels }) => panels.flatMap((panel) => Object.values(panel.queries)));

test('the file is what the panels give (node deploy/grafana/dashboard.ts)', () => {
  expect(JSON.parse(read('dashboards/payments.json'))).toEqual(dashboard());
});

test('every panel asks for metrics that exist', () => {
  const recorded = (parse(read('../prometheus/recordings.yaml')).groups as { rules: { record: string }[] }[]).flatMap(
    ({ rules }) => rules.map(({ record }) => record),
  );
  const registries = [
    createMetrics({ version: '0', nodeVersion: '0' }).registry,
    createReconciliationMetrics().registry,
  ];
  const names = knownNames(registries, recorded);
  expect(queries.length).toBeGreaterThan(12);
  expect(queries.flatMap((query) => unknownNamesIn(query, names))).toEqual([]);
});

test('shows the three numbers of the monitoring page, with their healthy ranges', () => {
  const [first] = ROWS;
  expect(first!.panels.map(({ title }) => title)).toEqual([
    'Rate of duplicates',
    'State',
    'Days that failed the reconciliation',
  ]);
  expect(first!.panels[0]!.steps!.map(([from]) => from)).toEqual([null, 0.01, 0.05, 0.1]);
});

test('panels do not overlap, and reach the data source that is provisioned', () => {
  const { panels } = dashboard();
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  const source = parse(read('provisioning/datasources/prometheus.yaml')).datasources[0];
  expect(source).toMatchObject({ uid: 'prometheus', type: 'prometheus' });
  const uids = panels.flatMap((panel) =>
    'targets' in panel ? panel.targets.map(({ datasource }) => datasource.uid) : [],
  );
  expect(new Set(uids)).toEqual(new Set([source.uid]));
});
