/**
 * What a mutant does in the simulated world it does on real parts, from the same file; and the processor as it is does not.
 * The other plans of scenarios/plans are replayed by command (docs/mutants.md).
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, inject, test } from 'vitest';
import { requireMutant } from '../mutants/catalogue.ts';
import { runPlanInChild } from '../mutants/start-child.ts';
import { loadCasePlan } from '../sim/case/case-plan.ts';
import { replayOnRealParts } from './replay-plan.ts';

const FILE = path.join(import.meta.dirname, '..', '..', '..', 'scenarios', 'plans', 'skip-forgets-exceptions.json');

test('a shrunk case of a mutant has the same finding in both worlds, and none without the mutant', async () => {
  const plan = await loadCasePlan(FILE);
  const { mutant, expected } = JSON.parse(await readFile(FILE, 'utf8')) as {
    mutant: string;
    expected: { guarantee: string; kind: string };
  };
  const { guarantee, anomaly } = requireMutant(mutant);
  expect(expected).toEqual({ guarantee, kind: anomaly });
  const infra = {
    projectId: inject('bigqueryProjectId'),
    kafkaBootstrapServers: inject('kafkaBootstrapServers'),
    bigqueryEmulatorHost: inject('bigqueryEmulatorHost'),
    bigqueryStorageEmulatorHost: inject('bigqueryStorageEmulatorHost'),
  };
  const folder = await mkdtemp(path.join(tmpdir(), 'provenonce-replay-'));

  const simulated = await runPlanInChild(mutant, plan);
  expect(simulated.failures).toContainEqual(expect.objectContaining(expected));
  const real = await replayOnRealParts(plan, { infra, folder: path.join(folder, 'mutant'), mutant });
  expect(real.unknown).toEqual([]);
  expect(real.failures).toContainEqual(expect.objectContaining(expected));
  const control = await replayOnRealParts(plan, { infra, folder: path.join(folder, 'control') });
  expect(control).toEqual({ verdict: 'PASS', failures: [], unknown: [] });
  await rm(folder, { recursive: true });
}, 180_000);
