/** The demo on a machine that has only Node: no docker, no JRE, no Python. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const MAIN = path.join(import.meta.dirname, 'main.ts');

/** Runs the command with Node alone on PATH, no cache and no Docker daemon. */
async function runWithNothing(args: readonly string[]): Promise<{ code: number; out: string; errors: string }> {
  const bin = await mkdtemp(path.join(tmpdir(), 'provenonce-nothing-'));
  try {
    await symlink(process.execPath, path.join(bin, 'node'));
    const env = { PATH: bin, HOME: bin, DOCKER_HOST: 'tcp://127.0.0.1:9', NO_COLOR: '1' };
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [MAIN, ...args], {
      env,
      maxBuffer: 2 ** 24,
    });
    return { code: 0, out: stdout, errors: stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
    return { code, out: stdout, errors: stderr };
  } finally {
    await rm(bin, { recursive: true, force: true });
  }
}

test('it passes in the simulated world, and says so at the top and at the end', async () => {
  const { code, out } = await runWithNothing(['demo', '--events', '20000', '--seed', '3']);
  expect(code).toBe(0);
  const said = out.replaceAll(/\s+/g, ' ');
  const verdict = said.indexOf('PASS in ');
  const top = said.indexOf(
    'This machine has no Kafka broker or BigQuery emulator, so the demo runs in the SIMULATED WORLD',
  );
  const end = said.indexOf('This ran in the simulated world');
  expect(top).toBeGreaterThanOrEqual(0);
  expect(verdict).toBeGreaterThan(top);
  expect(end).toBeGreaterThan(verdict);
  expect(said.slice(end)).toContain('Any one of these makes real runs possible: docker needs');
  expect(said.slice(end)).toContain('Java 17 or newer');
  expect(out).not.toContain('FAIL');
}, 60_000);

test('as JSON it is one document that names its world', async () => {
  const { code, out } = await runWithNothing(['demo', '--events', '20000', '--seed', '3', '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ verdict: 'PASS', world: 'sim', infra: null, seed: 3, sent: 20_000 });
}, 60_000);

test.for<readonly string[]>([
  ['--infra', 'native'],
  ['--infra', 'docker'],
  ['--world', 'real'],
])('asked for real parts (%s %s), it never falls back', { timeout: 60_000 }, async (flags) => {
  const { code, out, errors } = await runWithNothing(['demo', '--events', '20000', ...flags]);
  expect(code).toBe(69);
  expect(out).not.toMatch(/PASS|SIMULATED/);
  expect(errors).toContain('Any one of these makes real runs possible');
});
