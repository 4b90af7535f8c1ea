/** The same seed gives the same exploration, byte for byte, on any number of threads. */
import { expect, it } from 'vitest';
import { systemRuntime } from '../src/base/system-runtime.ts';
import { type ExploreReport, explore } from '../src/lab/explore/explore.ts';

it('the digest of an exploration does not depend on how many threads it had', async () => {
  const run = (jobs: number, seed: number): Promise<ExploreReport> =>
    explore({ seed, runs: 35, jobs, runtime: systemRuntime, shrinkMs: 1_000 });
  const [one, two, other] = [await run(1, 7), await run(2, 7), await run(2, 8)];
  expect([one.verdict, one.counts.runs]).toEqual(['PASS', 35]);
  expect(two.digest).toBe(one.digest);
  expect(two.counts).toEqual(one.counts);
  expect(other.digest).not.toBe(one.digest);
});
