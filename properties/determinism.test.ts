/** The same seed gives the same trace byte for byte: in one process and in another one. On any number of threads: determinism.long.test.ts. */
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
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
}, 60_000);
