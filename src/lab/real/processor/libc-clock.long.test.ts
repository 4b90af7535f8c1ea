/** Clocks that jump for the whole process, on real parts. Needs libfaketime, which `npm test` does without. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, inject, test } from 'vitest';
import { scenario } from '../../../../scenarios/clock-jumps-in-libc.ts';
import { runOnParts } from '../../run-on-parts.ts';

test(`${scenario.name}: ${scenario.title}`, async () => {
  const infra = {
    projectId: inject('bigqueryProjectId'),
    kafkaBootstrapServers: inject('kafkaBootstrapServers'),
    bigqueryEmulatorHost: inject('bigqueryEmulatorHost'),
    bigqueryStorageEmulatorHost: inject('bigqueryStorageEmulatorHost'),
  };
  const folder = await mkdtemp(path.join(tmpdir(), `provenonce-${scenario.name}-`));
  const { verdict, problems } = (await runOnParts(scenario, infra, folder)).report;
  expect(verdict, `${problems.join('\n')}\n\nLogs and what was sent: ${folder}`).toBe('PASS');
  await rm(folder, { recursive: true });
});
