/** The plans under scenarios/plans still show what they were saved for: with their mutant the finding, without it nothing. */
import { execFile } from 'node:child_process';
import { globSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const REPOSITORY = path.join(import.meta.dirname, '..', '..', '..');
const PLANS = globSync('scenarios/plans/*.json', { cwd: REPOSITORY }).sort();

function replay(args: readonly string[]): Promise<{ readonly code: number; readonly out: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [path.join(REPOSITORY, 'src/cli/main.ts'), 'lab', 'replay', ...args],
      { cwd: REPOSITORY, timeout: 60_000, maxBuffer: 2 ** 24 },
      (error, out, errors) => resolve({ code: error === null ? 0 : Number(error.code), out: out + errors }),
    );
  });
}

test.for(PLANS)('%s', { timeout: 120_000 }, async (plan) => {
  const withMutant = await replay([plan, '--mutant', path.basename(plan, '.json')]);
  expect(withMutant.code, withMutant.out).toBe(1);
  const asItIs = await replay([plan]);
  expect(asItIs.code, asItIs.out).toBe(0);
});
