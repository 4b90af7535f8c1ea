/**
 * The rule files against the code; `npm run check:deploy` lets promtool check the expressions and run alerts.test.yaml.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { anchorsOf, readRepositoryFile } from '../../docs/testing/markdown.ts';
import { createMetrics } from '../../src/observability/metrics.ts';
import { createReconciliationMetrics } from '../../src/observability/reconciliation-metrics.ts';
import { knownNames, unknownNamesIn } from '../metric-names.ts';

interface Rule {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

const read = (file: string) => parse(readFileSync(path.join(import.meta.dirname, file), 'utf8'));
const rulesOf = (file: string): Rule[] => (read(file).groups as { rules: Rule[] }[]).flatMap(({ rules }) => rules);
const recordings = rulesOf('recordings.yaml');
const alerts = rulesOf('alerts.yaml');
const names = knownNames(
  [createMetrics({ version: '0', nodeVersion: '0' }).registry, createReconciliationMetrics().registry],
  recordings.map(({ record }) => record!),
);

test('every rule asks for metrics that exist', () => {
  expect(alerts.length).toBeGreaterThan(15);
  expect([...recordings, ...alerts].flatMap(({ expr }) => unknownNamesIn(expr, names))).toEqual([]);
  expect(unknownNamesIn('rate(provenonce_nothing_total[5m]) > 0', names)).toEqual(['provenonce_nothing_total']);
});

test('every disposition and status that a rule names exists', () => {
  const values = [...recordings, ...alerts].flatMap(({ expr }) =>
    [...expr.matchAll(/(?:disposition|status)="(\w+)"/g)].map(([, value]) => value!),
  );
  expect(new Set(values)).toEqual(new Set(['accepted', 'duplicate', 'late', 'rejected', 'fail']));
});

test('every alert says how bad it is, in a sentence, and has its entry in the runbook', () => {
  const page = readRepositoryFile('docs/alerts.md');
  const entries = anchorsOf(page);
  for (const { alert, labels, annotations } of alerts) {
    expect(['critical', 'warning']).toContain(labels?.severity);
    expect(annotations?.summary).toMatch(/^\S.{10,}/);
    const [file, anchor] = annotations!.runbook!.split('#') as [string, string];
    expect([file, anchor]).toEqual(['docs/alerts.md', alert!.toLowerCase()]);
    expect(entries).toContain(anchor);
  }
  const headings = [...page.matchAll(/^### (\w+)$/gm)].map(([, heading]) => heading);
  expect(headings.sort()).toEqual(alerts.map(({ alert }) => alert!).sort());
});

test('every alert is tried by promtool with a case in which it fires', () => {
  const cases = (
    read('alerts.test.yaml').tests as { alert_rule_test?: { alertname: string; exp_alerts?: unknown[] }[] }[]
  )
    .flatMap(({ alert_rule_test }) => alert_rule_test ?? [])
    .filter(({ exp_alerts }) => (exp_alerts ?? []).length > 0)
    .map(({ alertname }) => alertname);
  expect([...new Set(cases)].sort()).toEqual(alerts.map(({ alert }) => alert!).sort());
});
