/**
 * Scenarios on real parts, one test each: a verdict other than PASS fails, with the reasons, and leaves the logs of all
 * processes and what was sent in a folder that the failure names. Those tagged `test` run here, two at a time (they wait
 * more than they work); all run by `npm run lab -- run all`, which takes longer than a test suite may.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { startInfra } from '../src/infra/start-infra.ts';
import type { StartedInfra } from '../src/infra/types.ts';
import type { RealWorldOptions } from '../src/lab/real/real-world.ts';
import type { WorldSink } from '../src/lab/real/tables/world-tables.ts';
import { runOnParts } from '../src/lab/run-on-parts.ts';
import type { Scenario } from '../src/lab/scenario.ts';
import { loadScenarios } from '../src/lab/scenario-files.ts';
import type { SinkName } from '../src/lab/sink-names.ts';

const all = await loadScenarios();
const scenarios = all.filter(({ tags, only }) => tags?.includes('test') && only?.sink !== 'delta');
/** The whole list runs with `npm run lab -- run all --sink delta`. */
const ON_DELTA: readonly string[] = ['five-messages-to-three', 'crash-in-mid-batch'];
const apart = scenarios.filter(({ needsOwnInfra }) => needsOwnInfra === true);
const together = scenarios.filter(({ needsOwnInfra }) => needsOwnInfra !== true);

test('the selection holds the mission and the worked examples of the guide', () => {
  const names = scenarios.map(({ name }) => name);
  const mission = ['crash-in-mid-batch', 'producer-retries', 'late-events', 'checkpoint-loss'];
  expect(names).toEqual(expect.arrayContaining([...mission, 'five-messages-to-three', 'crash-at-1500']));
});

describe('scenarios on a broker and an emulator that all share', () => {
  const shared: RealWorldOptions['infra'] = {
    projectId: inject('bigqueryProjectId'),
    kafkaBootstrapServers: inject('kafkaBootstrapServers'),
    bigqueryEmulatorHost: inject('bigqueryEmulatorHost'),
    bigqueryStorageEmulatorHost: inject('bigqueryStorageEmulatorHost'),
  };
  test.concurrent.each(together.map(named))('%s: %s', async (_name, _title, scenario) => passes(scenario, shared));
});

describe('scenarios on Delta tables in a folder', () => {
  const shared = { kafkaBootstrapServers: inject('kafkaBootstrapServers') };
  const chosen = all.filter(({ name }) => ON_DELTA.includes(name));
  test.concurrent.each(chosen.map(named))('%s: %s', async (_name, _title, scenario) =>
    passes(scenario, shared, 'delta'),
  );
});

describe('scenarios that kill the broker or the emulator', () => {
  let own: StartedInfra | undefined;
  beforeAll(async () => {
    if (apart.length > 0) own = await startInfra({ way: inject('infraWay') });
  });
  afterAll(async () => own?.stop());
  test.each(apart.map(named))('%s: %s', async (_name, _title, scenario) => passes(scenario, own!));
});

function named(scenario: Scenario): [name: string, title: string, scenario: Scenario] {
  return [scenario.name, scenario.title, scenario];
}

async function passes(
  scenario: Scenario,
  infra: RealWorldOptions['infra'],
  kind: SinkName = 'bigquery',
): Promise<void> {
  const folder = await mkdtemp(path.join(tmpdir(), `provenonce-${scenario.name}-`));
  const sink: WorldSink = kind === 'delta' ? { kind, location: path.join(folder, 'tables') } : { kind };
  const { verdict, problems, seed } = (await runOnParts(scenario, infra, folder, { sink })).report;
  expect(verdict, `${problems.join('\n')}\n\nDrawn from seed ${seed}. Logs and what was sent: ${folder}`).toBe('PASS');
  await rm(folder, { recursive: true });
}
