/**
 * `lab tamper --world real` from its start to its report: it starts a broker and an emulator, loads the datasets, makes three
 * changes, and has the parts until the last of them is judged.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TamperReport } from '../lab/tampering/run-tamperings.ts';

const MAIN = path.join(import.meta.dirname, 'main.ts');
/** A minute on a quiet machine, most of it for loading the datasets. */
const LIMIT_MS = 400_000;

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'provenonce-tamper-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

function tamper(runs: number): Promise<{ readonly code: number; readonly out: string; readonly errors: string }> {
  const args = [MAIN, 'lab', 'tamper', '--world', 'real', '--runs', String(runs), '--seed', '3', '--json'];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { cwd: folder, timeout: LIMIT_MS }, (error, out, errors) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, errors }),
    );
  });
}

test('three changes on real parts are judged, none goes unnoticed, and the parts are there to the end', {
  timeout: LIMIT_MS,
}, async () => {
  const { code, out, errors } = await tamper(3);
  expect(code, errors).toBe(0);
  const report = JSON.parse(out) as TamperReport & { readonly verdict: string };
  expect(report).toMatchObject({ verdict: 'PASS', runs: 3, unnoticed: [], harm: [] });
  const drawn = Object.values(report.strata).reduce((sum, stratum) => sum + stratum.drawn, 0);
  expect(drawn).toBe(3);
});
