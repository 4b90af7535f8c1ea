/** compose.yaml against the code; `docker compose config` checks its form (`npm run check:deploy`). */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { EMULATOR_ENV } from '../src/infra/native/native.ts';
import { DEFAULT_PROJECT_ID, EMULATOR_IMAGE, KAFKA_IMAGE } from '../src/infra/types.ts';
import { DEFAULT_DECISION_SETTINGS } from '../src/payments/settings.ts';
import { keepsClockRule } from '../src/processor/clock-rule.ts';
import { KNOWN_VARIABLES } from './settings-names.ts';

interface Service {
  readonly image: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly stop_grace_period?: string;
}

const read = (file: string) => parse(readFileSync(path.join(import.meta.dirname, file), 'utf8'), { merge: true });
const { services } = read('compose.yaml') as { services: Readonly<Record<string, Service>> };
const OURS = ['simulator', 'processor-1', 'processor-2'];

test('has all the parts, at the versions that the tests run', () => {
  expect(Object.keys(services)).toEqual(
    expect.arrayContaining([...OURS, 'kafka', 'bigquery', 'prometheus', 'grafana']),
  );
  expect([services.kafka!.image, services.bigquery!.image]).toEqual([KAFKA_IMAGE, EMULATOR_IMAGE]);
  for (const { image } of Object.values(services)) expect(image).toMatch(/:(?:v?\d+\.\d+\.\d+|latest)$/);
});

test('the emulator gets its cure and the settings that the lab gives it', () => {
  const { volumes, environment } = services.bigquery!;
  const [from, to] = volumes![0]!.split(':') as [string, string];
  expect(existsSync(path.join(import.meta.dirname, from))).toBe(true);
  expect(to).toBe(`${environment!.PYTHONPATH}/sitecustomize.py`);
  expect(environment).toMatchObject(EMULATOR_ENV);
});

test('the project runs hardened, with settings that exist, each processor on a volume of its own', () => {
  for (const name of OURS) {
    const { environment, read_only: isReadOnly, cap_drop: dropped } = services[name]!;
    expect([isReadOnly, dropped]).toEqual([true, ['ALL']]);
    expect(Object.keys(environment!).filter((variable) => !KNOWN_VARIABLES.has(variable))).toEqual([]);
    expect(environment!.BIGQUERY_PROJECT).toBe(DEFAULT_PROJECT_ID);
  }
  expect(services['processor-1']!.volumes).not.toEqual(services['processor-2']!.volumes);
  // Longer than STOP_TIMEOUT's 20 s.
  expect(services['processor-1']!.stop_grace_period).toBe('30s');
});

test('the topic keeps the clock rule with the default settings', () => {
  const command = (services.topic as unknown as { command: readonly string[] }).command.join(' ');
  const timestampAfterMaxMs = Number(/message\.timestamp\.after\.max\.ms=(\d+)/.exec(command)?.[1]);
  const facts = { topic: 'payment-events', logAppendTime: false, timestampAfterMaxMs };
  expect(keepsClockRule(facts, DEFAULT_DECISION_SETTINGS)).toBe(true);
});

test('ports are published on the loopback address only', () => {
  const published = Object.values(services).flatMap(({ ports }) => ports ?? []);
  expect(published.length).toBeGreaterThan(1);
  expect(published.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
});

test('Prometheus scrapes the processors that there are, with the rule files that are mounted', () => {
  const { scrape_configs: jobs, rule_files: rules } = read('prometheus/prometheus.yaml');
  expect(jobs[0].static_configs[0].targets).toEqual(['processor-1:9464', 'processor-2:9464']);
  for (const rule of rules as string[]) {
    expect(existsSync(path.join(import.meta.dirname, 'prometheus', path.basename(rule)))).toBe(true);
  }
});
