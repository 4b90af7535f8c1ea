/**
 * The dashboard in Grafana's form, from the panels. `node deploy/grafana/dashboard.ts` writes dashboards/payments.json;
 * a test compares.
 */
import { writeFileSync } from 'node:fs';
import { type Panel, ROWS } from './panels.ts';

const DATASOURCE = { type: 'prometheus', uid: 'prometheus' };
const COLUMNS = 24;
const HEIGHT = 8;

export function dashboard() {
  let y = 0;
  const panels = ROWS.flatMap((row) => {
    const heading = {
      type: 'row',
      title: row.title,
      collapsed: false,
      gridPos: { x: 0, y, w: COLUMNS, h: 1 },
      panels: [],
    };
    const width = COLUMNS / row.panels.length;
    const below = row.panels.map((panel, index) => panelOf(panel, { x: index * width, y: y + 1, w: width, h: HEIGHT }));
    y += 1 + HEIGHT;
    return [heading, ...below];
  });
  return {
    uid: 'provenonce-payments',
    title: 'Payments',
    tags: ['provenonce'],
    schemaVersion: 39,
    editable: false,
    refresh: '10s',
    time: { from: 'now-1h', to: 'now' },
    panels: panels.map((panel, index) => ({ id: index + 1, ...panel })),
  };
}

function panelOf(panel: Panel, gridPos: Readonly<Record<'x' | 'y' | 'w' | 'h', number>>) {
  const steps = (panel.steps ?? [[null, 'green'] as const]).map(([value, color]) => ({ value, color }));
  const custom = panel.steps === undefined || panel.kind === 'stat' ? {} : { thresholdsStyle: { mode: 'line' } };
  return {
    type: panel.kind,
    title: panel.title,
    description: panel.text,
    gridPos,
    datasource: DATASOURCE,
    fieldConfig: { defaults: { unit: panel.unit, thresholds: { mode: 'absolute', steps }, custom }, overrides: [] },
    options: panel.kind === 'stat' ? { reduceOptions: { calcs: ['lastNotNull'] }, graphMode: 'area' } : {},
    targets: Object.entries(panel.queries).map(([legendFormat, expr], index) => ({
      refId: String.fromCharCode(65 + index),
      datasource: DATASOURCE,
      expr,
      legendFormat,
    })),
  };
}

/** As the file holds it. */
export function dashboardText(): string {
  return `${JSON.stringify(dashboard(), null, 2)}\n`;
}

if (import.meta.main) writeFileSync(new URL('dashboards/payments.json', import.meta.url), dashboardText());
