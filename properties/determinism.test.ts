/** The same seed gives the same trace byte for byte: in one process, in another one, and on any number of threads. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { systemRuntime } from '../src/base/system-runtime.ts';
import { type ExploreReport, explore } from '../src/lab/explore/explore.ts';
import { drawCase } from '../src/lab/sim/case/draw-case.ts';
import { runCase } from '../src/lab/sim/case/sim-case.ts';

const SEEDS = [3, 14, 15, 92];
const ROOT = path.join(import.meta.dirname, '..');

async function digests(seeds: readonly number[]): Promise<string[]> {
  const found: string[] = [];
  for (const seed of seeds) found.push((await runCase(drawCase(seed))).traceDigest);
  return found;
}

const IN_ANOTHER_PROCESS = `
  import { drawCase } from './src/lab/sim/case/draw-case.ts';
  import { runCase } from './src/lab/sim/case/sim-case.ts';
  const digests = [];
  for (const seed of ${JSON.stringify(SEEDS)}) digests.push((await runCase(drawCase(seed))).traceDigest);
  process.stdout.write(JSON.stringify(digests));
`;

it('another process tells the same story', async () => {
  const args = ['--input-type=module', '--eval', IN_ANOTHER_PROCESS];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    cwd: ROOT,
    env: { ...process.env, TZ: 'Asia/Tokyo' },
  });
  const here = await digests(SEEDS);
  expect(JSON.parse(stdout)).toEqual(here);
  expect(new Set(here).size).toBe(SEEDS.length);
});

it('the digest of an exploration does not depend on how many threads it had', async () => {
  const run = (jobs: number, seed: number): Promise<ExploreReport> =>
    explore({ seed, runs: 35, jobs, runtime: systemRuntime, shrinkMs: 1_000 });
  const [one, two, other] = [await run(1, 7), await run(2, 7), await run(2, 8)];
  expect([one.verdict, one.counts.runs]).toEqual(['PASS', 35]);
  expect(two.digest).toBe(one.digest);
  expect(two.counts).toEqual(one.counts);
  expect(other.digest).not.toBe(one.digest);
});
